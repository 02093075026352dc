"""Files by OpenAI's own client: kept as they came, listed, read in parts, deleted, expired; and nobody else's."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI

from tests.dialects.responses.conftest import client_of
from tests.kit.clock import ShiftedClock
from tests.kit.servers import KEYS, Running, running
from walkaway_core.doors.sweep import sweep
from walkaway_core.settings import Settings
from walkaway_core.store.kept import root

NAMES = [
    "a.pdf",
    "with blanks and 'quotes'.txt",
    "../../etc/passwd",
    "/absolute/path.md",
    "żółć 图 🧑‍🚀.bin",
    "a\\b;c=d%22%.csv",
    ".hidden",
    "CON",
    "x" * 500,
]


@pytest.fixture
def server_of_its_own(tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    with running(tmp_path / "data", Settings(keys=KEYS, rehearsal_delay=0, tenant_storage=1), clock) as found:
        yield found


@pytest.fixture
def mine(server_of_its_own: Running) -> Iterator[OpenAI]:
    with client_of(server_of_its_own) as client:
        yield client


def test_a_file_is_kept_as_it_came(openai: OpenAI) -> None:
    body = bytes(range(256)) * 1000
    made = openai.files.create(file=("a.bin", body, "application/x-mine"), purpose="user_data")
    assert (made.filename, made.bytes, made.object, made.status) == ("a.bin", len(body), "file", "processed")
    assert made.id.startswith("file-")
    assert openai.files.retrieve(made.id) == made == openai.files.wait_for_processing(made.id)
    assert openai.files.content(made.id).content == body
    other = made.id.replace("file-", "file_")
    assert openai.files.retrieve(other) == made
    assert openai.files.content(other).content == body
    empty = openai.files.create(file=("empty.txt", b""), purpose="assistants")
    assert (empty.bytes, openai.files.content(empty.id).content) == (0, b"")


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_awkward_kind_are_kept(openai: OpenAI, name: str) -> None:
    made = openai.files.create(file=(name, b"x"), purpose="user_data")
    assert made.filename == name
    answer = openai.files.with_raw_response.content(made.id)
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.content == b"x"


def test_a_list_has_pages(mine: OpenAI) -> None:
    made = [mine.files.create(file=(f"{n}.txt", b"x"), purpose="vision" if n % 2 else "user_data").id for n in range(7)]
    assert [each.id for each in mine.files.list()] == made[::-1]
    for order, expected in (("asc", made), ("desc", made[::-1])):
        page = mine.files.list(limit=3, order=order)  # type: ignore[arg-type]
        assert ([each.id for each in page.data], page.has_more) == (expected[:3], True)
        assert [each.id for each in page] == expected
    assert [each.id for each in mine.files.list(purpose="vision", order="asc", limit=2)] == made[1::2]
    mine.files.delete(made[3])
    assert [each.id for each in mine.files.list(order="asc", after=made[3])] == made[4:]


def test_parts_of_a_file(openai: OpenAI, client: httpx.Client) -> None:
    id_ = openai.files.create(file=("a.txt", b"0123456789"), purpose="user_data").id
    url = f"/v1/files/{id_}/content"
    part = client.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert client.get(url, headers={"Range": "bytes=20-"}).status_code == 416
    whole = client.get(url)
    assert client.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert whole.headers["content-type"].startswith("text/plain")


def test_what_is_deleted_is_gone_at_once_and_its_bytes_with_it(server_of_its_own: Running, mine: OpenAI) -> None:
    made = mine.files.create(file=("a.txt", b"x"), purpose="user_data")
    services = server_of_its_own.stack.services
    assert [each.name for each in services.workspace.listing(root("alpha"), "") or ()] == [made.id[5:]]
    gone = mine.files.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "file")
    assert services.workspace.listing(root("alpha"), "") == []
    for call in (mine.files.retrieve, mine.files.content, mine.files.delete):
        with pytest.raises(NotFoundError, match=f"File with id '{made.id}' not found"):
            call(made.id)


def test_a_file_expires(server_of_its_own: Running, mine: OpenAI, clock: ShiftedClock) -> None:
    short = mine.files.create(
        file=("a.txt", b"x"), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    batch = mine.files.create(file=("b.jsonl", b"{}"), purpose="batch")
    stays = mine.files.create(file=("c.txt", b"x"), purpose="user_data")
    assert short.expires_at == pytest.approx(short.created_at + 3600, abs=1)
    assert batch.expires_at == pytest.approx(batch.created_at + 30 * 86_400, abs=1)
    assert stays.expires_at is None
    clock.ahead += 3601
    with pytest.raises(NotFoundError):
        mine.files.retrieve(short.id)
    assert [each.id for each in mine.files.list(order="asc")] == [batch.id, stays.id]
    services = server_of_its_own.stack.services
    sweep(services)
    left = {each.name for each in services.workspace.listing(root("alpha"), "") or ()}
    assert left == {batch.id[5:], stays.id[5:]}
    assert mine.files.content(stays.id).content == b"x"


def test_nobody_elses_file_is_there(openai: OpenAI, stranger_openai: OpenAI, client: httpx.Client) -> None:
    made = openai.files.create(file=("secret.txt", b"x"), purpose="user_data")
    for call in (stranger_openai.files.retrieve, stranger_openai.files.content, stranger_openai.files.delete):
        with pytest.raises(NotFoundError):
            call(made.id)
    assert made.id not in [each.id for each in stranger_openai.files.list()]
    session = client.post("/v1/sessions", json={}).json()["id"]
    assert "identified" not in client.get(f"/v1/sessions/{session}/files").text
    for path in ("identified", "identified/files", "../identified/files", f"../identified/files/{made.id[5:]}"):
        assert client.get(f"/v1/sessions/{session}/files", params={"path": path}).status_code in (403, 404)
    assert openai.files.retrieve(made.id) == made


@pytest.mark.parametrize("id_", ["file-x", "file-" + "0" * 24, "file", "msg_1", "file-" + "A" * 24, "x" * 3000])
def test_an_id_that_is_nobodys_is_told_as_clients_know_it(openai: OpenAI, id_: str) -> None:
    with pytest.raises(NotFoundError, match=r"^Error code: 404 - .*File with id '") as unknown:
        openai.files.retrieve(id_)
    assert (unknown.value.type, unknown.value.code) == ("invalid_request_error", "file.not_found")


def post(client: httpx.Client, files: Any = None, **data: str) -> httpx.Response:
    return client.post("/v1/files", files=files or {"file": ("a.txt", b"x")}, data={"purpose": "user_data", **data})


@pytest.mark.parametrize(
    ("files", "data", "param"),
    [
        ({"file": (None, b"x")}, {}, "file"),
        ({"other": ("a", b"x")}, {}, "other"),
        ({"file": ("a\u202eb", b"x")}, {}, "file"),
        ({"file": ("x" * 1001, b"x")}, {}, "file"),
        (None, {"purpose": "nothing"}, "purpose"),
        (None, {"expires_after[anchor]": "created_at"}, "expires_after.seconds"),
        (None, {"expires_after[seconds]": "3600"}, "expires_after.anchor"),
        (None, {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3599"}, "expires_after.seconds"),
        (None, {"expires_after[anchor]": "created_at", "expires_after[seconds]": "1e9"}, "expires_after.seconds"),
    ],
)
def test_what_cannot_be_is_refused_by_field(client: httpx.Client, files: Any, data: dict[str, str], param: str) -> None:
    answer = post(client, files, **data)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text


def test_a_form_that_is_cut_off_keeps_nothing(openai: OpenAI, client: httpx.Client) -> None:
    before = [each.id for each in openai.files.list()]
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'
    answer = client.post("/v1/files", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "cut off" in answer.json()["error"]["message"]
    assert [each.id for each in openai.files.list()] == before


def test_there_is_a_limit_and_a_share(mine: OpenAI, server_of_its_own: Running) -> None:
    with pytest.raises(APIStatusError) as large:
        mine.files.create(file=("a.bin", b"x" * 100_200_000), purpose="user_data")
    assert large.value.status_code == 413
    mine.files.create(file=("a.bin", b"x" * 900_000), purpose="user_data")
    with pytest.raises(BadRequestError, match="Delete files that are no longer needed"):
        mine.files.create(file=("b.bin", b"x" * 200_000), purpose="user_data")
    workspace = server_of_its_own.stack.services.workspace
    assert len(workspace.listing(root("alpha"), "") or ()) == 1


def test_what_is_sent_again_is_kept_once(client: httpx.Client, openai: OpenAI) -> None:
    def send(count: int, boundary: str) -> str:
        form = f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--{boundary}\r\n'
        form += 'Content-Disposition: form-data; name="file"; filename="r.txt"\r\n\r\nagain and again\r\n'
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "x-stainless-retry-count": str(count),
        }
        answer = client.post("/v1/files", content=f"{form}--{boundary}--\r\n", headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    first = send(0, "one")
    assert send(1, "two") == first
    assert send(0, "one") != first
    body = openai.files.content(first).content
    assert hashlib.sha256(body).digest() == hashlib.sha256(b"again and again").digest()
