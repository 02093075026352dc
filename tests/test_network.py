"""Tests reach this machine and no other: from their own process, and from servers that they start."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.servers import PATIENCE, served

ELSEWHERE = "192.0.2.1"
"""An address for documentation, which nobody has (RFC 5737)."""
DENIED = "tests are kept to loopback"
WAYS: list[Callable[[socket.socket], object]] = [
    lambda found: found.connect((ELSEWHERE, 53)),
    lambda found: found.connect_ex((ELSEWHERE, 53)),
    lambda found: found.sendto(b"x", (ELSEWHERE, 53)),
    lambda found: found.sendmsg([b"x"], [], 0, (ELSEWHERE, 53)),
]


@pytest.mark.parametrize("way", WAYS, ids=["connect", "connect_ex", "sendto", "sendmsg"])
def test_another_machine_is_refused_at_once(way: Callable[[socket.socket], object]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found, pytest.raises(RuntimeError, match=DENIED):
        way(found)


@pytest.mark.parametrize("look_up", [socket.gethostbyname, lambda name: socket.getaddrinfo(name, 443)])
def test_no_name_is_looked_up(look_up: Callable[[str], object]) -> None:
    with pytest.raises(RuntimeError, match=DENIED):
        look_up("walkaway.invalid")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1"])
def test_this_machine_is_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_nobody_vouches_for_another_machine() -> None:
    named = [certificate["issuer"] for certificate in ssl.create_default_context().get_ca_certs()]
    assert named == [((("commonName", "Nobody: tests trust no authority"),),)]


def test_a_server_that_a_test_starts_reaches_no_other_machine(tmp_path: Path) -> None:
    with served(tmp_path / "data") as server, server.client() as client:
        hook = client.post("/v1/webhooks", json={"url": "https://walkaway.invalid/"}).json()
        assert client.post(f"/v1/webhooks/{hook['id']}/test").status_code == 202
        log = tmp_path / "data.log"
        for _ in range(int(PATIENCE / 0.05)):
            if DENIED in log.read_text():
                return
            threading.Event().wait(0.05)
    raise AssertionError(f"the server was not refused: {log.read_text()}")
