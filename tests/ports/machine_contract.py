"""What every Machine must do. The machine under test runs `MACHINE`, whose one function the check provides."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from walkaway_core.ports.items import Item, Put, Write
from walkaway_core.ports.machine import Machine

PATIENCE = 20.0

TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "${WorkFunctionArn}", "Payload.$": "$"},
    "OutputPath": "$.Payload",
}
MACHINE: dict[str, Any] = {
    "StartAt": "First",
    "States": {
        "First": {**TASK, "Next": "Second"},
        "Second": {**TASK, "End": True},
    },
}

WAITING: dict[str, Any] = {
    "StartAt": "First",
    "States": {
        "First": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": "${WorkFunctionArn}",
                "Payload": {"ticket.$": "$", "token.$": "$$.Task.Token"},
            },
            "Next": "Second",
        },
        "Second": {**TASK, "End": True},
    },
}
"""A machine whose first state waits for its task token."""

Work = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Make(Protocol):
    """Makes a machine whose states call `work`; `carry_out` is a transaction of whoever claims an execution."""

    def __call__(self, work: Work, definition: dict[str, Any] = MACHINE) -> Machine: ...

    def carry_out(self, *writes: Write) -> None: ...


ContractCheck = Callable[[Make], None]


class Recorder:
    """Work that counts its calls and can be waited for."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self._changed = threading.Condition()

    def __call__(self, ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._changed:
            self.calls.append(dict(ticket))
            self._changed.notify_all()
        return {**ticket, "count": ticket.get("count", 0) + 1}

    def wait(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.calls) >= count, PATIENCE)


def start_runs_the_states_in_order_with_the_ticket(make: Make) -> None:
    work = Recorder()
    make(work).start("one", {"id": "x"})
    assert work.wait(2)
    assert work.calls == [{"id": "x"}, {"id": "x", "count": 1}]


def a_name_that_runs_is_not_started_again(make: Make) -> None:
    go = threading.Event()
    work = Recorder()

    def held(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        result = work(ticket)
        go.wait(PATIENCE)
        return result

    machine = make(held)
    machine.start("one", {"id": "first"})
    assert work.wait(1)
    machine.start("one", {"id": "first"})
    go.set()
    machine.start("other", {"id": "second"})
    assert work.wait(4)
    assert sorted(call["id"] for call in work.calls) == ["first", "first", "second", "second"]


def a_name_that_is_over_is_not_started_again(make: Make) -> None:
    work = Recorder()
    machine = make(work)
    machine.start("one", {"id": "x"})
    assert work.wait(2)
    machine.start("after", {"id": "y"})
    assert work.wait(4)
    machine.start("one", {"id": "x"})
    machine.start("last", {"id": "z"})
    assert work.wait(6)
    assert [call["id"] for call in work.calls] == ["x", "x", "y", "y", "z", "z"]


def what_is_claimed_runs_once_it_is_started_and_only_once(make: Make) -> None:
    work = Recorder()
    machine = make(work)
    make.carry_out(Put(Item("p", "mine")), *machine.claims("one", {"id": "x"}))
    machine.start("other", {"id": "y"})
    assert work.wait(2)
    machine.start("one", {"id": "x"})
    machine.start("one", {"id": "x"})
    assert work.wait(4)
    machine.start("one", {"id": "x"})
    machine.start("last", {"id": "z"})
    assert work.wait(6)
    assert work.calls == [{"id": name, **count} for name in ("y", "x", "z") for count in ({}, {"count": 1})]


def a_claim_that_is_not_carried_out_leaves_nothing_and_bars_nothing(make: Make) -> None:
    work = Recorder()
    machine = make(work)
    machine.claims("one", {"id": "lost"})
    machine.start("other", {"id": "y"})
    assert work.wait(2)
    make.carry_out(Put(Item("p", "mine")), *machine.claims("one", {"id": "x"}))
    machine.start("one", {"id": "x"})
    assert work.wait(4)
    assert [call["id"] for call in work.calls] == ["y", "y", "x", "x"]


def stop_lets_no_further_state_start(make: Make) -> None:
    reached, go = threading.Event(), threading.Event()
    work = Recorder()

    def held(ticket: Mapping[str, Any]) -> Mapping[str, Any]:
        result = work(ticket)
        if ticket["id"] == "stopped":
            reached.set()
            go.wait(PATIENCE)
        return result

    machine = make(held)
    machine.start("one", {"id": "stopped"})
    assert reached.wait(PATIENCE)
    machine.stop("one")
    go.set()
    machine.start("two", {"id": "other"})
    assert work.wait(3)
    assert [call["id"] for call in work.calls] == ["stopped", "other", "other"]


def stop_leaves_what_is_over_or_unknown_as_it_is(make: Make) -> None:
    work = Recorder()
    machine = make(work)
    machine.stop("nobody")
    machine.start("one", {"id": "x"})
    assert work.wait(2)
    machine.stop("one")
    machine.start("two", {"id": "y"})
    assert work.wait(4)


def resume_gives_a_waiting_state_its_output_once(make: Make) -> None:
    work = Recorder()
    machine = make(work, WAITING)
    machine.start("one", {"id": "x"})
    assert work.wait(1)
    token = work.calls[0]["token"]
    assert work.calls[0]["ticket"] == {"id": "x"}
    assert machine.resume(token, {"id": "answered"}) is True
    assert work.wait(2)
    assert work.calls[1] == {"id": "answered"}
    assert _until(lambda: machine.resume(token, {"id": "again"}) is False)
    machine.start("two", {"id": "y"})
    assert work.wait(3)
    assert machine.resume(work.calls[2]["token"], {"id": "other"}) is True
    assert work.wait(4)
    assert [call for call in work.calls if "token" not in call] == [{"id": "answered"}, {"id": "other"}]


def _until(holds: Callable[[], bool]) -> bool:
    """Some emulators forget a token only with its execution."""
    return any(holds() or threading.Event().wait(0.01) for _ in range(300))


def resume_knows_a_token_with_which_nothing_waits(make: Make) -> None:
    assert make(Recorder(), WAITING).resume("AQCEAAAAKgAAAAMAAAAAAAAAAnothing", {"id": "x"}) is False


def resume_may_come_from_within_the_state(make: Make) -> None:
    work = Recorder()
    machines: list[Machine] = []

    def at_once(payload: Mapping[str, Any]) -> Mapping[str, Any]:
        result = work(payload)
        if "token" in payload:
            assert machines[0].resume(payload["token"], {"id": "early"})
        return result

    machines.append(make(at_once, WAITING))
    machines[0].start("one", {"id": "x"})
    assert work.wait(2)
    assert work.calls[1] == {"id": "early"}


CONTRACT: list[ContractCheck] = [
    start_runs_the_states_in_order_with_the_ticket,
    a_name_that_runs_is_not_started_again,
    a_name_that_is_over_is_not_started_again,
    what_is_claimed_runs_once_it_is_started_and_only_once,
    a_claim_that_is_not_carried_out_leaves_nothing_and_bars_nothing,
    stop_lets_no_further_state_start,
    stop_leaves_what_is_over_or_unknown_as_it_is,
    resume_gives_a_waiting_state_its_output_once,
    resume_knows_a_token_with_which_nothing_waits,
    resume_may_come_from_within_the_state,
]
