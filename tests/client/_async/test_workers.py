"""Workers answer whatever turn asks, first what waits already, each call once."""

from typing import Any

import httpx2
import pytest

from tests.kit.clients import async_quick, async_scripted, no, said
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway import AsyncWalkaway, Tool, errors, tool
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
        "type": "turn.awaiting_tools",
        "data": {"id": "msg_1", "session_id": "sess_1", "tool_calls": [pending]},
    }
    other = {"type": "turn.awaiting_tools", "data": {**event["data"], "tool_calls": [{**pending, "name": "other"}]}}
    pages: list[dict[str, Any]] = [
        {"events": [], "next": "evt_0"},
        {"events": [other, event, {"type": "turn.completed", "data": {}}], "next": "evt_1"},
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
        return said([] if path == "/v1/sessions" else {"pending_tool_calls": [pending]})

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


async def test_a_worker_with_nothing_to_do_is_refused() -> None:
    def nobody(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError(f"{request.url} was asked for")

    async with async_scripted(nobody) as client:
        with pytest.raises(errors.SettingInvalid, match="There is nothing to serve"):
            await client.serve_tools([])
