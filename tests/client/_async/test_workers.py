"""Workers answer whatever turn asks, first what waits already, each call once."""

import threading
import time
from typing import Any

import httpx2
import pytest

from tests.kit.clients import async_quick, async_scripted, no, said
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway import AsyncWalkaway, Tool, errors, tool
from walkaway._async import workers
from walkaway._async.workers import AsyncWorker


class Shop:
    """A tool that counts who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

        @tool
        def stock(sku: str) -> str:
            """Tell how many there are."""
            self.asked.append(sku)
            return f"seven {sku}"

        self.tool: Tool = stock


def worker(client: AsyncWalkaway, shop: Shop, agents: tuple[str, ...] = ()) -> AsyncWorker:
    return AsyncWorker(client._transport, {"stock": shop.tool}, agents)


async def test_what_waits_already_is_answered_first(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("stock", "t1", sku="A")]), Reply([text("done")])]
    shop = Shop()
    async with async_quick(scripted.url) as client:
        turn = await (await client.sessions.create(tools=[shop.tool])).send("go")
        with pytest.raises(errors.TurnWaiting):
            await turn.result(tools=False)
        ours = worker(client, shop)
        await ours.begin()
        assert (await turn.result(tools=False, on_waiting="wait")).text == "done"
        ours.answering.close()
    assert shop.asked == ["A"]


async def test_what_comes_is_answered_and_only_of_the_agents_that_are_named(
    scripted: Running, model: MessagesApi
) -> None:
    shop = Shop()
    async with async_quick(scripted.url) as client:
        agent = await client.agents.create(name="seller", tools=[shop.tool])
        ours = worker(client, shop, (agent.id,))
        await ours.begin()
        model.replies = [Reply([call("stock", "t1", sku="not ours")])]
        other = await (await client.sessions.create(tools=[shop.tool])).send("go")
        with pytest.raises(errors.TurnWaiting):
            await other.result(tools=False)
        model.replies = [Reply([call("stock", "t2", sku="ours")]), Reply([text("done")])]
        turn = await (await client.sessions.create(agent="seller")).send("go")
        with pytest.raises(errors.TurnWaiting):
            await turn.result(tools=False)
        while not shop.asked:
            await ours.look()
        assert (await turn.result(tools=False, on_waiting="wait")).text == "done"
        ours.answering.close()
    assert shop.asked == ["ours"]


async def test_an_older_server_is_said_to_be_one() -> None:
    async with async_scripted(lambda _: no(404, "not_found")) as client:
        with pytest.raises(errors.FeatureMissing, match="older and does not tell which sessions wait"):
            await client.serve_tools([Shop().tool])
        with pytest.raises(errors.FeatureMissing, match="does not tell who is calling"):
            await client.me()


async def test_a_feed_is_read_from_before_the_look_at_what_waits() -> None:
    """So nothing falls between; what comes twice, or was answered meanwhile, is not run."""
    asked: list[str] = []
    pending: dict[str, Any] = {"call_id": "t1", "name": "stock", "arguments": {"sku": "A"}, "needs": "output"}
    event: dict[str, Any] = {
        "id": "evt_1",
        "timestamp": "2026-11-29T12:00:00Z",
        "type": "turn.awaiting_tools",
        "data": {"id": "msg_1", "session_id": "sess_1", "tool_calls": [pending]},
    }
    other = {**event, "data": {**event["data"], "tool_calls": [{**pending, "name": "other"}]}}
    pages: list[dict[str, Any]] = [
        {"events": [], "next": "evt_0"},
        {"events": [other, event, {**event, "type": "turn.completed", "data": {}}], "next": "evt_1"},
        {"events": [event], "next": "evt_1"},
    ]

    def handle(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        asked.append(f"{path}?{request.url.params.get('after', '')}")
        if path == "/v1/me":
            return said({"features": ["feed", "session_filters"]})
        if path == "/v1/events":
            return said(pages.pop(0))
        if path.endswith("/tool_results"):
            return said({"response_id": "msg_1", "pending_tool_calls": []})
        return said([] if path == "/v1/sessions" else {"id": "msg_1", "pending_tool_calls": [pending]})

    shop = Shop()
    async with async_scripted(handle) as client:
        ours = worker(client, shop)
        await ours.begin()
        await ours.look()
        await ours.look()
        while not await ours.answering.idle(30):
            pass
    assert shop.asked == ["A"]
    assert asked[:4] == ["/v1/me?", "/v1/events?now", "/v1/sessions?", "/v1/events?evt_0"]
    assert asked.count("/v1/sessions/sess_1/tool_results?") == 1
    assert [each for each in asked if each.startswith("/v1/events")][2] == "/v1/events?evt_1"


async def test_who_is_calling_is_told(server: Running) -> None:
    async with async_quick(server.url) as client:
        me = await client.me()
        assert (me.tenant, me.models[0].default) == ("alpha", True)
        assert "wait" in await client.features()


async def test_a_worker_goes_on_behind_what_something_in_between_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BETWEEN", 0.01)
    pending: dict[str, Any] = {"call_id": "t1", "name": "stock", "arguments": {"sku": "A"}, "needs": "output"}
    shown: dict[str, int] = {}
    answered = "/v1/sessions/sess_1/tool_results"

    def handle(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        shown[path] = shown.get(path, 0) + 1
        if shown[path] < 4:
            return httpx2.Response((200, 403, 404)[shown[path] - 1], html="<p>Please log in")
        if path == "/v1/me":
            return said({"features": ["session_filters"]})
        if path == "/v1/sessions":
            waits = [{"id": "sess_1", "response_id": "msg_1", "pending_tool_calls": [pending]}]
            return no(401, "unauthorized") if answered in shown and shown[answered] > 3 else said(waits)
        return said({"response_id": "msg_1", "pending_tool_calls": []})

    shop = Shop()
    async with async_scripted(handle) as client:
        ours = worker(client, shop)
        with pytest.raises(errors.Unauthorized):
            await ours.serve()
    assert (shop.asked, shown[answered]) == (["A"], 4)


async def test_calls_of_two_sessions_may_have_one_id() -> None:
    pending = {"call_id": "t1", "name": "stock", "arguments": {"sku": "A"}, "needs": "output"}
    answered: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path == "/v1/me":
            return said({"features": ["session_filters"]})
        if path.endswith("/tool_results"):
            answered.append(path.split("/")[3])
            return said({"response_id": "msg", "pending_tool_calls": []})
        waits = [(f"sess_{n}", f"msg_{n}") for n in range(3)]
        return said([{"id": one, "response_id": turn, "pending_tool_calls": [pending]} for one, turn in waits])

    shop = Shop()
    async with async_scripted(handle) as client:
        ours = worker(client, shop)
        await ours.begin()
        await ours.begin()
        while not await ours.answering.idle(30):
            pass
    assert sorted(answered) == ["sess_0", "sess_1", "sess_2"]
    assert len(shop.asked) == 3


@pytest.mark.parametrize("over", ["timeout", "expires_at", "answered"])
async def test_functions_that_never_return_hold_a_worker_up_no_longer_than_their_calls_wait(over: str) -> None:
    never, begun, last = threading.Event(), threading.Semaphore(0), threading.Event()

    @tool(timeout=1 if over == "timeout" else None)
    def hangs() -> str:
        """Hang."""
        begun.release()
        never.wait()
        return ""

    @tool
    def stock() -> str:
        """Tell how many there are."""
        last.set()
        return "seven"

    def handle(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path == "/v1/me":
            return said({"features": ["session_filters", "tool_claims"]})
        if path.endswith("/tool_claims"):
            first = "hangs" not in path or path not in claimed
            claimed.add(path)
            claim = {"call_id": "t1", "worker": "w"}
            return said(claim) if first or over != "answered" else no(409, "tool_call.not_waiting")
        if path.endswith("/tool_results"):
            return said({"response_id": "msg", "pending_tool_calls": []})
        until = time.time() + 1 if over == "expires_at" else 0
        waits = {"call_id": "t1", "name": "hangs", "needs": "output", "expires_at": until}
        every = [{"id": f"hangs{n}", "response_id": "m", "pending_tool_calls": [waits]} for n in range(8)]
        return said(
            [
                *every,
                {"id": "s", "response_id": "m", "pending_tool_calls": [waits | {"name": "stock", "expires_at": 0}]},
            ]
        )

    claimed: set[str] = set()
    async with async_scripted(handle) as client:
        ours = AsyncWorker(client._transport, {"hangs": hangs, "stock": stock}, (), lease=1)
        await ours.begin()
        while not await ours.answering.idle(30):
            pass
        ours.answering.close()
    assert all(begun.acquire(timeout=0) for _ in range(8))
    assert last.is_set()
    never.set()


async def test_a_worker_with_nothing_to_do_is_refused() -> None:
    def nobody(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError(f"{request.url} was asked for")

    async with async_scripted(nobody) as client:
        with pytest.raises(errors.SettingInvalid, match="There is nothing to serve"):
            await client.serve_tools([])
