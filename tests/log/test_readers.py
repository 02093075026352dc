"""A turn's log from any cursor, live and later, as a stream and as JSON (contract A.6, A.7)."""

import threading

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running

POEM = "Write a short poem about rivers."


def events_url(session: str, response: str) -> str:
    return f"/v1/sessions/{session}/responses/{response}/events"


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
