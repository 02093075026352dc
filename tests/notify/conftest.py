"""Fixtures: a server that may deliver to this machine, a client of it, and a receiver."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kit.clock import ShiftedClock
from tests.kit.receivers import Receiver, receiving
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings


@pytest.fixture
def open_(tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    """A server that may reach this machine."""
    settings = Settings(keys=KEYS, rehearsal_delay=0, outbound_loopback=True)
    with running(tmp_path / "data", settings, clock) as found:
        yield found


@pytest.fixture
def web(open_: Running) -> Iterator[httpx.Client]:
    with open_.client() as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found
