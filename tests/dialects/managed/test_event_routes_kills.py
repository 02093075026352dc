"""SIGKILL of a real server in the middle of a stream: who comes back behind any event gets the rest of the whole."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anthropic import Anthropic

from tests.dialects.managed.test_event_routes import VERSION, Event, made, stream, types
from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.restarts import Restarted, restarted

ASKS = [text("I look at the weather of Kiel, and then I say it."), call("get_weather", city="Kiel")]


@pytest.fixture
def dies(tmp_path: Path, model: MessagesApi) -> Iterator[Restarted]:
    """A server that may die."""
    with restarted(tmp_path / "data", ANTHROPIC_BASE_URL=model.url, WALKAWAY_MODEL="test-model") as server:
        yield server


def follow(server: Restarted, session: str, after: str = "") -> Iterator[Event]:
    """Follow a session behind an event, or from its beginning, until the connection is torn."""
    path = f"{server.url}{stream(session)}?after={after}&event_deltas[]=agent.message"
    try:
        with httpx.stream("GET", path, headers=VERSION, timeout=60) as answered:
            assert answered.status_code == 200, answered.read()
            yield from sse.blocks(answered.iter_lines())
    except httpx.TransportError:
        return


def upto(events: Iterator[Event], type_: str, times: int = 1) -> list[Event]:
    """Read up to an event of a type, for the so-many-th time."""
    read: list[Event] = []
    while types(read).count(type_) < times:
        read.append(next(events))
    return read


def test_behind_each_event_comes_the_rest_of_the_whole_after_two_kills(dies: Restarted, model: MessagesApi) -> None:
    held = Reply(ASKS, gate=threading.Event())
    model.replies = [held, Reply(ASKS), Reply([text("Rain.")])]
    with Anthropic(base_url=dies.url, api_key="none", max_retries=0) as client:
        sdk: Any = client
        session = made(sdk)
        sdk.beta.sessions.events.send(session, events=[{"type": "user.message", "content": ASKS[:1]}])
        assert held.reached.wait(30)
        read = upto(reading := follow(dies, session), "event_delta")
        dies.restart()
        assert [*reading] == []
        held.gate.set()  # type: ignore[union-attr]
        read += upto(follow(dies, session, read[-1][0]), "session.status_idle")
        dies.restart()
        result = [{"type": "text", "text": "rain"}]
        asked = next(data["id"] for _, type_, data in read if type_ == "agent.custom_tool_use")
        answer = {"type": "user.custom_tool_result", "custom_tool_use_id": asked, "content": result}
        sdk.beta.sessions.events.send(session, events=[answer])
        read += upto(follow(dies, session, read[-1][0]), "session.status_idle")
    assert upto(follow(dies, session), "session.status_idle", 2) == read
    sent = {(type_, data["id"]) for _, type_, data in read if type_.startswith("user.")}
    assert sorted(type_ for type_, _ in sent) == ["user.custom_tool_result", "user.message"]
    for number, (cursor, _, _) in enumerate(read[:-1]):
        left = read[number + 1 :]
        rests = types(left).count("session.status_idle")
        assert upto(follow(dies, session, cursor), "session.status_idle", rests) == left
