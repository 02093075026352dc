"""Claims of calls: of many workers one has a call at a time, while its lease lasts, and an answer needs none."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit.asking import Asking, error, output, time_call, weather_call, yes
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, call
from tests.kit.servers import KEYS, Running, running
from walkaway_core.ports.items import Change, Unknown, Write
from walkaway_core.settings import Settings
from walkaway_core.store.keys import SessionKey


@pytest.fixture
def scripted(model: MessagesApi, tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS)
    with running(tmp_path / "data", settings, clock) as found:
        yield found


def claim(asking: Asking, worker: str = "one", call_id: str = "toolu_time", **more: Any) -> httpx.Response:
    said = {"call_id": call_id, "worker": worker, **more}
    return asking.client.post(f"{asking.url}/tool_claims", json=said)


def test_a_call_is_one_workers_until_its_lease_ends(own: httpx.Client, model: MessagesApi, clock: ShiftedClock) -> None:
    asking = Asking(own, model, time_call())
    asking.pending()
    before = clock.now()
    got = claim(asking, seconds=30)
    assert (got.status_code, got.json()["call_id"], got.json()["worker"]) == (200, "toolu_time", "one")
    assert before + 29.9 < got.json()["until"] < clock.now() + 30.1
    refused = claim(asking, "two")
    assert error(refused) == (409, "tool_call.claimed")
    assert (refused.json()["worker"], refused.json()["until"]) == ("one", got.json()["until"])
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    clock.ahead += 20
    assert claim(asking, seconds=30).status_code == 200, "renewed"
    clock.ahead += 20
    assert error(claim(asking, "two")) == (409, "tool_call.claimed")
    clock.ahead += 11
    assert claim(asking, "two").json()["worker"] == "two"
    assert error(claim(asking)) == (409, "tool_call.claimed"), "who came too late has lost it"


def test_of_many_at_once_one_gets_it(own: httpx.Client, model: MessagesApi) -> None:
    asking = Asking(own, model, time_call(), weather_call())
    asking.pending(2)
    together = threading.Barrier(8)

    def ask(number: int) -> tuple[int, str]:
        together.wait()
        answer = claim(asking, f"worker-{number}")
        return answer.status_code, str(answer.json()["worker"])

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    winner = next(worker for status, worker in answers if status == 200)
    assert sorted(answers) == [(200, winner), *[(409, winner)] * 7]
    assert claim(asking, "another", "toolu_weather").status_code == 200, "each call by itself"


def test_it_binds_nobody_who_answers(own: httpx.Client, model: MessagesApi) -> None:
    asking = Asking(own, model, time_call())
    asking.pending()
    claim(asking)
    assert asking.answer(output("toolu_time", "by hand")).status_code == 200
    assert error(claim(asking)) == (409, "tool_call.answered"), "and the worker is told when it renews"
    asking.end()
    assert asking.told() == [("by hand", False)]


def test_what_needs_a_yes_can_be_claimed(own: httpx.Client, model: MessagesApi) -> None:
    asking = Asking(own, model, call("list_files", "toolu_list"), approve=["list_files"])
    asking.pending()
    assert claim(asking, call_id="toolu_list").status_code == 200
    assert asking.answer(yes("toolu_list")).status_code == 200
    asking.end()


def test_what_nobody_waits_for_cannot_be_claimed(own: httpx.Client, model: MessagesApi) -> None:
    asking = Asking(own, model, time_call())
    asking.pending()
    assert error(claim(asking, call_id="toolu_other")) == (404, "tool_call.not_found")
    own.post(f"{asking.url}/responses/{asking.turn}/cancel").raise_for_status()
    assert error(claim(asking)) == (409, "tool_call.not_waiting")
    own.delete(asking.url).raise_for_status()
    assert error(claim(asking)) == (404, "session.not_found")


def test_of_another_tenant_there_is_nothing(scripted: Running, own: httpx.Client, model: MessagesApi) -> None:
    asking = Asking(own, model, time_call())
    asking.pending()
    with scripted.client("beta-key") as stranger:
        said = {"call_id": "toolu_time", "worker": "one"}
        assert error(stranger.post(f"{asking.url}/tool_claims", json=said)) == (404, "session.not_found")
    assert claim(asking, "two").status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"worker": ""},
        {"worker": "a b"},
        {"worker": "x" * 201},
        {"seconds": 0},
        {"seconds": 3601},
        {"seconds": 1.5},
        {"more": 1},
    ],
)
def test_what_does_not_fit_is_refused(own: httpx.Client, fields: dict[str, Any]) -> None:
    session = own.post("/v1/sessions", json={}).json()["id"]
    answer = own.post(f"/v1/sessions/{session}/tool_claims", json={"call_id": "t", "worker": "one", **fields})
    assert error(answer) == (400, "invalid_request")
    assert next(iter(fields)) in answer.json()["message"]


def test_a_clock_that_is_set_back_keeps_a_call_no_longer_than_a_claim_can_last(
    own: httpx.Client, model: MessagesApi, clock: ShiftedClock
) -> None:
    asking = Asking(own, model, time_call(), ttl=10 * 86_400)
    asking.pending()
    clock.set = 86_400
    assert claim(asking).status_code == 200
    clock.set = 0
    assert claim(asking, "two").status_code == 200


def test_a_write_that_nobody_heard_of_can_be_repeated(
    scripted: Running, own: httpx.Client, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Asking(own, model, time_call())
    asking.pending()
    table = scripted.stack.services.table
    real: Callable[..., None] = table.write
    lost = iter([True])

    def write(*writes: Write) -> None:
        real(*writes)
        if isinstance(writes[0], Change) and "claimed_by" in writes[0].set and next(lost, False):
            raise Unknown("it was lost")

    monkeypatch.setattr(table, "write", write)
    assert error(claim(asking))[0] == 503
    assert claim(asking).status_code == 200
    assert error(claim(asking, "two")) == (409, "tool_call.claimed")
    item = table.get(SessionKey("alpha", asking.session).asked("toolu_time"))[0]
    assert item is not None
    assert item.facts["claimed_by"] == "one"


@pytest.mark.parametrize("what", ["another worker", "an answer", "a later step", "another turn"])
def test_what_happens_in_front_of_its_write_stands(
    scripted: Running, own: httpx.Client, model: MessagesApi, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    asking = Asking(own, model, time_call())
    asking.pending()
    table, key = scripted.stack.services.table, SessionKey("alpha", asking.session).asked("toolu_time")
    real: Callable[..., None] = table.write
    first = iter([True])

    def happen() -> None:
        if what == "another worker":
            assert claim(asking, "two").status_code == 200
        elif what == "an answer":
            assert asking.answer(output("toolu_time", "by hand")).status_code == 200
        else:
            real(Change(*key, set={"step": 7} if what == "a later step" else {"turn": "msg_0"}))

    def write(*writes: Write) -> None:
        if isinstance(writes[0], Change) and writes[0].set.get("claimed_by") == "one" and next(first, False):
            happen()
        real(*writes)

    monkeypatch.setattr(table, "write", write)
    assert claim(asking).status_code in {404, 409}
    item = table.get(key)[0]
    assert item is None or item.facts.get("claimed_by") != "one"
