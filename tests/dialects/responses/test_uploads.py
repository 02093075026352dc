"""Uploads in parts by OpenAI's own client: the file is what was sent, or nothing is left over."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI
from openai.types import Upload

from tests.dialects.responses.conftest import client_of
from tests.kit.clock import ShiftedClock
from tests.kit.servers import KEYS, Running, running
from walkaway_core.doors.sweep import sweep
from walkaway_core.settings import Settings
from walkaway_core.store import parted

BODY = random.Random(7).randbytes(300_001)


@pytest.fixture
def own(tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    with running(tmp_path / "data", Settings(keys=KEYS, rehearsal_delay=0), clock) as found:
        yield found


@pytest.fixture
def mine(own: Running) -> Iterator[OpenAI]:
    with client_of(own) as client:
        yield client


def begin(client: OpenAI, size: int = 6) -> Upload:
    return client.uploads.create(bytes=size, filename="a.txt", mime_type="text/plain", purpose="user_data")


def parts(server: Running, upload: str) -> int:
    return len(server.stack.services.workspace.listing(parted.root("alpha"), upload.removeprefix("upload_")) or ())


@pytest.mark.parametrize("size", [64_000, len(BODY), 1_000_000])
def test_a_file_in_chunks(own: Running, mine: OpenAI, tmp_path: Path, size: int) -> None:
    path = tmp_path / "report.bin"
    path.write_bytes(BODY)
    made = mine.uploads.upload_file_chunked(
        file=path,
        mime_type="application/octet-stream",
        purpose="user_data",
        part_size=size,
        md5=hashlib.md5(BODY, usedforsecurity=False).hexdigest(),
    )
    assert (made.status, made.bytes, made.filename) == ("completed", len(BODY), "report.bin")
    assert made.file
    assert made.file.id in [each.id for each in mine.files.list()]
    assert mine.files.content(made.file.id).content == BODY
    assert parts(own, made.id) == 0


def test_parts_are_taken_in_the_order_in_which_they_are_named(mine: OpenAI) -> None:
    upload = begin(mine)
    assert (upload.status, upload.file, upload.expires_at) == ("pending", None, upload.created_at + 3600)
    ids = [mine.uploads.parts.create(upload.id, data=data).id for data in (b"ghi", b"abc", b"def")]
    for wrong in ([ids[1]], [*ids], [], [ids[1], "part_x"]):
        with pytest.raises(BadRequestError):
            mine.uploads.complete(upload.id, part_ids=wrong)
    with pytest.raises(BadRequestError, match="md5"):
        mine.uploads.complete(upload.id, part_ids=ids[1:], md5="0" * 32)
    assert list(mine.files.list()) == []
    done = mine.uploads.complete(upload.id, part_ids=ids[1:])
    assert done.file
    assert mine.files.content(done.file.id).content == b"abcdef"
    assert mine.uploads.complete(upload.id, part_ids=ids[1:]) == done
    for refused in (lambda: mine.uploads.cancel(upload.id), lambda: mine.uploads.parts.create(upload.id, data=b"x")):
        with pytest.raises(BadRequestError, match="completed"):
            refused()


def test_what_is_cancelled_leaves_nothing(own: Running, mine: OpenAI) -> None:
    upload = begin(mine)
    id_ = mine.uploads.parts.create(upload.id, data=b"abcdef").id
    assert parts(own, upload.id) == 1
    assert [mine.uploads.cancel(upload.id).status for _ in "12"] == ["cancelled"] * 2
    assert parts(own, upload.id) == 0
    with pytest.raises(BadRequestError, match="cancelled"):
        mine.uploads.complete(upload.id, part_ids=[id_])


def test_what_is_left_lying_goes_after_an_hour(own: Running, mine: OpenAI, clock: ShiftedClock) -> None:
    upload, done = begin(mine), begin(mine)
    id_ = mine.uploads.parts.create(upload.id, data=b"abcdef").id
    kept = mine.uploads.complete(done.id, part_ids=[mine.uploads.parts.create(done.id, data=b"abcdef").id]).file
    clock.ahead += 3601
    with pytest.raises(NotFoundError, match="expired"):
        mine.uploads.complete(upload.id, part_ids=[id_])
    services = own.stack.services
    sweep(services)
    assert services.workspace.listing(parted.root("alpha"), "") == []
    assert services.table.query("T#alpha#UPLOADS").items == ()
    assert kept
    assert mine.files.content(kept.id).content == b"abcdef"


def test_uploads_are_their_tenants_own(own: Running, mine: OpenAI) -> None:
    upload = begin(mine)
    with client_of(own, "beta-key") as stranger:
        for call in (
            lambda: stranger.uploads.cancel(upload.id),
            lambda: stranger.uploads.complete(upload.id, part_ids=[]),
            lambda: stranger.uploads.parts.create(upload.id, data=b"x"),
        ):
            with pytest.raises(NotFoundError):
                call()
    assert mine.uploads.cancel(upload.id).status == "cancelled"


def test_there_is_a_limit_and_a_part_that_is_sent_again_is_one(own: Running, mine: OpenAI) -> None:
    with pytest.raises(APIStatusError) as large:
        begin(mine, 100_000_001)
    assert large.value.status_code == 413
    upload = begin(mine)
    sent = []
    for count in ("0", "1", "0"):
        with own.client() as client:
            answer = client.post(
                f"/v1/uploads/{upload.id}/parts",
                files={"data": ("x", b"abc")},
                headers={"x-stainless-retry-count": count},
            )
        sent.append(answer.json()["id"])
    assert sent[0] == sent[1] != sent[2]
    done = mine.uploads.complete(upload.id, part_ids=[sent[0], sent[2]])
    assert done.file
    assert mine.files.content(done.file.id).content == b"abcabc"


@pytest.mark.parametrize("said", [{"bytes": -1}, {"bytes": "6"}, {"purpose": "x"}, {"filename": ""}, {"more": 1}])
def test_what_cannot_be_is_refused_by_field(client: httpx.Client, said: dict[str, object]) -> None:
    good = {"bytes": 6, "filename": "a.txt", "mime_type": "text/plain", "purpose": "user_data"}
    answer = client.post("/v1/uploads", json={**good, **said})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(said)))
