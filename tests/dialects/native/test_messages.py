"""Sending a message and reading its stream (contract A.5)."""

import threading
import time

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway_wire.events import MEANINGS, TERMINAL

POEM = "Write a short poem about rivers."


def events_url(session: str, response: str) -> str:
    return f"/v1/sessions/{session}/responses/{response}/events"


@pytest.fixture
def session(client: httpx.Client) -> str:
    return sse.new(client, persistent=True)


def test_a_stream_tells_the_whole_turn_in_numbered_events(client: httpx.Client, session: str) -> None:
    before = round(time.time(), 3) - 0.001
    with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": POEM}) as answer:
        response = answer.headers["x-response-id"]
        assert answer.headers["cache-control"] == "no-store"
        events = sse.read(answer)
    assert [event.id for event in events] == list(range(len(events)))
    assert events[0].event == "message.created"
    created = {"id": response, "session_id": session, "status": "in_progress", "sequence_number": 0}
    assert events[0].data == {**created, "at": events[0].data["at"]}
    times = [event.data["at"] for event in events]
    assert times == sorted(times), "each event says when it was written"
    assert before <= times[0] <= times[-1] <= time.time()
    kinds = [event.event for event in events]
    assert kinds[1:3] == ["step.started", "text.start"]
    assert kinds[-3:] == ["text.stop", "step.completed", "message.completed"]
    assert set(kinds) <= set(MEANINGS)
    assert sum(kind in TERMINAL for kind in kinds) == 1
    assert "rivers" in sse.text(events)
    assert events[-1].data["id"] == response
    assert events[-1].data["status"] == "completed"
    assert events[-1].data["usage"]["output_tokens"] > 0


def test_a_tool_call_shows_its_input_its_start_and_its_result(client: httpx.Client, session: str) -> None:
    events = sse.send(client, session, "Write a memo on tides to tides.md")
    start = next(event for event in events if event.event == "tool_use.start" and event.data["name"] == "write_file")
    executing = next(e for e in events if e.event == "tool_use.executing" and e.data["id"] == start.data["id"])
    result = next(e for e in events if e.event == "tool_result" and e.data["id"] == start.data["id"])
    assert executing.data["input"]["path"] == "tides.md"
    assert result.data["is_error"] is False
    assert start.id < executing.id < result.id


def test_thinking_is_shown_when_asked_for(client: httpx.Client) -> None:
    session = sse.new(client, thinking=True)
    kinds = {event.event for event in sse.send(client, session, POEM)}
    assert {"thinking.start", "thinking.delta", "thinking.stop"} <= kinds
    assert not {e.event for e in sse.send(client, sse.new(client), POEM)} & {"thinking.start", "thinking.delta"}


def test_respond_async_answers_at_once_with_where_to_look(client: httpx.Client, session: str) -> None:
    url = f"/v1/sessions/{session}/messages"
    answer = client.post(url, json={"message": POEM}, headers={"Prefer": "respond-async"})
    body = answer.json()
    assert answer.status_code == 202
    assert answer.headers["x-response-id"] == body["response_id"]
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.headers["location"] == body["events_url"]
    assert sse.read(client.get(body["events_url"]))[-1].event == "message.completed"


def test_a_second_message_while_busy_is_refused(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("busy with this")], gate=threading.Event())
    model.replies = [reply, Reply([text("now")])]
    with scripted.client() as client:
        session = sse.new(client)
        url = f"/v1/sessions/{session}/messages"
        first = client.post(url, json={"message": "one"}, headers={"Prefer": "respond-async"}).json()
        answer = client.post(url, json={"message": "two"})
        assert (answer.status_code, answer.json()["error"]) == (409, "session.busy")
        assert first["response_id"] in answer.json()["message"]
        reply.gate.set()  # type: ignore[union-attr]
        sse.read(client.get(first["events_url"]))
        assert sse.text(sse.send(client, session, "two")) == "now"


def test_busy_is_released_no_later_than_the_terminal_event_is_seen(client: httpx.Client) -> None:
    for _ in range(20):
        session = sse.new(client)
        with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": POEM}) as answer:
            for event in sse.parse(answer.iter_lines()):
                if event.event in TERMINAL:
                    assert client.get(f"/v1/sessions/{session}").json()["busy"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"message": ""},
        {"message": " \n"},
        {"message": 5},
        {},
        {"message": "x", "stream": True},
        {"message": "x" * 1_000_001},
    ],
)
def test_a_wrong_message_is_refused_and_starts_nothing(
    client: httpx.Client, session: str, body: dict[str, object]
) -> None:
    answer = client.post(f"/v1/sessions/{session}/messages", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert client.get(f"/v1/sessions/{session}/responses").json() == []
