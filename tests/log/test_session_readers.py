"""A session's events over all its turns, with one cursor."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running

Seen = tuple[str, str, dict[str, Any]]


def follow(client: httpx.Client, session: str, count: int, after: str = "") -> list[Seen]:
    """Follow live until so many events have come."""
    headers = {"Last-Event-ID": after} if after else {}
    with client.stream("GET", f"/v1/sessions/{session}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = sse.blocks(answer.iter_lines())
        return [next(events) for _ in range(count)]


def change(client: httpx.Client, session: str, **metadata: Any) -> None:
    assert client.patch(f"/v1/sessions/{session}", json={"metadata": metadata}).status_code == 200


def test_turns_and_what_lies_between_them_come_in_one_order(client: httpx.Client, session: str) -> None:
    change(client, session, before=1)
    first = sse.send(client, session, "Write a poem about rain.")
    change(client, session, between=2)
    second = sse.send(client, session, "Write a poem about snow.")
    one, two = first[0].data["id"], second[0].data["id"]
    found = sse.pages(client, session, 1000)
    expected = [(f"{session}:0", "metadata.updated"), (f"{session}:1", "turn.started")]
    expected += [(f"{one}:{event.id}", event.event) for event in first]
    expected += [(f"{session}:2", "metadata.updated"), (f"{session}:3", "turn.started")]
    expected += [(f"{two}:{event.id}", event.event) for event in second]
    assert [(event["id"], event["event"]) for event in found] == expected
    assert [event["data"] for event in found if event["response_id"] == two] == [event.data for event in second]
    assert found[1]["data"] == {"response_id": one, "sequence_number": 1, "at": found[1]["data"]["at"]}
    assert (found[0]["response_id"], found[0]["data"]["changes"]) == (None, {"before": 1})


def test_pages_of_any_size_and_streams_from_any_cursor_are_the_same(client: httpx.Client, session: str) -> None:
    change(client, session, a=1)
    for topic in ("rain", "snow"):
        sse.send(client, session, f"Write a poem about {topic}.")
        change(client, session, topic=topic)
    whole = sse.pages(client, session, 1000)
    assert [sse.pages(client, session, limit) for limit in (1, 7)] == [whole, whole]
    stream = [(event["id"], event["event"], event["data"]) for event in whole]
    for begin in range(0, len(whole), 5):
        cursor = whole[begin]["id"]
        rest = stream[begin + 1 :]
        assert follow(client, session, len(rest), cursor) == rest
        assert sse.pages(client, session, 1000, cursor) == whole[begin + 1 :]


def test_a_follower_sees_turns_begin_wait_and_change_the_metadata(scripted: Running, model: MessagesApi) -> None:
    held = Reply([text("one")], gate=threading.Event())
    model.replies = [held, Reply([text("two")])]
    with scripted.client() as client, ThreadPoolExecutor(1) as pool:
        session = sse.new(client, persistent=True)
        url = f"/v1/sessions/{session}/messages"
        reader = pool.submit(follow, client, session, 19)
        change(client, session, idle=True)
        first = client.post(url, json={"message": "one"}, headers={"Prefer": "respond-async"}).json()["response_id"]
        assert held.reached.wait(10)
        change(client, session, busy=True)
        queued = {"message": "two", "on_busy": "enqueue"}
        second = client.post(url, json=queued, headers={"Prefer": "respond-async"}).json()["response_id"]
        held.gate.set()  # type: ignore[union-attr]
        seen = reader.result(30)
    kinds = [(cursor.partition(":")[0], kind) for cursor, kind, _ in seen]
    assert kinds[:3] == [(session, "metadata.updated"), (session, "turn.started"), (first, "message.created")]
    assert (first, "metadata.updated") in kinds
    assert kinds.index((session, "turn.started"), 3) == kinds.index((first, "message.completed")) + 1
    assert kinds[-1] == (second, "message.completed")
    assert (second, "turn.queued") in kinds


def test_json_waits_for_the_first_event(client: httpx.Client, session: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        url = f"/v1/sessions/{session}/events"
        page = pool.submit(lambda: client.get(url, params={"wait": 20, "after": ""}).json())
        change(client, session, now=1)
        assert [event["event"] for event in page.result(30)["events"]] == ["metadata.updated"]


def test_a_stream_ends_with_its_session(client: httpx.Client, session: str) -> None:
    with client.stream("GET", f"/v1/sessions/{session}/events") as answer:
        client.delete(f"/v1/sessions/{session}")
        assert list(sse.blocks(answer.iter_lines())) == []
    assert client.get(f"/v1/sessions/{session}/events").status_code == 404


def test_a_cursor_that_is_none_is_refused(client: httpx.Client, session: str) -> None:
    events = sse.send(client, session, "Write a poem about rain.")
    other = sse.new(client)
    turn = events[0].data["id"]
    wrong = ["x", "41", f"{turn}", f"{turn}:99", f"{turn}:-1", f"{session}:1", f"{other}:0", "msg_0:0", f"{turn}:0\n"]
    for cursor in wrong:
        answer = client.get(f"/v1/sessions/{session}/events", params={"after": cursor})
        assert (answer.status_code, answer.json()["error"]) == (400, "cursor.invalid"), cursor


def test_another_tenant_sees_nothing(client: httpx.Client, stranger: httpx.Client, session: str) -> None:
    events = sse.send(client, session, "Write a poem about rain.")
    cursor = f"{events[0].data['id']}:0"
    for params in ({}, {"after": cursor}):
        assert stranger.get(f"/v1/sessions/{session}/events", params=params).status_code == 404
    own = sse.new(stranger)
    assert stranger.get(f"/v1/sessions/{own}/events", params={"after": cursor}).status_code == 400
