"""Timers end with the state that set them: what is over leaves nothing in memory, however far off its time was."""

import gc
import logging
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import TIME, output
from tests.kit.clock import HeldClock
from tests.kit.patience import holds
from tests.kit.servers import running
from tests.local.machines import END, TASK, TOKEN, each
from walkaway_core.ports.clock import SystemClock
from walkaway_core.settings import REHEARSAL, Settings
from walkaway_local.machine.execution import Execution
from walkaway_local.machine.machine import LocalMachine
from walkaway_local.machine.timers import Timers
from walkaway_local.table import SqliteTable

MONTH = 30 * 86_400
CAUGHT = {"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Out"}]}
OUT = {"Out": {"Type": "Succeed"}}
TIMED = {"TimeoutSeconds": MONTH}
ASKED: dict[str, Any] = {**TOKEN, **TIMED, "HeartbeatSeconds": 86_400}


class Called:
    """Something that a timer calls, of which a weak reference can be had."""

    def __call__(self) -> None:
        raise AssertionError("it was cancelled")


@pytest.fixture
def timers() -> Iterator[Timers]:
    made = Timers(HeldClock())
    yield made
    made.close()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[SqliteTable]:
    made = SqliteTable(tmp_path / "table.db", SystemClock())
    yield made
    made.close()


@pytest.mark.parametrize("by", [-3600.0, 86_400.0])
def test_a_clock_that_is_set_moves_no_timer(by: float) -> None:
    clock, called = HeldClock(), list[int]()
    timers = Timers(clock)
    timers.at(clock.now() + 5, lambda: called.append(1))
    clock.set = by
    timers.at(clock.now(), lambda: called.append(0))
    assert holds(lambda: called == [0])
    clock.time += 5
    timers.at(clock.now() + 9, lambda: None)  # has it look again
    assert holds(lambda: called == [0, 1])
    timers.close()


def test_a_cancelled_timer_holds_nothing_and_is_not_kept_until_its_time(timers: Timers) -> None:
    one = timers.at(2e9, lambda: None)
    for _ in range(10_000):
        call = Called()
        seen = weakref.ref(call)
        timer = timers.at(2e9 + MONTH, call)
        del call
        timer.cancel()
        timer.cancel()
        assert seen() is None
    assert len(timers) == 1
    assert len(timers._heap) <= 200
    one.cancel()
    assert len(timers) == 0


def test_what_is_not_cancelled_is_called_in_order_though_others_were(timers: Timers) -> None:
    told: list[int] = []
    heard = threading.Event()
    made = [timers.at(2e9 + number, lambda number=number: told.append(number)) for number in range(1000, 0, -1)]  # type: ignore[misc]
    for timer in made:
        if (1001 - made.index(timer) - 1) % 10:
            timer.cancel()
    timers._clock.time = 3e9  # type: ignore[attr-defined]
    timers.at(3e9 - 1, heard.set)
    assert heard.wait(20)
    assert told == list(range(10, 1001, 10))
    assert len(timers) == 0


def test_a_timer_that_was_called_is_forgotten(timers: Timers) -> None:
    heard = threading.Event()

    class Heard(Called):
        def __call__(self) -> None:
            heard.set()

    call = Heard()
    seen = weakref.ref(call)
    timers.at(0.0, call)
    del call
    assert heard.wait(20)
    assert holds(lambda: seen() is None)


ENDS: dict[str, dict[str, Any]] = {
    "answered": {"A": {**TASK, **TIMED, **END}},
    "failed and caught": {"A": {**TASK, **TIMED, **CAUGHT, **END}, **OUT},
    "failed": {"A": {**TASK, **TIMED, **END}},
    "waiting": {"A": {**ASKED, "ResultPath": None, "Next": "B"}, "B": {**TASK, **TIMED, **END}},
    "many": {"A": each({"E": {**TASK, **TIMED, **END}}, **END)},
    "many, one fails": {"A": each({"E": {**TASK, **TIMED, **END}}, **CAUGHT, **END), **OUT},
    "many wait, one fails": {"A": each({"E": {**ASKED, **END}}, **CAUGHT, **END), **OUT},
}


@pytest.mark.parametrize("name", ENDS)
def test_an_execution_that_is_over_is_gone_with_its_timers(
    name: str, table: SqliteTable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)  # a warning that pytest keeps would keep the error, and so the execution
    states = ENDS[name]
    over = threading.Semaphore(0)
    seen: list[weakref.ref[Execution]] = []

    class Watched(LocalMachine):
        def _execution(self, name: str, ticket: Any) -> Execution:
            made = super()._execution(name, ticket)
            seen.append(weakref.ref(made))
            return made

        def _forget(self, name: str) -> None:
            super()._forget(name)
            over.release()

    def work(_: str, payload: Any) -> Any:
        if "fail" in name and payload["data"] in (2, {"items": [1, 2, 3]}):
            raise LookupError
        if "token" in payload:
            if "fails" not in name:
                machine.succeed(payload["token"], {})
            return None
        return payload["data"]

    machine = Watched({"StartAt": "A", "States": states}, work, table, SystemClock())
    for number in range(20):
        machine.start(str(number), {"items": [1, 2, 3]})
    for _ in range(20):
        assert over.acquire(timeout=20)
    assert holds(lambda: len(machine._timers) == 0)
    machine._pools.close(wait=True)
    gc.collect()
    assert [ref for ref in seen if ref()] == []
    machine.close()


def test_what_is_stopped_leaves_no_timer(table: SqliteTable) -> None:
    asked = threading.Event()
    machine = LocalMachine(
        {"StartAt": "A", "States": {"A": {**ASKED, **END}}}, lambda *_: asked.set(), table, SystemClock()
    )
    machine.start("x", {})
    assert asked.wait(20)
    assert len(machine._timers) == 1
    machine.stop("x")
    assert len(machine._timers) == 0
    machine._pools.close(wait=True)
    machine.close()


@pytest.mark.parametrize("turns", [40, pytest.param(200, marks=pytest.mark.deep)])
def test_turns_half_of_which_waited_leave_nothing(tmp_path: Path, turns: int) -> None:
    settings = Settings(model=REHEARSAL, rehearsal_delay=0)
    with running(tmp_path / "data", settings) as server, server.client(None) as client:
        machine = server.stack._machine
        for _ in range(turns // 2):
            session = sse.new(client, tools=[TIME])
            assert sse.send(client, session, "Hello")[-1].event == "message.completed"
            ask_and_answer(client, session)
        assert holds(lambda: len(machine._timers) == 0 and machine._live == {})


def ask_and_answer(client: httpx.Client, session: str) -> None:
    """Let a turn wait for its caller, and see it end."""
    url, body = f"/v1/sessions/{session}", {"message": "What time is it?"}
    turn = client.post(f"{url}/messages", json=body, headers={"Prefer": "respond-async"}).json()["response_id"]
    assert holds(lambda: client.get(url).json()["pending_tool_calls"])
    calls = client.get(url).json()["pending_tool_calls"]
    answer = {"results": [output(calls[0]["call_id"])]}
    assert client.post(f"{url}/tool_results", json=answer).status_code == 200
    assert sse.read(client.get(f"{url}/responses/{turn}/events"))[-1].event == "message.completed"
