"""Sending a message, its stream, resuming it, reading it as JSON (contract A.5 to A.7)."""

import threading
from collections.abc import Callable

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway_wire.events import MEANINGS, TERMINAL

POEM = "Write a short poem about rivers."


def events_url(session: str, response: str) -> str:
    return f"/v1/sessions/{session}/responses/{response}/events"


@pytest.fixture
def session(client: httpx.Client) -> str:
    return sse.new(client, persistent=True)


def test_a_stream_tells_the_whole_turn_in_numbered_events(client: httpx.Client, session: str) -> None:
    with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": POEM}) as answer:
        response = answer.headers["x-response-id"]
        assert answer.headers["cache-control"] == "no-store"
        events = sse.read(answer)
    assert [event.id for event in events] == list(range(len(events)))
    assert events[0].event == "message.created"
    assert events[0].data == {"id": response, "session_id": session, "status": "in_progress", "sequence_number": 0}
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


Resume = Callable[[httpx.Client, str, int], httpx.Response]


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_finished_log_replays_from_every_cursor(client: httpx.Client, session: str, way: str) -> None:
    events = sse.send(client, session, POEM)
    url = events_url(session, events[0].data["id"])
    assert sse.read(client.get(url)) == events
    for cursor in range(len(events) - 1):
        if way == "header":
            answer = client.get(url, headers={"Last-Event-ID": str(cursor)})
        else:
            answer = client.get(url, params={"last_event_id": cursor})
        assert sse.read(answer) == events[cursor + 1 :]
    answer = client.get(url, headers={"Last-Event-ID": str(len(events) - 1)})
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_header_wins_over_the_query(client: httpx.Client, session: str) -> None:
    events = sse.send(client, session, POEM)
    url = events_url(session, events[0].data["id"])
    answer = client.get(url, headers={"Last-Event-ID": "4"}, params={"last_event_id": 1})
    assert sse.read(answer)[0].id == 5


@pytest.mark.parametrize("cursor", ["x", "1.5", "-2", "99999", "٣", "1e3", " 1 2", "9" * 30])
def test_a_cursor_that_is_no_place_in_the_log_is_refused(client: httpx.Client, session: str, cursor: str) -> None:
    response = sse.send(client, session, POEM)[0].data["id"]
    for params in ({"last_event_id": cursor}, {"after": cursor}):
        answer = client.get(events_url(session, response), params=params)
        assert (answer.status_code, answer.json()["error"]) == (400, "cursor.invalid")


def test_the_log_is_read_as_json_in_pages(client: httpx.Client, session: str) -> None:
    events = sse.send(client, session, POEM)
    url = events_url(session, events[0].data["id"])
    seen, after, done = [], -1, False
    while not done:
        page = client.get(url, params={"after": after, "limit": 3}).json()
        assert 1 <= len(page["events"]) <= 3
        seen += page["events"]
        after, done = page["next"], page["done"]
    assert seen == [{"id": e.id, "event": e.event, "data": e.data} for e in events]
    again = client.get(url, params={"after": after}).json()
    assert again == {"events": [], "next": after, "done": True}


@pytest.mark.parametrize(
    ("headers", "params", "kind"),
    [
        ({}, {}, "text/event-stream"),
        ({"Accept": "application/json"}, {}, "application/json"),
        ({"Accept": "text/event-stream"}, {"limit": "5"}, "text/event-stream"),
        ({}, {"wait": "0"}, "application/json"),
        ({"Accept": "application/json"}, {"format": "sse"}, "text/event-stream"),
    ],
)
def test_the_form_of_the_log_follows_what_is_asked_for(
    client: httpx.Client, session: str, headers: dict[str, str], params: dict[str, str], kind: str
) -> None:
    response = sse.send(client, session, POEM)[0].data["id"]
    answer = client.get(events_url(session, response), headers=headers, params=params)
    assert answer.headers["content-type"].startswith(kind)


def test_a_json_reader_can_wait_for_the_next_event(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("one two three")], gate=threading.Event())
    model.replies = [reply]
    with scripted.client() as client:
        session = sse.new(client)
        body = client.post(
            f"/v1/sessions/{session}/messages", json={"message": "go"}, headers={"Prefer": "respond-async"}
        ).json()
        assert reply.reached.wait(20)
        url, after = events_url(session, body["response_id"]), -1
        while (page := client.get(url, params={"after": after, "wait": "20"}).json())["next"] < 3:
            after = page["next"]
        after = page["next"]
        assert page["events"][-1]["event"] == "text.delta"
        nothing = client.get(url, params={"after": after, "wait": "0.05"}).json()
        assert nothing == {"events": [], "next": after, "done": False}
        threading.Timer(0.1, reply.gate.set).start()  # type: ignore[union-attr]
        page = client.get(url, params={"after": after, "wait": "20"}).json()
        assert page["events"][0]["id"] == after + 1


def test_a_turn_goes_on_when_its_reader_leaves_and_can_be_followed_from_there(
    scripted: Running, model: MessagesApi
) -> None:
    reply = Reply([text("said before the cut, and after it")], gate=threading.Event())
    model.replies = [reply]
    with scripted.client() as client:
        session = sse.new(client, persistent=True)
        with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": "go"}) as answer:
            response = answer.headers["x-response-id"]
            seen = []
            for event in sse.parse(answer.iter_lines()):
                seen.append(event)
                if event.event == "text.delta":
                    break
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is True
        reply.gate.set()  # type: ignore[union-attr]
        rest = sse.read(client.get(events_url(session, response), headers={"Last-Event-ID": str(seen[-1].id)}))
        assert [event.id for event in seen + rest] == list(range(len(seen + rest)))
        assert sse.text(seen + rest) == "said before the cut, and after it"
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is False


