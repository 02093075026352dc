"""Streams over HTTP: their bytes, what becomes of them when they are left, and where a reader may come back."""

import threading
from typing import Any

import httpx
import pytest

from tests.dialects.responses.conftest import client_of
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway_core.dialects.responses import sse

REPORT = "Write a 2-page report on ferries to out/ferries.md"
FILES = {"type": "mcp", "server_label": "walkaway", "require_approval": "never"}


def stream(client: httpx.Client, id_: str, after: str = "") -> str:
    answer = client.get(f"/v1/responses/{id_}?stream=true{after}")
    assert answer.status_code == 200, answer.text
    return answer.text


class Held:
    """A response of a scripted model that waits in the middle of its answer."""

    def __init__(self, server: Running, model: MessagesApi, **asked: Any) -> None:
        self.reply = Reply([text("Once upon a time")], gate=threading.Event())
        model.replies = [self.reply]
        self.client = client_of(server)
        self.made = self.client.responses.create(**{"input": "Tell a story", "background": True, **asked})
        assert self.reply.reached.wait(30)

    def release(self) -> None:
        assert self.reply.gate
        self.reply.gate.set()
        self.client.close()


@pytest.fixture(scope="module")
def whole(server: Running) -> Any:
    """A response with several steps and calls of tools, its stream, and a client."""
    with server.client() as client:
        made = client.post("/v1/responses", json={"input": REPORT, "tools": [FILES], "model": "gpt-4.1"})
        assert made.json()["status"] == "completed", made.text
        yield client, made.json(), stream(client, made.json()["id"])


def test_every_number_gives_the_same_bytes_from_there_on(whole: Any) -> None:
    client, made, text_ = whole
    events = text_.split("\n\n")
    assert [events[-2:], events[-3][:25]] == [["data: [DONE]", ""], "event: response.completed"]
    assert len(events) > 30
    for number in range(len(events) - 2):
        behind = stream(client, made["id"], f"&starting_after={number}")
        assert behind == "\n\n".join(events[number + 1 :])
    assert stream(client, made["id"], "&starting_after=100000") == "data: [DONE]\n\n"


def test_the_bytes_are_those_that_clients_can_read(whole: Any) -> None:
    client, made, text_ = whole
    lines = text_.split("\n")
    assert {line.partition(":")[0] for line in lines} == {"event", "data", ""}, "no ids: a comment would be an event"
    assert text_.endswith("\n\n"), "or the last event is lost"
    with client.stream("GET", f"/v1/responses/{made['id']}?stream=true") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "no-transform" in answer.headers["cache-control"]
        assert answer.headers["x-accel-buffering"] == "no"


def test_the_last_event_has_what_is_retrieved(whole: Any, openai: Any) -> None:
    _, made, _ = whole
    last = list(openai.responses.retrieve(made["id"], stream=True))[-1]
    assert last.response == openai.responses.retrieve(made["id"])
    assert [item.type for item in last.response.output].count("mcp_call") >= 2
    assert last.response.tools[0].server_label == "walkaway"


def test_silence_is_filled(scripted: Running, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT", 0.05)
    held = Held(scripted, model)
    with scripted.client() as client, client.stream("GET", f"/v1/responses/{held.made.id}?stream=true") as answer:
        lines = answer.iter_lines()
        while (line := next(lines)) != ": still here":
            assert line[:1] in ("e", "d", "")
        held.release()
        assert [line for line in lines if line][-1] == "data: [DONE]"


def test_an_answer_that_takes_long_is_white_space_first(
    scripted: Running, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT", 0.05)
    reply = Reply([text("Once upon a time")], gate=threading.Event())
    model.replies = [reply]
    assert reply.gate
    body = {"input": "Tell a story"}
    with scripted.client() as client, client.stream("POST", "/v1/responses", json=body) as answer:
        pieces = answer.iter_text()
        assert (answer.headers["content-type"], next(pieces)) == ("application/json", " \n")
        reply.gate.set()
        assert "".join(pieces).lstrip().startswith('{"id":"resp_')


def test_a_number_that_has_not_come_is_refused(scripted: Running, model: MessagesApi) -> None:
    held = Held(scripted, model)
    with scripted.client() as client:
        answer = client.get(f"/v1/responses/{held.made.id}?stream=true&starting_after=1000")
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "starting_after")
        held.release()


def test_who_goes_away_does_not_end_it(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("Once upon a time")], gate=threading.Event())
    model.replies = [reply]
    assert reply.gate
    with (
        scripted.client() as client,
        client.stream("POST", "/v1/responses", json={"input": "Go", "stream": True}) as got,
    ):
        first = next(got.iter_lines())
    assert first == "event: response.created"
    assert reply.reached.wait(30)
    reply.gate.set()
    with scripted.client() as client:
        turns = client.get(f"/v1/sessions/{client.get('/v1/sessions').json()[0]['id']}/responses?limit=1").json()
        name = turns[0]["session_id"][5:] + turns[0]["id"][4:]
        assert stream(client, f"resp_{name}").count("Once upon a time") >= 1


def test_cancelling_ends_every_reader_first(scripted: Running, model: MessagesApi) -> None:
    held = Held(scripted, model)
    got: list[str] = []

    def follow() -> None:
        with scripted.client() as client:
            got.append(stream(client, held.made.id))

    reader = threading.Thread(target=follow)
    reader.start()
    cancelled = held.client.responses.cancel(held.made.id)
    reader.join(30)
    assert cancelled.status == "cancelled"
    assert ["event: response.failed" in got[0], '"status":"cancelled"' in got[0]] == [True, True]
    held.release()


def test_what_was_begun_in_the_sessions_api_is_a_response(client: httpx.Client, openai: Any) -> None:
    session = client.post("/v1/sessions", json={}).json()["id"]
    turn = client.post(f"/v1/sessions/{session}/messages", json={"message": REPORT}).headers["x-response-id"]
    id_ = f"resp_{session[5:]}{turn[4:]}"
    read = openai.responses.retrieve(id_)
    assert (read.status, read.walkaway["turn_id"], read.model) == ("completed", turn, "")
    assert list(openai.responses.retrieve(id_, stream=True))[-1].response == read
    items = openai.responses.input_items.list(id_).data
    assert items[0].content[0].text == REPORT


def test_nobody_else_finds_it(whole: Any, stranger: httpx.Client) -> None:
    _, made, _ = whole
    base = f"/v1/responses/{made['id']}"
    for method, path in (("GET", base), ("GET", f"{base}?stream=true"), ("DELETE", base), ("POST", f"{base}/cancel")):
        assert stranger.request(method, path).status_code == 404
    assert stranger.get(f"{base}/input_items").status_code == 404
    asked = {"input": "Go on", "previous_response_id": made["id"]}
    assert stranger.post("/v1/responses", json=asked).json()["error"]["code"] == "previous_response_not_found"
    reference = {"input": [{"type": "item_reference", "id": made["output"][-1]["id"]}]}
    assert stranger.post("/v1/responses", json=reference).status_code == 404
