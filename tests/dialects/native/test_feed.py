"""What happens to all sessions of a tenant, over HTTP."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import Asking, output, time_call
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway_wire.settings import SettingsRecord

URL = "/v1/events"


def everything(client: httpx.Client, after: str = "", **asked: str) -> list[dict[str, Any]]:
    """Read all pages; each thing once."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        page = client.get(URL, params={"after": after, "limit": "3", **asked}).json()
        new = {each["id"]: each for each in page["events"] if each["id"] not in found}
        found |= new
        if not new:
            return list(found.values())
        after = page["next"]


def frames(answer: httpx.Response) -> Iterator[tuple[str, str, dict[str, Any]]]:
    assert answer.headers["content-type"].startswith("text/event-stream")
    return sse.blocks(answer.iter_lines())


def test_it_has_what_happens_to_sessions_and_turns(own: httpx.Client, model: MessagesApi) -> None:
    model.replies = [Reply([text("hello")])]
    session = sse.new(own)
    turn = sse.send(own, session, "Say hello")[-1].data["id"]
    own.patch(f"/v1/sessions/{session}", json={"title": "Greetings", "metadata": {"a": 1}})
    own.delete(f"/v1/sessions/{session}")
    told = everything(own)
    assert [each["type"] for each in told] == [
        "session.created", "turn.started", "turn.completed", "session.updated", "session.deleted"
    ]  # fmt: skip
    assert [each["sequence"] for each in told] == [1, 2, 3, 4, 5]
    created, started, completed, updated, _ = (each["data"] for each in told)
    assert created == {"session_id": session, "agent": None, "title": ""}
    assert started == {"session_id": session, "id": turn, "agent": None, "title": "Say hello"}
    assert completed == started
    assert (updated["changed"], updated["title"]) == (["title", "metadata"], "Say hello")


def test_it_has_the_turns_records_where_they_are_asked_for(own: httpx.Client, model: MessagesApi) -> None:
    model.replies = [Reply([text("hello")])]
    session = sse.new(own)
    turn = sse.send(own, session, "Say hello")[-1].data["id"]
    record = own.get(f"/v1/sessions/{session}/responses/{turn}").json()
    stands = {name: value for name, value in record.items() if name not in SettingsRecord.model_fields}
    for told in everything(own, expand="turn"):
        if told["type"].startswith("turn."):
            assert told["data"].items() >= stands.items()
            assert not told["data"].keys() & SettingsRecord.model_fields.keys()
        else:
            assert "output_text" not in told["data"]


def test_a_pause_is_told_with_its_calls_and_its_end(own: httpx.Client, model: MessagesApi) -> None:
    agent = own.post("/v1/agents", json={"name": "timer"}).json()["id"]
    asking = Asking(own, model, time_call("c1"), agent="timer")
    pending = asking.pending()
    asking.send("And then?", on_busy="enqueue")
    model.replies.append(Reply([text("then")]))
    asking.answer(output("c1", "12:04"))
    kinds: dict[str, dict[str, Any]] = {}
    cursor = ""
    while "turn.completed" not in kinds:
        page = own.get(URL, params={"after": cursor, "wait": "10"}).json()
        kinds |= {each["type"]: each["data"] for each in page["events"]}
        cursor = page["next"]
    assert kinds["turn.awaiting_tools"]["tool_calls"] == pending
    assert kinds["turn.awaiting_tools"]["agent"] == agent
    assert kinds["turn.resumed"]["id"] == kinds["turn.awaiting_tools"]["id"] == asking.turn
    assert kinds["turn.resumed"]["step"] == 1
    assert kinds["turn.queued"]["id"] not in ("", asking.turn)


def test_who_waits_is_answered_when_something_happens(own: httpx.Client) -> None:
    cursor = own.get(URL, params={"after": "now"}).json()["next"]
    assert own.get(URL, params={"after": cursor, "wait": "0.05"}).json()["events"] == []
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(own.get, URL, params={"after": cursor, "wait": "25"})
        session = sse.new(own)
        page = answer.result(24).json()
    assert [each["data"]["session_id"] for each in page["events"]] == [session]


def test_a_stream_goes_on_where_it_was_left(own: httpx.Client) -> None:
    with own.stream("GET", URL) as answer:
        reading = frames(answer)
        first = sse.new(own)
        cursor, kind, told = next(reading)
        assert (kind, told["data"]["session_id"]) == ("session.created", first)
    second = sse.new(own)
    with own.stream("GET", URL, headers={"Last-Event-ID": cursor}) as answer:
        _, _, told = next(frames(answer))
        assert told["data"]["session_id"] == second
    with own.stream("GET", URL) as answer:
        reading = frames(answer)
        both = [next(reading), next(reading)]
    with own.stream("GET", URL, headers={"Last-Event-ID": both[0][0]}) as answer:
        reading = frames(answer)
        assert {next(reading)[2]["id"] for _ in both} == {told["id"] for _, _, told in both}, "one may come again"


def test_it_is_one_tenants(scripted: Running, own: httpx.Client) -> None:
    session = sse.new(own)
    with scripted.client("beta-key") as stranger:
        assert everything(stranger) == []
        cursor = own.get(URL, params={"after": ""}).json()["next"]
        assert stranger.get(URL, params={"after": cursor}).json()["events"] == []
        assert session not in json.dumps(everything(stranger))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"after": "evt_1"}, "cursor.invalid"),
        ({"after": "then"}, "cursor.invalid"),
        ({"expand": "all"}, "invalid_request"),
        ({"wait": "26"}, "invalid_request"),
        ({"type": "turn.completed"}, "invalid_request"),
    ],
)
def test_what_is_wrong_is_refused(client: httpx.Client, asked: dict[str, str], code: str) -> None:
    answer = client.get(URL, params=asked)
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert client.get(URL, headers={"Authorization": "Bearer no"}).status_code == 401