def test_several_readers_get_the_same_events_live(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("the same for everyone")], gate=threading.Event())
    model.replies = [reply]
    with scripted.client() as client:
        session = sse.new(client)
        prefer = {"Prefer": "return=minimal, respond-async"}
        url = f"/v1/sessions/{session}/messages"
        response = client.post(url, json={"message": "go"}, headers=prefer).json()["response_id"]
        assert reply.reached.wait(20)
        found: list[list[sse.Seen]] = []

        def follow() -> None:
            found.append(sse.read(client.get(events_url(session, response))))

        readers = [threading.Thread(target=follow) for _ in range(5)]
        for reader in readers:
            reader.start()
        reply.gate.set()  # type: ignore[union-attr]
        for reader in readers:
            reader.join()
        assert len(found) == 5
        assert all(events == found[0] for events in found)
        assert found[0][-1].event == "message.completed"


def test_silence_is_filled_with_comments(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("later")], gate=threading.Event())
    model.replies = [reply]
    with scripted.client() as client:
        session = sse.new(client)
        with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": "go"}) as answer:
            for line in answer.iter_lines():
                if line.startswith(":"):
                    reply.gate.set()  # type: ignore[union-attr]
                if line == "event: message.completed":
                    break
        assert reply.gate.is_set()  # type: ignore[union-attr]


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


def test_the_conversation_is_read_in_order_and_in_pages(scripted: Running, model: MessagesApi) -> None:
    model.replies = [
        Reply([text("I list."), call("list_files")]),
        Reply([text("Nothing there.")]),
        Reply([text("Bye.")]),
    ]
    with scripted.client() as client:
        session = sse.new(client)
        sse.send(client, session, "What is there?")
        sse.send(client, session, "Thanks.")
        url = f"/v1/sessions/{session}/messages"
        said = client.get(url).json()
        assert [entry["role"] for entry in said] == ["user", "assistant", "tool", "assistant", "user", "assistant"]
        assert said[0]["content"] == [{"type": "text", "text": "What is there?"}]
        assert said[2]["content"][0]["tool_use_id"] == "toolu_1"
        newest = client.get(url, params={"limit": 4})
        assert newest.json() == said[2:]
        older = client.get(url, params={"limit": 4, "after": newest.headers["x-next-cursor"]})
        assert older.json() == said[:2]
        assert "x-next-cursor" not in older.headers


def test_the_model_sees_the_whole_conversation_and_the_instructions(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("list_files")]), Reply([text("first answer")]), Reply([text("second")])]
    with scripted.client() as client:
        session = sse.new(client, instructions="Answer like a pirate.")
        sse.send(client, session, "first")
        sse.send(client, session, "second")
    last = model.requests[-1]
    assert last["system"][0]["text"].endswith("Answer like a pirate.")
    assert [message["role"] for message in last["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    assert last["messages"][2]["content"][0]["type"] == "tool_result"
    assert last["messages"][4]["content"][0]["text"] == "second"


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


def test_an_empty_answer_does_not_spoil_the_conversation(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([]), Reply([text(" ")]), Reply([text("at last")])]
    with scripted.client() as client:
        session = sse.new(client)
        for _ in range(2):
            assert sse.send(client, session, "say something")[-1].event == "message.completed"
        assert sse.text(sse.send(client, session, "say something")) == "at last"
    assert all(block["text"].strip() for message in model.requests[-1]["messages"] for block in message["content"])


SENTENCES = [
    "quotes \" and ' and \\ backslashes",
    "line\nbreaks\r\nand\rreturns",
    "separators \u2028 and \u2029 and \x85",
    "emoji 👩‍👩‍👧‍👦 and combining é",
    "event: message.completed\ndata: {}\n\nid: 99",
    "\x00\x01\x1f control",
    " leading and trailing ",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_text_arrives_unchanged(scripted: Running, model: MessagesApi, sentence: str) -> None:
    model.replies = [Reply([text(sentence)], pieces=3)]
    with scripted.client() as client:
        session = sse.new(client)
        events = sse.send(client, session, sentence)
        assert sse.text(events) == sentence
        said = client.get(f"/v1/sessions/{session}/messages").json()
        assert [entry["content"][0]["text"] for entry in said] == [sentence, sentence]


def test_texts_larger_than_an_item_survive_everywhere(scripted: Running, model: MessagesApi) -> None:
    long = "0123456789" * 60_000
    reply = Reply([text("I read."), call("write_file", path="long.txt", content=long)], pieces=100_000)
    model.replies = [reply, Reply([text(long)], pieces=50_000)]
    with scripted.client() as client:
        session = sse.new(client)
        events = sse.send(client, session, long)
        executing = next(event for event in events if event.event == "tool_use.executing")
        assert executing.data["input"]["content"] == long
        assert sse.text(events).endswith(long)
        assert sse.read(client.get(events_url(session, events[0].data["id"]))) == events
        said = client.get(f"/v1/sessions/{session}/messages").json()
        assert said[0]["content"][0]["text"] == said[-1]["content"][0]["text"] == long
        record = client.get(f"/v1/sessions/{session}/responses").json()[0]
        assert record["output_text"] == long
