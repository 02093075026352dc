"""Clients of the Responses API: OpenAI's own, unchanged but for address and key."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI

from tests.kit.servers import Running


def client_of(server: Running, key: str = "alpha-key") -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


@pytest.fixture
def openai(server: Running) -> Iterator[Any]:
    """The alpha tenant, at a server with the offline model; untyped, since unions of all items help no test."""
    with client_of(server) as client:
        yield client


@pytest.fixture
def stranger_openai(server: Running) -> Iterator[Any]:
    """The beta tenant."""
    with client_of(server, "beta-key") as client:
        yield client
