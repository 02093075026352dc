"""Sessions of Managed Agents on both shapes, by the SDK: a stream begins where its reader means."""

from typing import Any

import pytest
from anthropic import Anthropic

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.shapes import MODEL, Shape


@pytest.fixture
def sdk(shape: Shape) -> Any:
    with shape.client() as client:
        key = client.headers.get("x-api-key") or client.headers["authorization"].removeprefix("Bearer ")
    return Anthropic(base_url=shape.url, api_key=key, max_retries=0)


@pytest.fixture
def session(sdk: Any) -> str:
    agent = sdk.beta.agents.create(name="Ada", model=MODEL)
    environment = sdk.beta.environments.create(name="here")
    return str(sdk.beta.sessions.create(agent=agent.id, environment_id=environment.id).id)


def say(sdk: Any, session: str, words: str) -> None:
    sdk.beta.sessions.events.send(
        session, events=[{"type": "user.message", "content": [{"type": "text", "text": words}]}]
    )


def to_idle(stream: Any) -> list[Any]:
    read = []
    for event in stream:
        read.append(event)
        if event.type == "session.status_idle":
            break
    return read


def test_both_orders_are_shown_their_own_turn(sdk: Any, session: str, model: MessagesApi) -> None:
    model.replies = [Reply([text("Uno")]), Reply([text("Dos")]), Reply([text("Tres")])]
    say(sdk, session, "first")
    while sdk.beta.sessions.events.list(session, types=["agent.message"]).data == []:
        pass
    with sdk.beta.sessions.events.stream(session) as stream:
        assert "Uno" in str(to_idle(stream))
    with sdk.beta.sessions.events.stream(session) as stream:
        say(sdk, session, "second")
        read = to_idle(stream)
    assert [event.content[0].text for event in read if event.type == "agent.message"] == ["Dos"]
    say(sdk, session, "third")
    with sdk.beta.sessions.events.stream(session, event_deltas=["agent.message"]) as stream:
        assert "Tres" in str(to_idle(stream))
    whole = [event.id for event in sdk.beta.sessions.events.list(session)]
    assert [event.id for event in sdk.beta.sessions.events.list(session, limit=4, order="desc")] == whole[::-1]


def test_a_stream_ends_with_the_session(sdk: Any, session: str) -> None:
    with sdk.beta.sessions.events.stream(session) as stream:
        sdk.beta.sessions.archive(session)
        assert [event.type for event in stream][-1] == "session.status_terminated"
