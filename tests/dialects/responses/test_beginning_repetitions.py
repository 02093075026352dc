"""What OpenAI's own client sends again by itself begins nothing a second time, though it gives it no key."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from openai import OpenAI

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings

BODY = {"model": "test-model", "input": "Say hello"}


class Torn(httpx2.HTTPTransport):
    """Loses the answers of the first requests, and notes what each one said of its count."""

    def __init__(self, lost: int) -> None:
        super().__init__()
        self.lost = lost
        self.counts: list[str] = []
        self.replayed: list[bool] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.counts.append(request.headers["x-stainless-retry-count"])
        answer = super().handle_request(request)
        self.replayed.append("idempotent-replayed" in answer.headers)
        if len(self.counts) <= self.lost:
            answer.close()
            raise httpx2.ReadError("the connection was torn", request=request)
        return answer


def client(server: Running, transport: httpx2.BaseTransport, key: str = "alpha-key") -> OpenAI:
    return OpenAI(
        base_url=f"{server.url}/v1", api_key=key, max_retries=2, http_client=httpx2.Client(transport=transport)
    )


def post(server: Running, count: int | None, key: str = "alpha-key", **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} | ({} if count is None else {"x-stainless-retry-count": str(count)})
    answer = httpx.post(f"{server.url}/v1/responses", json={**BODY, **more}, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer


def id_of(answer: httpx.Response) -> str:
    found: str = answer.json()["id"]
    return found


@pytest.fixture
def told(model: MessagesApi) -> MessagesApi:
    model.replies = [Reply([text(f"Hello, {n}")]) for n in range(20)]
    return model


@pytest.mark.parametrize("stream", [False, True])
def test_a_torn_connection_begins_one_response(scripted: Running, told: MessagesApi, *, stream: bool) -> None:
    transport = Torn(2)
    with client(scripted, transport) as openai:
        made = openai.responses.create(model="test-model", input="Say hello", stream=stream)
        said = [event.type for event in made] if stream else made.output_text  # type: ignore[union-attr]
    assert said == "Hello, 0" if isinstance(said, str) else said[0] == "response.created"
    assert transport.counts == ["0", "1", "2"]
    assert transport.replayed == [False, True, True]
    assert len(told.requests) == 1


def test_while_the_first_is_in_flight_it_is_joined(scripted: Running, told: MessagesApi) -> None:
    held = Reply([text("Hello")], gate=threading.Event())
    told.replies = [held]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post, scripted, 0)
        assert held.reached.wait(20)
        again = pool.submit(post, scripted, 1)
        held.gate.set()  # type: ignore[union-attr]
        assert id_of(first.result()) == id_of(again.result())
    assert again.result().headers["idempotent-replayed"] == "true"


def test_callers_with_equal_bodies_are_not_merged(scripted: Running, told: MessagesApi) -> None:
    firsts = [id_of(post(scripted, 0)) for _ in "12"]
    again = [id_of(post(scripted, 1)) for _ in "123"]
    assert set(again[:2]) == set(firsts)
    assert len({*firsts, *again}) == 3
    assert id_of(post(scripted, None)) not in again
    assert id_of(post(scripted, 1, key="beta-key")) not in again
    assert id_of(post(scripted, 1, metadata={"a": "b"})) not in again
    assert len(told.requests) == 6


def test_what_was_deleted_is_not_begun_again(scripted: Running, told: MessagesApi) -> None:
    first = id_of(post(scripted, 0))
    with scripted.client() as client:
        client.delete(f"/v1/responses/{first}")
        again = client.post("/v1/responses", json=BODY, headers={"x-stainless-retry-count": "1"})
    assert (again.status_code, again.headers["x-should-retry"]) == (404, "false")
    assert again.json()["error"]["message"] == f"Response with id '{first}' not found."
    assert len(told.requests) == 1


@pytest.mark.parametrize("count", ["-1", "1.0", "x", "\u0661".encode(), "1" * 40])
def test_a_count_that_is_none_is_no_repetition(scripted: Running, told: MessagesApi, count: Any) -> None:
    first = post(scripted, 0)
    headers = {"Authorization": "Bearer alpha-key", "x-stainless-retry-count": count}
    again = httpx.post(f"{scripted.url}/v1/responses", json=BODY, headers=headers, timeout=30)
    assert again.status_code == 200
    assert id_of(again) != id_of(first)


def test_it_can_be_switched_off(model: MessagesApi, tmp_path: Path) -> None:
    model.replies = [Reply([text("Hello")])] * 2
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, repetitions=False)
    with running(tmp_path / "data", settings) as server:
        assert id_of(post(server, 0)) != id_of(post(server, 1))


def test_a_server_that_was_started_again_knows_it(model: MessagesApi, tmp_path: Path) -> None:
    model.replies = [Reply([text("Hello")])]
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS)
    with running(tmp_path / "data", settings) as server:
        first = id_of(post(server, 0))
    with running(tmp_path / "data", replace(settings, stream_seconds=60)) as server:
        assert id_of(post(server, 1)) == first
