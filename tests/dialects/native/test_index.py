"""Sessions by what they are: an index of those that wait, and filters."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import Asking, output, time_call
from tests.kit.counting import CountingTable
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway_core.dialects.native import index
from walkaway_core.dialects.native.index import Filter


def found(client: httpx.Client, **asked: str) -> list[str]:
    """Ask for all pages; give the ids."""
    ids: list[str] = []
    while True:
        page = client.get("/v1/sessions", params=asked)
        assert page.status_code == 200, page.text
        ids += [record["id"] for record in page.json()]
        if "x-next-cursor" not in page.headers:
            return ids
        asked["after"] = page.headers["x-next-cursor"]


def test_by_whether_they_run_or_wait(own: httpx.Client, model: MessagesApi) -> None:
    held = Reply([text("never said")], gate=threading.Event())
    idle = sse.new(own)
    asking = Asking(own, model, time_call("c1"), persistent=True)
    asking.pending()
    model.replies = [held]
    busy = sse.new(own)
    own.post(f"/v1/sessions/{busy}/messages", json={"message": "go"}, headers={"Prefer": "respond-async"})
    assert held.reached.wait(20)
    try:
        assert found(own, waiting="true") == [asking.session]
        assert found(own, busy="true") == [busy, asking.session]
        assert found(own, busy="true", waiting="false") == [busy]
        assert found(own, busy="false") == [idle]
    finally:
        held.gate.set()  # type: ignore[union-attr]


@pytest.fixture
def waiting(own: httpx.Client, model: MessagesApi) -> Iterator[Asking]:
    asking = Asking(own, model, time_call("c1"))
    asking.pending()
    assert found(own, waiting="true") == [asking.session]
    yield asking
    assert found(own, waiting="true") == []


class TestNoLongerWaiting:
    def test_answered(self, waiting: Asking) -> None:
        waiting.answer(output("c1", "12:04"))

    def test_cancelled(self, waiting: Asking) -> None:
        waiting.client.post(f"{waiting.url}/responses/{waiting.turn}/cancel")

    def test_interrupted(self, waiting: Asking) -> None:
        waiting.send("Something else", on_busy="interrupt")

    def test_deleted(self, waiting: Asking) -> None:
        waiting.client.delete(waiting.url)


def test_those_that_wait_are_not_searched_for(scripted: Running, own: httpx.Client, model: MessagesApi) -> None:
    """A thousand sessions beside the one that waits cost nothing."""
    asking = Asking(own, model, time_call("c1"))
    asking.pending()
    few = counted(scripted)
    for _ in range(60):
        sse.new(own)
    assert counted(scripted) == few


def counted(server: Running) -> int:
    counting = CountingTable(server.stack.services.table)
    services = replace(server.stack.services, table=counting)
    listed, _, _ = index.find(services, "alpha", Filter(waiting=True), limit=1000)
    assert len(listed) == 1
    return counting.items


def test_by_agent_title_and_how_they_ended(own: httpx.Client, model: MessagesApi) -> None:
    agent = own.post("/v1/agents", json={"name": "tides", "max_steps": 1}).json()
    one, two = sse.new(own, agent="tides"), sse.new(own, metadata={"Project": "Ökologie"})
    other = sse.new(own)
    model.replies = [Reply([text("on and on")], stop_reason="max_tokens"), Reply([text("done")])]
    assert sse.send(own, one, "Look at TIDES")[-1].event == "message.error"
    assert sse.send(own, two, "Say hello")[-1].event == "message.completed"
    assert found(own, agent="tides") == found(own, agent=agent["id"]) == [one]
    assert found(own, failed="true") == [one]
    assert found(own, failed="false") == [other, two]
    assert found(own, q="tides") == [one]
    assert found(own, q="ökol") == [two]
    assert found(own, q="nothing of the kind") == []
    assert own.get("/v1/sessions", params={"agent": "nobody"}).json()["error"] == "agent.not_found"
    own.delete(f"/v1/agents/{agent['id']}")
    assert found(own, agent=agent["id"]) == [one]
    for asked in ({"busy": "perhaps"}, {"q": "x" * 201}, {"wait": "1"}):
        assert own.get("/v1/sessions", params=asked).json()["error"] == "invalid_request"


def test_punctuation_of_stored_records_is_no_text_of_theirs(own: httpx.Client) -> None:
    one = sse.new(own, metadata={"Place": {"names": ["Pôrto", 'a "b"'], "metres": 42, "open": True}, "x": "{y"})
    sse.new(own)
    for text_ in ("place", "pôrto", '"B"', "42", "true", "{Y"):
        assert found(own, q=text_) == [one], text_
    for text_ in ("{}", '{"', '"place"', '":', '", ', "[", "}", "\\", "\n"):
        assert found(own, q=text_) == [], text_


def test_a_page_may_be_short_and_says_so(
    client: httpx.Client, stranger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "OF_LIST", 3)
    wanted = [sse.new(stranger, metadata={"landmark": "x"})]
    for _ in range(20):
        sse.new(stranger)
    wanted.append(sse.new(stranger, metadata={"landmark": "x"}))
    page = stranger.get("/v1/sessions", params={"q": "landmark"})
    assert [record["id"] for record in page.json()] == wanted[1:]
    assert page.headers["x-next-cursor"]
    assert found(stranger, q="landmark") == wanted[::-1]
    assert found(stranger, q="landmark", limit="1") == wanted[::-1]
    assert not set(wanted) & set(found(client, q="landmark"))
