"""What becomes of a message to a busy session, over HTTP: refused, queued, steering, interrupting."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings

ASYNC = {"Prefer": "respond-async"}


class Busy:
    """A session whose turn waits in the middle of its first answer."""

    def __init__(self, client: httpx.Client, model: MessagesApi, *answers: str) -> None:
        self.client = client
        self.held = Reply([text("first answer")], gate=threading.Event())
        model.replies = [self.held, *(Reply([text(answer)]) for answer in answers)]
        self.session = sse.new(client, persistent=True)
        self.first = self.send("first").json()["response_id"]
        assert self.held.reached.wait(10)

    def send(self, message: str, on_busy: str | None = None, **headers: str) -> httpx.Response:
        body = {"message": message} | ({"on_busy": on_busy} if on_busy else {})
        return self.client.post(f"/v1/sessions/{self.session}/messages", json=body, headers=ASYNC | headers)

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/sessions/{self.session}").json()
        return found

    def turn(self, response: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/sessions/{self.session}/responses/{response}").json()
        return found

    def events(self, response: str, after: int = -1) -> list[sse.Seen]:
        url = f"/v1/sessions/{self.session}/responses/{response}/events"
        return sse.read(self.client.get(url, headers={"Last-Event-ID": str(after)}))

    def go_on(self) -> None:
        assert self.held.gate
        self.held.gate.set()


@pytest.fixture
def client(scripted: Running) -> Iterator[httpx.Client]:
    with scripted.client() as found:
        yield found


def test_a_refusal_names_the_turn_and_says_when_to_come_again(client: httpx.Client, model: MessagesApi) -> None:
    busy = Busy(client, model)
    for on_busy in (None, "reject"):
        refused = busy.send("second", on_busy)
        assert (refused.status_code, refused.json()["error"]) == (409, "session.busy")
        assert refused.json()["response_id"] == busy.first
        assert int(refused.headers["retry-after"]) > 0
    busy.go_on()


def test_what_waits_is_seen_and_runs_in_its_turn(client: httpx.Client, model: MessagesApi) -> None:
    busy = Busy(client, model, "second answer", "third answer")
    second, third = (busy.send(word, "enqueue").json() for word in ("second", "third"))
    assert (second["status"], second["outcome"], second["after"]) == ("queued", "queued", -1)
    assert busy.record()["queue"] == [second["response_id"], third["response_id"]]
    waiting = busy.turn(third["response_id"])
    assert (waiting["status"], waiting["started_at"]) == ("queued", None)
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(busy.events, third["response_id"])
        busy.go_on()
        events = reader.result(30)
    assert [event.event for event in events[:2]] == ["message.created", "turn.queued"]
    assert (events[1].data["place"], events[1].data["behind"]) == (2, busy.first)
    assert sse.text(events) == "third answer"
    assert sse.text(busy.events(second["response_id"])) == "second answer"
    done = busy.turn(third["response_id"])
    assert done["status"] == "completed"
    assert done["created_at"] < done["started_at"] < done["ended_at"]
    assert (busy.record()["busy"], busy.record()["queue"]) == (False, [])
    said = client.get(f"/v1/sessions/{busy.session}/messages").json()
    assert [entry["response_id"] for entry in said] == [
        response for response in (busy.first, second["response_id"], third["response_id"]) for _ in range(2)
    ]


def test_what_waits_can_be_cancelled(client: httpx.Client, model: MessagesApi) -> None:
    busy = Busy(client, model)
    second = busy.send("second", "enqueue").json()["response_id"]
    url = f"/v1/sessions/{busy.session}/responses/{second}/cancel"
    assert (client.post(url).status_code, client.post(url).status_code) == (202, 200)
    assert busy.record()["queue"] == []
    assert busy.events(second)[-1].event == "message.cancelled"
    busy.go_on()
    assert busy.events(busy.first)[-1].event == "message.completed"
    assert busy.turn(second)["status"] == "cancelled"


def test_a_full_queue_is_a_409_of_its_own(model: MessagesApi, tmp_path: Any) -> None:
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, queue_limit=1)
    with running(tmp_path / "data", settings) as server, server.client() as client:
        busy = Busy(client, model)
        assert busy.send("second", "enqueue").status_code == 202
        refused = busy.send("third", "enqueue")
        assert (refused.status_code, refused.json()["error"]) == (409, "session.queue_full")
        assert (refused.json()["response_id"], "retry-after" in refused.headers) == (busy.first, True)
        client.delete(f"/v1/sessions/{busy.session}")
        busy.go_on()


def test_steering_answers_with_the_turn_that_took_it(client: httpx.Client, model: MessagesApi) -> None:
    busy = Busy(client, model, "en français")
    steered = busy.send("in French, please", "steer").json()
    assert (steered["response_id"], steered["outcome"], steered["status"]) == (busy.first, "steered", "in_progress")
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(busy.events, busy.first, steered["after"])
        busy.go_on()
        events = reader.result(30)
    assert (events[0].event, events[0].data["message"]) == ("turn.steered", "in French, please")
    assert events[-1].event == "message.completed"
    assert busy.turn(busy.first)["output_text"] == "en français"
    asked = model.requests[-1]["messages"][-1]
    assert (asked["role"], asked["content"][0]["text"]) == ("user", "in French, please")


def test_a_stream_of_a_message_that_steers_begins_with_it(client: httpx.Client, model: MessagesApi) -> None:
    busy = Busy(client, model, "en français")
    body = {"message": "in French, please", "on_busy": "steer"}
    for repeated in (False, True):
        with client.stream(
            "POST", f"/v1/sessions/{busy.session}/messages", json=body, headers={"Idempotency-Key": "k"}
        ) as answer:
            busy.go_on()
            events = sse.read(answer)
        assert (answer.headers["x-response-id"], "idempotent-replayed" in answer.headers) == (busy.first, repeated)
        assert (events[0].event, events[-1].event) == ("turn.steered", "message.completed")
        assert sse.text(events).endswith("en français")


def test_interrupting_ends_the_turn_and_begins_another(client: httpx.Client, model: MessagesApi) -> None:
    busy = Busy(client, model, "instead")
    second = busy.send("something else", "interrupt").json()
    assert (second["outcome"], busy.record()["response_id"]) == ("started", second["response_id"])
    assert busy.events(busy.first)[-1].event == "message.cancelled"
    assert sse.text(busy.events(second["response_id"])) == "instead"
    assert busy.turn(busy.first)["status"] == "cancelled"
    said = client.get(f"/v1/sessions/{busy.session}/messages").json()
    assert [entry["content"][0]["text"] for entry in said] == ["first", "something else", "instead"]
    busy.go_on()


def test_many_at_once_are_each_in_a_turn_in_the_queue_or_refused(server: Running) -> None:
    ways = ["reject", "enqueue", "steer", "interrupt"]
    with server.client() as client, ThreadPoolExecutor(16) as pool:
        session = sse.new(client, persistent=True)
        url = f"/v1/sessions/{session}/messages"

        def send(number: int) -> httpx.Response:
            return client.post(url, json={"message": f"word{number:02}", "on_busy": ways[number % 4]}, headers=ASYNC)

        answers = list(pool.map(send, range(48)))
        assert {answer.status_code for answer in answers} <= {202, 409}
        taken = {f"word{n:02}": answer.json() for n, answer in enumerate(answers) if answer.status_code == 202}
        for accepted in taken.values():
            ended = sse.read(client.get(accepted["events_url"]))
            assert ended[-1].event in ("message.completed", "message.cancelled")
        record = client.get(f"/v1/sessions/{session}").json()
        assert (record["busy"], record["queue"]) == (False, [])
        said = [
            (entry["content"][0]["text"], entry["response_id"])
            for entry in client.get(f"{url}?limit=1000").json()
            if entry["role"] == "user"
        ]
        assert sorted(said) == sorted((word, accepted["response_id"]) for word, accepted in taken.items())


@pytest.mark.parametrize("on_busy", ["", "later", 1, None])
def test_another_word_is_refused_by_name(client: httpx.Client, on_busy: Any) -> None:
    session = sse.new(client)
    answer = client.post(f"/v1/sessions/{session}/messages", json={"message": "x", "on_busy": on_busy})
    assert (answer.status_code, "on_busy" in answer.json()["message"]) == (400, True)
    assert client.get(f"/v1/sessions/{session}").json()["busy"] is False
