"""The SDK's own tool runner, and the loops of its guides, over a real server."""

import asyncio
import json
from typing import Any, cast

import pytest
from anthropic import AsyncAnthropic, beta_async_tool

from tests.dialects.managed.test_sessions import WEATHER
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running

BASH = {
    "type": "agent_toolset_20260401",
    "default_config": {"enabled": False},
    "configs": [{"name": "bash", "enabled": True, "permission_policy": {"type": "always_ask"}}],
}


@pytest.fixture
def server(scripted: Running) -> Running:
    """One whose model is scripted."""
    return scripted


def session(sdk: Any, *tools: Any) -> str:
    agent = sdk.beta.agents.create(name="Ada", model="claude-sonnet-5", tools=list(tools))
    environment = sdk.beta.environments.create(name="here")
    return str(sdk.beta.sessions.create(agent=agent.id, environment_id=environment.id).id)


def message(words: str) -> dict[str, Any]:
    return {"type": "user.message", "content": [{"type": "text", "text": words}]}


def test_it_runs_custom_tools_and_stops_when_the_turn_is_over(server: Running, sdk: Any, model: MessagesApi) -> None:
    calls = [call("get_weather", f"c{number}", city=city) for number, city in enumerate(("Kiel", "Bonn"))]
    model.replies = [
        Reply([text("I ask."), *calls]),
        Reply([call("get_weather", "c9", city="Jena")]),
        Reply([text("Rain.")]),
    ]
    asked: list[str] = []

    @beta_async_tool
    async def get_weather(city: str) -> str:
        """Say how the weather is.

        Args:
            city: Where.
        """
        asked.append(city)
        return f"rain in {city}"

    key = session(sdk, WEATHER)

    async def run() -> list[Any]:
        async with AsyncAnthropic(base_url=server.url, api_key="alpha-key", max_retries=0) as client:
            runner = client.beta.sessions.events.tool_runner(key, tools=[get_weather], max_idle=0.5)
            await client.beta.sessions.events.send(key, events=cast("Any", [message("How is it?")]))
            return [done async for done in runner]

    done = asyncio.run(run())
    assert sorted(asked) == ["Bonn", "Jena", "Kiel"]
    assert len(done) == 3
    assert "rain in Jena" in json.dumps(model.requests[-1]["messages"])
    assert sdk.beta.sessions.retrieve(key).status == "idle"


@pytest.mark.parametrize("reopened", [True, False])
def test_the_guides_loop_answers_what_it_is_asked(sdk: Any, model: MessagesApi, *, reopened: bool) -> None:
    """One stream for all, or, as the guides' loop has it, a new one behind each answer."""
    model.replies = [
        Reply([call("get_weather", "c1", city="Kiel"), call("get_weather", "c2", city="Bonn")]),
        Reply([call("get_weather", "c3", city="Jena")]),
        Reply([text("Rain.")]),
    ]
    key, known, answered = session(sdk, WEATHER), dict[str, Any](), list[str]()
    sdk.beta.sessions.events.send(key, events=[message("How is it?")])
    stream, over = sdk.beta.sessions.events.stream(key), False
    while not over:
        for event in stream:
            known[getattr(event, "id", "")] = event
            if event.type != "session.status_idle":
                continue
            if event.stop_reason.type == "end_turn":
                over = True
                break
            results = [_rain(known[id_]) for id_ in event.stop_reason.event_ids]
            answered += [known[id_].input["city"] for id_ in event.stop_reason.event_ids]
            sdk.beta.sessions.events.send(key, events=results)
            if reopened:
                stream.close()
                stream = sdk.beta.sessions.events.stream(key)
                break
    stream.close()
    assert answered == ["Kiel", "Bonn", "Jena"]
    assert [event.type for event in sdk.beta.sessions.events.list(key)].count("session.status_idle") == 3


def _rain(use: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": f"rain in {use.input['city']}"}]
    return {"type": "user.custom_tool_result", "custom_tool_use_id": use.id, "content": content}
