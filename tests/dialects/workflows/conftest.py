"""Fixtures: both shapes, the deployed one left to the deep half; a client with tools, and an agent."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from agentsapi import AgentServiceAPIClient

from tests.kit.both import local_first, model, receiver
from tests.kit.shapes import Shape
from tests.kit.workflows import TOOLS, make

__all__ = ["agent", "client", "http", "local_first", "model", "receiver", "shape"]


@pytest.fixture(scope="module")
def shape(local_first: Shape) -> Shape:
    return local_first


@pytest.fixture
def http(shape: Shape) -> Iterator[httpx.Client]:
    with shape.client() as found:
        yield found
    shape.clock.ahead = 0.0


@pytest.fixture
def client(shape: Shape, http: httpx.Client) -> AgentServiceAPIClient:
    """The client, as its documentation says, with tools that are registered."""
    found = AgentServiceAPIClient(base_url=shape.url)
    found.set_api_key(http.headers.get("x-api-key") or http.headers["authorization"].removeprefix("Bearer "))
    asyncio.run(found.tools.register_tools(TOOLS))
    return found


@pytest.fixture
def agent(http: httpx.Client) -> str:
    return make(http)
