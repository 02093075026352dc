"""The Machine's contract, on every adapter, and on adapters that are broken on purpose."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kit.moto_services import Account, account
from tests.ports import machine_contract as contract
from walkaway_core.aws.machine import StepFunctionsMachine
from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.items import Item, Put, Refused, Write
from walkaway_core.ports.machine import Machine
from walkaway_core.store import keys
from walkaway_local.machine.machine import LocalMachine
from walkaway_local.table import SqliteTable


class Makes:
    """Makes machines of one class and closes them."""

    def __init__(self, folder: Path, kind: type[LocalMachine]) -> None:
        self._kind = kind  # with one worker, tasks are called in the order in which they came up
        self.table = SqliteTable(folder / "table.db", SystemClock())
        self._made: list[LocalMachine] = []

    def __call__(self, work: contract.Work, definition: dict[str, Any] = contract.MACHINE) -> Machine:
        machine = self._kind(definition, lambda _, payload: work(payload), self.table, SystemClock(), workers=1)
        self._made.append(machine)
        return machine

    def carry_out(self, *writes: Write) -> None:
        self.table.write(*writes)

    def close(self) -> None:
        for machine in self._made:
            machine.close()
            machine._pools.close(wait=True)
        self.table.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Makes]:
    makes = Makes(tmp_path, LocalMachine)
    yield makes
    makes.close()


class MakesOnAws:
    """Makes machines in an account."""

    def __init__(self, aws: Account) -> None:
        self._aws = aws

    def __call__(self, work: contract.Work, definition: dict[str, Any] = contract.MACHINE) -> Machine:
        return StepFunctionsMachine(*self._aws.machine(json.dumps(definition), lambda _, payload: work(payload)))

    def carry_out(self, *writes: Write) -> None:
        assert len(writes) == 1  # the claimer's own


@pytest.fixture
def step_functions() -> Iterator[contract.Make]:
    with account() as aws:
        yield MakesOnAws(aws)


@pytest.mark.parametrize("adapter", ["local", "step_functions"])
@pytest.mark.parametrize("check", contract.CONTRACT, ids=lambda check: check.__name__)
def test_contract(check: contract.ContractCheck, adapter: str, request: pytest.FixtureRequest) -> None:
    check(request.getfixturevalue(adapter))


class StartsEveryTime(LocalMachine):
    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        self._count = getattr(self, "_count", 0) + 1
        super().start(f"{name}{self._count}", ticket)


class RunsWhatIsClaimed(LocalMachine):
    def claims(self, name: str, ticket: Mapping[str, Any]) -> tuple[Write, ...]:
        super().start(name, ticket)
        return ()


class LeavesWhatIsClaimed(LocalMachine):
    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        if not self._table.get((keys.MACHINE, name))[0]:
            super().start(name, ticket)


class NeverStops(LocalMachine):
    def stop(self, name: str) -> None:
        pass


class LosesTheTicket(LocalMachine):
    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        super().start(name, {"id": "x", "lost": True})


class ResumesAnything(LocalMachine):
    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        super().resume(token, ticket)
        return True


class ResumesWithNothing(LocalMachine):
    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        return super().resume(token, {"id": "nothing"})


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (StartsEveryTime, contract.a_name_that_runs_is_not_started_again),
        (StartsEveryTime, contract.a_name_that_is_over_is_not_started_again),
        (RunsWhatIsClaimed, contract.a_claim_that_is_not_carried_out_leaves_nothing_and_bars_nothing),
        (RunsWhatIsClaimed, contract.what_is_claimed_runs_once_it_is_started_and_only_once),
        (LeavesWhatIsClaimed, contract.what_is_claimed_runs_once_it_is_started_and_only_once),
        (LeavesWhatIsClaimed, contract.a_claim_that_is_not_carried_out_leaves_nothing_and_bars_nothing),
        (NeverStops, contract.stop_lets_no_further_state_start),
        (LosesTheTicket, contract.start_runs_the_states_in_order_with_the_ticket),
        (ResumesAnything, contract.resume_gives_a_waiting_state_its_output_once),
        (ResumesAnything, contract.resume_knows_a_token_with_which_nothing_waits),
        (ResumesWithNothing, contract.resume_may_come_from_within_the_state),
    ],
    ids=lambda value: value.__name__,
)
def test_a_broken_machine_fails_its_contract(
    broken: type[LocalMachine], check: contract.ContractCheck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "PATIENCE", 3.0)
    makes = Makes(tmp_path, broken)
    try:
        with pytest.raises(AssertionError):
            check(makes)
    finally:
        makes.close()


def test_what_was_claimed_is_taken_up_after_a_crash(local: Makes) -> None:
    work = contract.Recorder()
    dies = local(contract.Recorder())
    assert isinstance(dies, LocalMachine)
    local.carry_out(*dies.claims("one", {"id": "x"}))
    dies.close()
    lives = local(work)
    assert isinstance(lives, LocalMachine)
    assert lives.go_on() == 1
    lives.start("one", {"id": "x"})
    assert work.wait(2)
    lives.start("last", {"id": "z"})
    assert work.wait(4)
    assert [call["id"] for call in work.calls] == ["x", "x", "z", "z"]


def test_a_record_that_cannot_be_read_is_one_line_and_left_alone(
    local: Makes, caplog: pytest.LogCaptureFixture
) -> None:
    local.carry_out(*(Put(Item(keys.MACHINE, name, {}, b"{}")) for name in ("one", "two")))
    work = contract.Recorder()
    machine = local(work)
    assert isinstance(machine, LocalMachine)
    local.carry_out(*machine.claims("three", {"id": "x"}))
    assert machine.go_on() == 1
    machine.start("one", {"id": "lost"})
    assert work.wait(2)
    assert [call["id"] for call in work.calls] == ["x", "x"]
    lines = [(record.levelname, record.exc_info, record.getMessage().partition(",")[0]) for record in caplog.records]
    assert lines == [("WARNING", None, f"{name} cannot be read") for name in ("one", "two")]


def test_a_name_is_claimed_once(local: Makes) -> None:
    machine = local(contract.Recorder())
    local.carry_out(*machine.claims("one", {"id": "x"}))
    with pytest.raises(Refused):
        local.carry_out(*machine.claims("one", {"id": "y"}))


def test_a_name_stays_taken_until_reads_see_that_it_is_over(local: Makes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walkaway_local.writer.HOLD", 30.0)
    work = contract.Recorder()
    machine = local(work)
    machine.start("one", {"id": "x"})
    assert work.wait(2)
    local.table.submit(Put(Item("p", "flushes the last move but one")))
    for name in ("one", "two"):
        machine.start(name, {"id": name})
    assert work.wait(4)
    assert [call["id"] for call in work.calls] == ["x", "x", "two", "two"]


def test_a_resumed_state_is_durable_on_return(local: Makes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walkaway_local.writer.HOLD", 30.0)
    work = contract.Recorder()
    machine = local(work, contract.WAITING)
    machine.start("one", {"id": "x"})
    assert work.wait(1)
    assert machine.resume(work.calls[0]["token"], {"id": "answered"})
    with local.table._reading() as connection:
        (body,) = connection.execute("SELECT body FROM items WHERE pk = ?", (keys.MACHINE,)).fetchone()
    assert (json.loads(body)["frame"]["state"], json.loads(body)["frame"]["data"]) == ("Second", {"id": "answered"})
