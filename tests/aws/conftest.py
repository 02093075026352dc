"""Fixtures: both shapes of the system, and AWS over HTTP for what speaks to it from another process."""

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from tests.kit.both import model, receiver, shape

__all__ = ["endpoint", "model", "receiver", "shape"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of an emulated AWS."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    server.stop()
