"""How problems are told over a socket, on both shapes: short, without keeping anybody waiting, and to the end."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from tests.kit.both import local_first, model
from tests.kit.servers import PATIENCE, listening
from tests.kit.shapes import Shape
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.http.direct import direct
from walkaway_core.http.errors import Errors
from walkaway_core.settings import Settings
from walkaway_local.stack import LocalStack

__all__ = ["local_first", "model"]

HALF = '"x\\ud83c"'
DEEP = "[" * 300 + "]" * 300
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def http(local_first: Shape) -> Iterator[httpx.Client]:
    with local_first.client() as client:
        yield client


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/sessions", '{"metadata": {"a": %s}}', "metadata.a"),
        (
            "/v1/sessions",
            '{"tools": [{"name": "look", "description": "", "parameters": {"x": %s}}]}',
            "tools.0.parameters",
        ),
        ("/v1/agents", '{"name": "a", "instructions": %s}', "instructions"),
        ("/v1/webhooks", '{"url": "https://example.com", "description": %s}', "description"),
        ("/api/v1/runs", '{"prompt": "hi", "config": {"instructions": %s}}', "config"),
        ("/api/tools/register", '{"tools": [{"name": "look", "schema_data": {"x": %s}}]}', "tools"),
        ("/api/workflow/execute/nobody", '{"inputs": {"strings": {"1": %s}}}', "inputs"),
    ],
)
@pytest.mark.parametrize("flaw", [HALF, DEEP, "1e999"], ids=["half", "deep", "infinite"])
def test_what_is_not_taken_changes_nothing(http: httpx.Client, path: str, body: str, field: str, flaw: str) -> None:
    lists = ("/v1/sessions", "/v1/agents", "/v1/webhooks", "/api/v1/runs", "/api/tools")
    before = [http.get(each).json() for each in lists]
    answer = http.post(path, content=body.replace("%s", flaw), headers=JSON)
    assert answer.status_code in (400, 422)
    assert all(part in answer.text for part in field.split("."))
    assert len(answer.content) < 4096
    assert [http.get(each).json() for each in lists] == before


@pytest.mark.parametrize("marked", [True, False])
def test_a_client_is_told_that_the_connection_ends_with_a_500(tmp_path: Path, *, marked: bool) -> None:
    router, stack = APIRouter(), LocalStack(tmp_path, Settings())

    def broken() -> None:
        raise RuntimeError("out of order")

    router.get("/broken")(direct(broken) if marked else broken)
    dialect = Dialect("other", lambda: Surface([router], Errors(), "Other", ""), at=("/",))
    with listening(create_app(stack.services, Keyring({}), [dialect])) as url:
        with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as pooled:
            for _ in range(3):
                answer = pooled.get("/broken")
                assert (answer.status_code, answer.headers["connection"]) == (500, "close")
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert received.count(b"HTTP/1.1 500") == 1
    stack.close()
