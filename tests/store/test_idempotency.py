"""A request with an Idempotency-Key is carried out once, however often and concurrently it is sent (contract A.9)."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import KEYS, Running, running
from walkaway_core.ports.items import Fact, Item, Put
from walkaway_core.settings import Settings
from walkaway_core.store import keys

POEM = "Write a poem about rain."


def post(client: httpx.Client, session: str, message: str, key: str, **headers: str) -> httpx.Response:
    named = {"Idempotency-Key": key, **headers}
    return client.post(f"/v1/sessions/{session}/messages", json={"message": message}, headers=named)


def turns(client: httpx.Client, session: str) -> int:
    return len(client.get(f"/v1/sessions/{session}/responses").json())


@pytest.fixture
def shifted(clock: ShiftedClock, tmp_path: Path) -> Iterator[Running]:
    """A server whose clock a test puts forward."""
    with running(tmp_path / "data", Settings(keys=KEYS, rehearsal_delay=0), clock) as found:
        yield found


def test_the_same_request_has_the_same_stream_from_its_beginning(client: httpx.Client) -> None:
    session = sse.new(client)
    first = post(client, session, POEM, "k-1")
    again = post(client, session, POEM, "k-1")
    assert sse.read(again) == sse.read(first)
    assert again.headers["x-response-id"] == first.headers["x-response-id"]
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert turns(client, session) == 1


def test_a_running_turn_is_joined_and_not_busy_for_its_own_request(scripted: Running, model: MessagesApi) -> None:
    held = Reply([text("Once upon a time")], gate=threading.Event())
    model.replies = [held]
    with scripted.client() as client, ThreadPoolExecutor(1) as pool:
        session = sse.new(client)
        first = pool.submit(post, client, session, "Tell", "k")
        assert held.reached.wait(20)
        accepted = post(client, session, "Tell", "k", Prefer="respond-async")
        assert accepted.status_code == 202
        assert accepted.headers["idempotent-replayed"] == "true"
        assert post(client, session, "Tell", "other").status_code == 409
        held.gate.set()  # type: ignore[union-attr]
        events = sse.read(first.result())
        assert accepted.json()["response_id"] == events[0].data["id"]
        assert sse.read(post(client, session, "Tell", "k")) == events
    assert len(model.requests) == 1


def test_a_key_stands_for_one_message_in_one_session(client: httpx.Client) -> None:
    session, other = sse.new(client), sse.new(client)
    post(client, session, POEM, "mine")
    for answer in (post(client, session, "Something else", "mine"), post(client, other, POEM, "mine")):
        assert (answer.status_code, answer.json()["error"]) == (422, "idempotency.mismatch")
        assert session in answer.json()["message"]
    assert turns(client, other) == 0
    assert post(client, other, POEM, "another").status_code == 200


def test_a_key_is_its_tenants_own(client: httpx.Client, stranger: httpx.Client) -> None:
    mine, theirs = sse.new(client), sse.new(stranger)
    first = post(client, mine, POEM, "shared")
    second = post(stranger, theirs, "Another one", "shared")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.headers["x-response-id"] != second.headers["x-response-id"]
    assert post(stranger, mine, POEM, "shared").status_code == 404


def test_a_refused_request_leaves_its_key_free(scripted: Running, model: MessagesApi) -> None:
    held = Reply([text("busy")], gate=threading.Event())
    model.replies = [held, Reply([text("now")])]
    with scripted.client() as client:
        session = sse.new(client)
        url = f"/v1/sessions/{session}/messages"
        first = client.post(url, json={"message": "one"}, headers={"Prefer": "respond-async"}).json()
        assert post(client, session, "two", "k").status_code == 409
        assert post(client, session, " ", "k").status_code == 400
        held.gate.set()  # type: ignore[union-attr]
        sse.read(client.get(first["events_url"]))
        assert sse.text(sse.read(post(client, session, "two", "k"))) == "now"


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_what_is_no_key_is_refused(client: httpx.Client, key: str) -> None:
    answer = post(client, sse.new(client), POEM, key)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "Idempotency-Key" in answer.json()["message"]


@pytest.mark.parametrize("key", ["x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b/c#d"])
def test_any_other_text_is_a_key(client: httpx.Client, key: str) -> None:
    session = sse.new(client)
    assert sse.read(post(client, session, POEM, key)) == sse.read(post(client, session, POEM, key))
    assert turns(client, session) == 1


def test_a_key_is_good_for_a_day_as_long_as_the_session_lives(shifted: Running, clock: ShiftedClock) -> None:
    with shifted.client() as client:
        session = sse.new(client, persistent=True, ttl=3 * 86_400)
        first = post(client, session, POEM, "day")
        clock.ahead += 86_390
        old = post(client, session, POEM, "day")
        assert sse.read(old) == sse.read(first)
        clock.ahead += 20
        new = post(client, session, POEM, "day")
        assert new.status_code == 200
        assert new.headers["x-response-id"] != first.headers["x-response-id"]
        client.delete(f"/v1/sessions/{session}")
        assert post(client, session, POEM, "day").status_code == 404


def test_a_hundred_identical_requests_start_one_turn_and_all_of_them_stream_it(server: Running) -> None:
    async def many(session: str) -> list[list[sse.Seen]]:
        headers = {"Authorization": "Bearer alpha-key", "Idempotency-Key": "hundred"}
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, limits=limits) as client:

            async def one() -> list[sse.Seen]:
                url = f"/v1/sessions/{session}/messages"
                async with client.stream("POST", url, json={"message": POEM}) as answer:
                    assert answer.status_code == 200, await answer.aread()
                    return list(sse.parse([line async for line in answer.aiter_lines()]))

            return await asyncio.gather(*(one() for _ in range(100)))

    with server.client() as client:
        session = sse.new(client)
        before = len(server.stack.services.table.query(keys.MACHINE).items)
        seen = asyncio.run(many(session))
        assert turns(client, session) == 1
        assert len(server.stack.services.table.query(keys.MACHINE).items) == before + 1
    assert all(events == seen[0] for events in seen)
    assert seen[0][-1].event == "message.completed"


@pytest.mark.parametrize("facts", [{}, {"asks": 7}, {"asks": "x", "session": 1, "turn": "x", "outcome": "x", "at": 0}])
def test_a_damaged_record_is_said_to_be_and_starts_nothing(shifted: Running, facts: dict[str, Fact]) -> None:
    with shifted.client() as client:
        session = sse.new(client)
        assert post(client, session, POEM, "k-damaged").status_code == 200
        shifted.stack.services.table.write(Put(Item(*keys.idempotency("alpha", "k-damaged"), facts)))
        for _ in range(2):
            refused = post(client, session, POEM, "k-damaged")
            assert (refused.status_code, "cannot be read" in refused.text) == (422, True)
        assert turns(client, session) == 1
        assert post(client, session, POEM, "k-new").status_code == 200


MAKING = {
    "session": ("/v1/sessions", {"metadata": {"a": 1}}, {"metadata": {"a": 2}}),
    "agent": ("/v1/agents", {"name": "once"}, {"name": "twice"}),
    "webhook": ("/v1/webhooks", {"url": "https://example.com/hook"}, {"url": "https://example.com/other"}),
}


class TestMaking:
    @pytest.mark.parametrize(("path", "body", "other"), MAKING.values(), ids=MAKING)
    def test_the_same_request_makes_one(
        self, shifted: Running, clock: ShiftedClock, path: str, body: dict[str, object], other: dict[str, object]
    ) -> None:
        with shifted.client() as client, ThreadPoolExecutor(8) as pool:
            named = {"Idempotency-Key": "k-1"}
            answers = list(pool.map(lambda _: client.post(path, json=body, headers=named), range(16)))
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1
            assert len([answer for answer in answers if "idempotent-replayed" not in answer.headers]) == 1
            assert len(client.get(path).json()) == 1
            mismatch = client.post(path, json=other, headers=named)
            assert (mismatch.status_code, mismatch.json()["error"]) == (422, "idempotency.mismatch")
            assert post(client, sse.new(client), POEM, "k-1").status_code == 422
            clock.ahead += 24 * 3600 + 1
            client.post(path, json=other, headers=named)
            assert len(client.get(path).json()) == (1 if path == "/v1/sessions" else 2), "the sessions had their time"

    def test_a_key_is_one_tenants_and_one_kinds(self, shifted: Running) -> None:
        with shifted.client() as client, shifted.client("beta-key") as stranger:
            named = {"Idempotency-Key": "k-1"}
            made = client.post("/v1/sessions", headers=named).json()
            assert stranger.post("/v1/sessions", headers=named).json()["id"] != made["id"]
            assert client.post("/v1/agents", json={"name": "x"}, headers=named).status_code == 422
            assert client.post("/v1/sessions", headers={"Idempotency-Key": ""}).status_code == 400

    def test_what_it_made_and_is_gone_is_not_made_again(self, shifted: Running) -> None:
        with shifted.client() as client:
            named = {"Idempotency-Key": "k-1"}
            made = client.post("/v1/sessions", headers=named).json()
            client.delete(f"/v1/sessions/{made['id']}")
            assert client.post("/v1/sessions", headers=named).json()["error"] == "session.not_found"
