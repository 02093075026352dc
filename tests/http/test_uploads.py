"""An upload in its tenant's line: nothing is done before it is its turn, and nothing for one that has gone by then."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.kit import sse
from tests.kit.patience import holds
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services

BEYOND = 5


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "data", Settings(keys=KEYS, rehearsal_delay=0, tenant_uploads=1)) as server:
        yield server


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions for whose uploads the route has been asked."""
    asked, get = list[str](), sessions.get

    def look(services: Services, key: SessionKey) -> sessions.Session:
        asked.append(key.session)
        return get(services, key)

    monkeypatch.setattr(sessions, "get", look)
    return asked


def begin(server: Running, session: str, more: str = "", body: bytes = b"x", key: str = "alpha-key") -> socket.socket:
    """Begin an upload, and leave it so."""
    url = httpx.URL(server.url)
    one = socket.create_connection((url.host, url.port or 0), timeout=5)
    head = f"PUT /v1/sessions/{session}/files/a HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n{more}"
    one.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + body)
    return one


def waiting(server: Running) -> int:
    """How many stand in line."""
    lines = server.stack.services.shares.uploads._lines.values()
    return sum(len([one for one in line._waiters or () if not one.done()]) for line in lines)


def test_who_waits_costs_nothing_and_who_has_gone_never_will(server: Running, asked: list[str]) -> None:
    with server.client() as client, ExitStack() as held:
        session = sse.new(client)
        held.enter_context(begin(server, session))
        assert holds(lambda: asked == [session])
        with ExitStack() as gone:
            for _ in range(BEYOND):
                gone.enter_context(begin(server, session))
            assert holds(lambda: waiting(server) == BEYOND)
            assert asked == [session]
        held.close()
        assert client.put(f"/v1/sessions/{session}/files/a", content=b"x").is_success
        assert asked == [session] * 2


def test_one_that_has_waited_is_taken_in_when_some_of_it_comes(server: Running, asked: list[str]) -> None:
    with server.client() as client:
        session = sse.new(client)
        with begin(server, session) as first, begin(server, session, body=b"") as one:
            assert holds(lambda: waiting(server) == 1)
            first.close()
            assert holds(lambda: waiting(server) == 0)
            assert asked == [session]
            one.sendall(b"x" * 1000)
            assert one.recv(12) == b"HTTP/1.1 201"


def test_one_that_waits_for_leave_gets_it_from_its_route(server: Running) -> None:
    expects = "Expect: 100-continue\r\n"
    with server.client() as client, begin(server, sse.new(client), expects, b"") as one:
        assert one.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        one.sendall(b"x" * 1000)
        assert one.recv(12) == b"HTTP/1.1 201"
    with begin(server, "sess_none", expects, b"") as one:
        assert one.recv(12) == b"HTTP/1.1 404"


def test_nobodys_is_refused_in_front_of_every_line(server: Running) -> None:
    with server.client() as client:
        session = sse.new(client)
        with begin(server, session), begin(server, session, key="none") as one:
            assert one.recv(12) == b"HTTP/1.1 401"
