"""A server does not take its own address for that of its models."""

import socket
from collections.abc import Iterator

import pytest

from walkaway_local import own_address


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"])
def listening(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with socket.create_server((request.param, 0)) as found:
        yield found


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}", "http://localhost:{}/v1", "https://user@127.0.0.1:{}/managed"])
def test_its_own_address(listening: socket.socket, url: str) -> None:
    assert own_address.leads_to(url.format(listening.getsockname()[1]), listening)


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://127.0.0.1:1", "http://192.0.2.1:{}"])
def test_other_addresses(listening: socket.socket, url: str) -> None:
    assert not own_address.leads_to(url.format(listening.getsockname()[1]), listening)


def test_another_loopback_address_is_its_own_where_it_listens_on_all(listening: socket.socket) -> None:
    host, port = listening.getsockname()
    assert own_address.leads_to(f"http://127.0.0.2:{port}", listening) == (host == "0.0.0.0")
