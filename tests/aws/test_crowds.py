"""A tenant with more commands at once than it may have, on the deployed stack: they wait, and nobody else does."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, messages_api, text
from tests.kit.shapes import MODEL, Deployed, deployed
from walkaway_core.ports.shares import Unshared
from walkaway_core.store import keys
from walkaway_core.store.places import TablePlaces

SIXTEEN, MOST = 16, 4


@pytest.fixture
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:
        yield service


@pytest.fixture
def shape(model: MessagesApi) -> Iterator[Deployed]:
    with deployed(model.url) as made:
        yield made


class Crowd:
    """How many commands of each tenant run at once, and the most that did. All wait until `awaited` of alpha's run."""

    def __init__(self, shape: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
        self.awaited = MOST
        self._reached = threading.Event()
        self.most: Counter[str] = Counter()
        self.runs = 0
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._owner: dict[str, str] = {}
        self.shape = shape
        real = shape.deployment.sandboxes.invoke

        def invoke(session: str, event: dict[str, Any]) -> None:
            tenant = self._owner[session]
            with self._lock:
                self.runs += 1
                self._running[tenant] += 1
                self.most[tenant] = max(self.most[tenant], self._running[tenant])
                if self._running["alpha"] >= self.awaited:
                    self._reached.set()
            try:
                assert tenant != "alpha" or self._reached.wait(60)
                real(session, event)
            finally:
                with self._lock:
                    self._running[tenant] -= 1

        monkeypatch.setattr(shape.deployment.sandboxes, "invoke", invoke)

    def command(self, client: httpx.Client, tenant: str) -> list[sse.Seen]:
        session = sse.new(client, model=MODEL)
        self._owner[session] = tenant
        return sse.send(client, session, "go")

    def run(self, count: int) -> list[list[sse.Seen]]:
        """Let one tenant have so many at once, and another one a command meanwhile."""
        with self.shape.client("alpha") as alpha, self.shape.client("beta") as beta, ThreadPoolExecutor(32) as pool:
            crowd = [pool.submit(self.command, alpha, "alpha") for _ in range(count)]
            other = pool.submit(self.command, beta, "beta")
            return [turn.result(250) for turn in (*crowd, other)]


@pytest.fixture
def crowd(shape: Deployed, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    def respond(request: Any) -> Reply:
        done = any(message["role"] == "assistant" for message in request["messages"])
        return Reply([text("Done.")]) if done else Reply([call("bash", command="true")])

    model.respond = respond
    return Crowd(shape, monkeypatch)


def share(shape: Deployed, places: Any) -> None:
    object.__setattr__(shape.deployment.services["run_tool"].shares, "tools", places)


def fine(turns: list[list[sse.Seen]]) -> bool:
    errors = [event.data for turn in turns for event in turn if event.data.get("is_error")]
    return not errors and {turn[-1].event for turn in turns} == {"message.completed"}


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_sixteen_commands_of_one_tenant_are_no_more_at_once_than_its_share(shape: Deployed, crowd: Crowd) -> None:
    services = shape.deployment.services["run_tool"]
    share(shape, TablePlaces(services.table, services.clock, MOST))
    assert fine(crowd.run(SIXTEEN)), "who waits is told nothing"
    assert crowd.runs == SIXTEEN + 1
    assert crowd.most == {"alpha": MOST, "beta": 1}
    assert services.table.query(keys.places("alpha")).items == ()


@pytest.mark.deep
def test_without_shares_all_are_at_once(shape: Deployed, crowd: Crowd) -> None:
    share(shape, Unshared())
    crowd.awaited = MOST + 1
    assert fine(crowd.run(2 * MOST))
    assert crowd.most["alpha"] > MOST


def test_run_tool_has_the_share_that_the_template_says(shape: Deployed) -> None:
    services = shape.deployment.services["run_tool"]
    assert isinstance(services.shares.tools, TablePlaces)
    assert shape.deployment.functions["RunToolFunction"].environ["WALKAWAY_TENANT_TOOLS"] == "16"
    assert services.settings.tenant_tools == 16
