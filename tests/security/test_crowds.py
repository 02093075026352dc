"""Before a key is looked at nobody holds anything for long, or much of it: heads, bodies, connections."""

import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.kit.servers import KEYS, PATIENCE, listening
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.settings import Settings
from walkaway_local import connections, crowd
from walkaway_local.stack import LocalStack

SECONDS, MOST = 0.4, 5
SESSION = b"GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(connections, "HEAD_SECONDS", SECONDS)
    monkeypatch.setattr(connections, "BODY_SECONDS", SECONDS)
    monkeypatch.setattr(crowd, "LOOK_EVERY", 0.02)
    stack = LocalStack(tmp_path / "data", Settings(keys=KEYS))
    stack.run()
    try:
        with listening(create_app(stack.services, Keyring(KEYS), DIALECTS), MOST) as url:
            parts = httpx.URL(url)
            yield parts.host, parts.port or 0
    finally:
        stack.close()


def opened(address: tuple[str, int], first: bytes = b"") -> socket.socket:
    one = socket.create_connection(address, timeout=PATIENCE)
    one.sendall(first)
    return one


def rest(one: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := one.recv(65_536):
            answer += piece
    return answer


def session(address: tuple[str, int]) -> str:
    made = httpx.post(
        f"http://{address[0]}:{address[1]}/v1/sessions", headers={"X-API-Key": "alpha-key"}, timeout=PATIENCE
    )
    return str(made.json()["id"])


HEADS = {"nothing": b"", "a line": b"GET / HTTP/1.1\r\n", "a header": SESSION + b"X-A: b"}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_head_that_does_not_come_is_not_waited_for(address: tuple[str, int], head: bytes) -> None:
    with opened(address, head) as one:
        assert rest(one).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(address: tuple[str, int]) -> None:
    with opened(address, SESSION) as one:
        until = time.monotonic() + 20 * SECONDS
        with contextlib.suppress(OSError):  # it has hung up
            while time.monotonic() < until:
                one.sendall(b"X-A: b\r\n")
                time.sleep(0.005)  # as slowly as it likes
        assert time.monotonic() < until


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_without_the_defence_it_is(address: tuple[str, int], head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.Connection, "overdue", lambda *_: None)
    with opened(address, head) as one:
        one.settimeout(3 * SECONDS)
        with pytest.raises(TimeoutError):
            one.recv(1)


BODIES = {
    "an upload": b"PUT /v1/sessions/@/files/a.txt",
    "a message": b"POST /v1/sessions/@/messages",
    "a form": b"POST /api/workflow/upload-run-input",
}
OF_NOBODY = (*BODIES.values(), b"POST /v1/sessions", b"POST /v1/agents", b"POST /api/v1/runs", b"PATCH /v1/sessions/@")


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_stands_still_is_not_waited_for(address: tuple[str, int], kind: str) -> None:
    line = BODIES[kind].replace(b"@", session(address).encode())
    key = b"X-API-Key: alpha-key\r\n"
    about = b"Content-Type: multipart/form-data; boundary=b\r\n" if kind == "a form" else b""
    with opened(
        address, line + b" HTTP/1.1\r\nHost: localhost\r\n" + key + about + b"Content-Length: 1000\r\n\r\n-"
    ) as one:
        answer = rest(one)
    assert answer.startswith(b"HTTP/1.1 408 "), answer


@pytest.mark.parametrize("line", OF_NOBODY)
def test_a_body_of_nobody_is_not_even_read(address: tuple[str, int], line: bytes) -> None:
    about = b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n{"
    with opened(address, line + about) as one:
        answer = rest(one)
    assert answer.startswith(b"HTTP/1.1 401 "), answer


def test_a_body_that_goes_on_is_waited_for(address: tuple[str, int]) -> None:
    line = f"PUT /v1/sessions/{session(address)}/files/a.txt HTTP/1.1\r\nHost: localhost\r\nX-API-Key: alpha-key\r\n"
    with opened(address, line.encode() + b"Connection: close\r\nContent-Length: 20\r\n\r\n") as one:
        for _ in range(20):
            time.sleep(SECONDS / 8)  # all of it takes longer than the time for standing still
            one.sendall(b"x")
        assert rest(one).startswith(b"HTTP/1.1 201 ")


class TestConnectionsOfAnAddress:
    def test_one_too_many_without_a_key_is_turned_away(self, address: tuple[str, int]) -> None:
        with ExitStack() as stack:
            for _ in range(MOST):
                stack.enter_context(opened(address))
            answer = rest(stack.enter_context(opened(address)))
            assert answer.startswith(b"HTTP/1.1 429 ")
            assert b"too many connections from this address" in answer

    def test_those_with_a_key_are_not_counted(self, address: tuple[str, int]) -> None:
        with ExitStack() as stack:
            for _ in range(4 * MOST):
                one = stack.enter_context(opened(address, SESSION + b"X-API-Key: alpha-key\r\n\r\n"))
                assert one.recv(12) == b"HTTP/1.1 200"

    def test_those_with_a_wrong_key_are(self, address: tuple[str, int]) -> None:
        with ExitStack() as stack:
            for _ in range(MOST):
                one = stack.enter_context(opened(address, SESSION + b"X-API-Key: wrong\r\n\r\n"))
                assert one.recv(12) == b"HTTP/1.1 401"
            assert rest(stack.enter_context(opened(address))).startswith(b"HTTP/1.1 429 ")

    def test_what_has_gone_is_not_counted(self, address: tuple[str, int]) -> None:
        for _ in range(4 * MOST):
            with opened(address, SESSION + b"Connection: close\r\n\r\n") as one:
                assert rest(one).startswith(b"HTTP/1.1 401 ")

    def test_without_the_defence_all_are_let_in(
        self, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowd.Crowd, "_name", lambda *_: "")
        with ExitStack() as stack:
            for _ in range(4 * MOST):
                stack.enter_context(opened(address))
            one = stack.enter_context(opened(address, SESSION + b"\r\n"))
            assert one.recv(12) == b"HTTP/1.1 401"
