"""The Machine's contract, on every adapter, and on adapters that are broken on purpose."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kit.moto_services import account
from tests.ports import machine_contract as contract
from walkaway_core.aws.machine import StepFunctionsMachine
from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.machine import Machine
from walkaway_local.machine.machine import LocalMachine
from walkaway_local.table import SqliteTable


class Makes:
    """Makes machines of one class and closes them."""

    def __init__(self, folder: Path, kind: type[LocalMachine]) -> None:
        self._kind = kind  # with one worker, tasks are called in the order in which they came up
        self._table = SqliteTable(folder / "table.db", SystemClock())
        self._made: list[LocalMachine] = []

    def __call__(self, work: contract.Work, definition: dict[str, Any] = contract.MACHINE) -> Machine:
        machine = self._kind(definition, lambda _, payload: work(payload), self._table, SystemClock(), workers=1)
        self._made.append(machine)
        return machine

    def close(self) -> None:
        for machine in self._made:
            machine.close()
            machine._pools.close(wait=True)
        self._table.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Makes]:
    makes = Makes(tmp_path, LocalMachine)
    yield makes
    makes.close()


@pytest.fixture
def step_functions() -> Iterator[contract.Make]:
    with account() as aws:

        def make(work: contract.Work, definition: dict[str, Any] = contract.MACHINE) -> Machine:
            return StepFunctionsMachine(*aws.machine(json.dumps(definition), lambda _, payload: work(payload)))

        yield make


@pytest.mark.parametrize("adapter", ["local", "step_functions"])
@pytest.mark.parametrize("check", contract.CONTRACT, ids=lambda check: check.__name__)
def test_contract(check: contract.ContractCheck, adapter: str, request: pytest.FixtureRequest) -> None:
    check(request.getfixturevalue(adapter))


class StartsEveryTime(LocalMachine):
    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        self._count = getattr(self, "_count", 0) + 1
        super().start(f"{name}{self._count}", ticket)


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
        (NeverStops, contract.stop_lets_no_further_state_start),
        (LosesTheTicket, contract.start_runs_the_states_in_order_with_the_ticket),
        (ResumesAnything, contract.resume_gives_a_waiting_state_its_output_once),
        (ResumesAnything, contract.resume_knows_a_token_with_which_nothing_waits),
        (ResumesWithNothing, contract.resume_may_come_from_within_the_state),
    ],
    ids=lambda value: value.__name__,
)
def test_a_broken_machine_fails_its_contract(
    broken: type[LocalMachine], check: contract.ContractCheck, tmp_path: Path
) -> None:
    makes = Makes(tmp_path, broken)
    try:
        with pytest.raises(AssertionError):
            check(makes)
    finally:
        makes.close()
