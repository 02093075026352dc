"""Fixtures that many tests share: servers and their callers, a scripted model, a clock, a web site, the engine."""

import gc
from collections.abc import Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest

from tests.kit.clock import ShiftedClock
from tests.kit.engine import Engine, by_hand
from tests.kit.messages_api import MessagesApi, messages_api
from tests.kit.network import keep_to_loopback
from tests.kit.servers import KEYS, Running, running
from tests.kit.sites import Site, web_site
from walkaway_core.settings import Settings

hypothesis.settings.register_profile("walkaway", deadline=None)  # tests assert behaviour, not time
hypothesis.settings.load_profile("walkaway")
keep_to_loopback()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep the garbage collector away from what is collected: all of it stays, and would be gone through every time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with the offline model and two tenants."""
    with running(tmp_path_factory.mktemp("server") / "data", Settings(keys=KEYS, rehearsal_delay=0)) as found:
        yield found


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    """The alpha tenant."""
    with server.client() as found:
        yield found


@pytest.fixture
def stranger(server: Running) -> Iterator[httpx.Client]:
    """The beta tenant."""
    with server.client("beta-key") as found:
        yield found


@pytest.fixture
def model() -> Iterator[MessagesApi]:
    """A model service that a test scripts. What it would have refused fails the test."""
    with messages_api() as service:
        yield service
        assert service.problems == []


@pytest.fixture
def scripted(model: MessagesApi, tmp_path: Path) -> Iterator[Running]:
    """A server whose model is the scripted one."""
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS)
    with running(tmp_path / "data", settings) as found:
        yield found


@pytest.fixture
def own(scripted: Running) -> Iterator[httpx.Client]:
    """A caller of that server."""
    with scripted.client() as client:
        yield client


@pytest.fixture
def clock() -> ShiftedClock:
    """A clock that a test puts forward."""
    return ShiftedClock()


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on loopback."""
    with web_site() as site:
        yield site


@pytest.fixture
def engine(tmp_path: Path, model: MessagesApi) -> Iterator[Engine]:
    """The engine by hand, whose model is the scripted one."""
    with by_hand(tmp_path, model.url) as found:
        yield found
