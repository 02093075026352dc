"""Tools that take long: readers see how far they are, and nobody else waits for them."""

import threading
from typing import Any, ClassVar

import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import KEYS, running
from walkaway_core.agent import tools
from walkaway_core.agent.tools.tool import Tool, ToolContext
from walkaway_core.settings import Settings

WORKERS = 4


class Slow(Tool):
    """Wait until the test says so, and tell again and again how far it is."""

    name: ClassVar[str] = "slow"
    repeatable: ClassVar[bool] = True
    gate: ClassVar[threading.Event]
    tries: ClassVar[list[float]]
    told: ClassVar[list[float]]

    def run(self, context: ToolContext) -> str:
        while not self.gate.wait(0.01):
            now = context.services.clock.now()
            self.tries.append(now)
            if context.progress(f"{len(self.tries)} times"):
                self.told.append(now)
        return "done"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> type[Slow]:
    monkeypatch.setitem(tools.TOOLS, "slow", Slow)
    monkeypatch.setitem(tools.DEFINITIONS, "slow", Slow.definition())
    Slow.gate, Slow.tries, Slow.told = threading.Event(), [], []
    return Slow


def test_readers_see_progress_and_no_other_turn_waits(slow: type[Slow], model: MessagesApi, tmp_path: Any) -> None:
    model.respond = respond
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS)
    with running(tmp_path / "data", settings, workers=WORKERS) as server, server.client() as client:
        urls = []
        for _ in range(3 * WORKERS):
            url = f"/v1/sessions/{sse.new(client, persistent=True)}/messages"
            accepted = client.post(url, json={"message": "slow"}, headers={"Prefer": "respond-async"})
            urls.append(accepted.json()["events_url"])
        progress: list[dict[str, Any]] = []
        with client.stream("GET", urls[0]) as answer:
            for event in sse.parse(answer.iter_lines()):
                if event.event == "tool_use.progress":
                    progress.append(event.data)
                if len(progress) == 2:
                    break
        assert {data["id"] for data in progress} == {"toolu_1"}
        assert sse.text(sse.send(client, sse.new(client), "quick")) == "quick"
        slow.gate.set()
        for url in urls:
            events = sse.read(client.get(url))
            assert (events[-1].event, sse.text(events)) == ("message.completed", "slow")
    assert len(slow.told) < len(slow.tries) / 5


def respond(body: dict[str, Any]) -> Reply:
    said = body["messages"][0]["content"][0]["text"]
    if said == "slow" and len(body["messages"]) == 1:
        return Reply([call("slow")])
    return Reply([text(said)])
