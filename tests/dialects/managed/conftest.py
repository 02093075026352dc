"""Clients of this dialect: the vendor's own SDK, unchanged but for address and key."""

from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import Anthropic

from tests.kit.sandboxes import skip_without_bubblewrap
from tests.kit.servers import Running


def client_of(server: Running, key: str = "alpha-key", *, retries: int = 0) -> Anthropic:
    """Make a client that asks each thing once, unless `retries` says otherwise."""
    return Anthropic(base_url=server.url, api_key=key, max_retries=retries)


@pytest.fixture
def sdk(server: Running) -> Iterator[Any]:
    """The alpha tenant, at a server with the offline model; untyped, since unions of all objects help no test."""
    skip_without_bubblewrap()  # agents whose tools could never run are refused
    with client_of(server) as client:
        yield client


@pytest.fixture
def stranger_sdk(server: Running) -> Iterator[Any]:
    """The beta tenant."""
    with client_of(server, "beta-key") as client:
        yield client
