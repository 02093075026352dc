"""The key that names a request: what it may be wherever one is read, and what may be repeated says so."""

from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Header, Request

from tests.kit import sse
from tests.kit.servers import PATIENCE, listening
from walkaway_core.errors import Unavailable
from walkaway_core.http import repeats
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.http.direct import direct
from walkaway_core.http.errors import Errors
from walkaway_core.settings import Settings
from walkaway_local.stack import LocalStack

RUNS = "/api/v1/runs"
ROUTES = {"/v1/sessions/{session}/messages": {"message": "go"}, RUNS: {"prompt": "go"}, f"{RUNS}/": {"prompt": "go"}}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("key", [b"", b"x" * 256, b"a\tb", b"a\xa0b", b"\x85"])
def test_a_key_that_is_none_is_refused_wherever_one_is_read(client: httpx.Client, path: str, key: bytes) -> None:
    session, total = sse.new(client), client.get(RUNS).json()["total"]
    answer = client.post(path.format(session=session), json=ROUTES[path], headers={b"Idempotency-Key": key})
    assert answer.status_code == (422 if path.startswith(RUNS) else 400), answer.text
    assert "Idempotency-Key must have 1 to 255 printable characters" in answer.text
    assert client.get(f"/v1/sessions/{session}").json()["response_id"] is None
    assert client.get(RUNS).json()["total"] == total


@pytest.mark.parametrize("scope", ["global", "none"])
@pytest.mark.parametrize("key", ["", "a\nb", "\u2028"])
def test_a_key_in_the_body_is_one_too(client: httpx.Client, key: str, scope: str) -> None:
    answer = client.post(RUNS, json={"prompt": "go", "idempotency_key": key, "idempotency_scope": scope})
    assert answer.status_code == 422
    assert "idempotency_key must have" in answer.text


@pytest.mark.parametrize("key", [b"x", b"x" * 255, b"in the middle", b"\xe9\xff", b"#\\\"'"])
def test_a_key_that_is_one_is_taken(client: httpx.Client, key: bytes) -> None:
    made = [client.post(RUNS, json={"prompt": "go"}, headers={b"Idempotency-Key": key}).json()["job_id"] for _ in "12"]
    assert made[0] == made[1]


@pytest.mark.parametrize("marked", [True, False])
def test_a_dialect_says_what_may_be_repeated_by_reading_the_key(tmp_path: Path, *, marked: bool) -> None:
    router, stack = APIRouter(), LocalStack(tmp_path, Settings())

    def once(request: Request, counts: Annotated[bool, Header()] = True) -> None:  # noqa: FBT002
        repeats.key(request, counts=counts)
        raise Unavailable("Nothing is written")

    def twice() -> None:
        raise Unavailable("Nothing is written")

    def breaks(request: Request) -> None:
        repeats.key(request)
        raise RuntimeError("out of order")

    for path, endpoint in (("/once", once), ("/messages", twice), ("/breaks", breaks)):
        router.post(path)(direct(endpoint) if marked else endpoint)
    dialect = Dialect("other", lambda: Surface([router], Errors(), "Other", ""), at=("/",))
    key = {"Idempotency-Key": "k"}
    with listening(create_app(stack.services, Keyring({}), [dialect])) as url:
        told = {
            (path, *headers): httpx.post(f"{url}{path}", headers=headers, timeout=PATIENCE).json()["message"]
            for path in ("/once", "/messages", "/breaks")
            for headers in ({}, key, key | {"Counts": "false"})
        }
    stack.close()
    may = {request for request, message in told.items() if repeats.HEADER in message}
    assert may == {("/once", *key), ("/breaks", *key), ("/breaks", *key, "Counts")}
