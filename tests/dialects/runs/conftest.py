"""Fixtures: a server whose clock a test puts forward, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings


@pytest.fixture
def own(model: MessagesApi, tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    """A server of the test's own, whose model is scripted."""
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, outbound_loopback=True)
    with running(tmp_path / "data", settings, clock) as found:
        yield found


@pytest.fixture
def web(own: Running) -> Iterator[httpx.Client]:
    with own.client() as found:
        yield found
