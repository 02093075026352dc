"""Fixtures: both shapes, a browser, and servers that it looks at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.kit.both import model, shape
from tests.kit.browsers import Watched, chromium, watching
from tests.kit.messages_api import MessagesApi
from tests.kit.servers import Running, running
from walkaway_core.settings import Settings

__all__ = ["model", "shape"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a file; each test has a profile of its own."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server(model: MessagesApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without keys, with the offline model and one that a test scripts."""
    settings = Settings(base_url=model.url, rehearsal_delay=0.0005)
    with running(tmp_path_factory.mktemp("server") / "data", settings) as found:
        yield found


@pytest.fixture
def console(browser: Browser, server: Running) -> Iterator[Watched]:
    """The console of that server, as somebody sees it who was never there."""
    with watching(browser, f"{server.url}/console/") as found:
        yield found
