"""One state machine file, two interpreters: each machine of the table ends alike in the local one and in moto's."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.kit.moto_services import account
from tests.local.machines import MACHINES, Answers, Machine
from walkaway_core.ports.clock import SystemClock
from walkaway_core.store import keys
from walkaway_local.machine.machine import LocalMachine
from walkaway_local.table import SqliteTable
from walkaway_wire import jsontext

PATIENCE = 60.0


@dataclass(frozen=True)
class Ended:
    """How an execution ended, and the states that it entered."""

    status: str
    output: Any
    error: str
    order: tuple[str, ...]


class Tasks:
    """Does the tasks of all machines; counts how often each state of an execution was called."""

    def __init__(self) -> None:
        self._rows = {name(row): row for row in MACHINES}
        self._calls: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def __call__(self, payload: Mapping[str, Any], answers: Answers) -> Any:
        with self._lock:
            before = self._calls[payload["execution"], payload["state"]]
            self._calls[payload["execution"], payload["state"]] += 1
        return self._rows[payload["execution"]].work(payload["data"], payload, before, answers)


def name(row: Machine) -> str:
    return "".join(c if c.isalnum() else "-" for c in row.name)


@pytest.fixture(scope="module")
def locally(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ended]]:
    """All machines, at the same time, in the local machine."""
    table, tasks = SqliteTable(tmp_path_factory.mktemp("t") / "table.db", SystemClock()), Tasks()
    entered: dict[str, list[str]] = {name(row): [] for row in MACHINES}
    made: list[LocalMachine] = []
    for row in MACHINES:
        answers = Answers(
            lambda token, output: made_of(token).succeed(token, output),
            lambda token, error, cause: made_of(token).fail(token, error, cause),
            lambda token: made_of(token).heartbeat(token),
        )

        def made_of(token: str) -> LocalMachine:
            return by_name[token.rpartition(":")[0]]

        machine = LocalMachine(
            row.definition,
            lambda _, payload, answers=answers: tasks(payload, answers),  # type: ignore[misc]
            table,
            SystemClock(),
            workers=4,
            on_enter=lambda execution, state: entered[execution].append(state),
        )
        made.append(machine)
    by_name = {name(row): machine for row, machine in zip(MACHINES, made, strict=True)}
    for row in MACHINES:
        by_name[name(row)].start(name(row), row.input)
    ended = {name(row): _local_end(table, row, entered) for row in MACHINES}
    for machine in made:
        machine.close()
        machine._pools.close(wait=True)
    yield ended
    table.close()


def _local_end(table: SqliteTable, row: Machine, entered: Mapping[str, list[str]]) -> Ended:
    for _ in range(int(PATIENCE / 0.02)):
        item = table.get((keys.MACHINE, name(row)))[0]
        assert item
        if item.facts["status"] != "running":
            output = jsontext.loads(item.body)["output"]
            return Ended(item.text("status"), output, item.text("error"), tuple(entered[name(row)]))
        threading.Event().wait(0.02)
    raise AssertionError(f"{row.name} did not end")


@pytest.fixture(scope="module")
def in_moto() -> Iterator[dict[str, Ended]]:
    """All machines, at the same time, in moto's interpreter."""
    tasks, begun = Tasks(), threading.Event()
    with account() as aws:
        client = aws.step_functions()

        def work(payload: Mapping[str, Any], answers: Answers) -> Any:
            begun.wait(PATIENCE)  # whoever answers meanwhile is told of an execution that moto has not begun yet
            return tasks(payload, answers)

        answers = Answers(
            lambda token, output: client.send_task_success(taskToken=token, output=json.dumps(output)),
            lambda token, error, cause: client.send_task_failure(taskToken=token, error=error, cause=cause),
            lambda token: client.send_task_heartbeat(taskToken=token),
        )
        made = {
            name(row): aws.machine(json.dumps(row.definition), lambda _, payload: work(payload, answers), name(row))[1]
            for row in MACHINES
        }
        beating = [row for row in MACHINES if "HeartbeatSeconds" in json.dumps(row.definition)]
        calm = [row for row in MACHINES if row not in beating]
        ended: dict[str, Ended] = {}
        for rows in (calm, beating):  # a heartbeat is not to wait for forty interpreters in this process
            begun.clear()
            for row in rows:
                client.start_execution(stateMachineArn=made[name(row)], name=name(row), input=json.dumps(row.input))
            begun.set()
            ended |= {name(row): _moto_end(client, made[name(row)], name(row)) for row in rows}
        yield ended


def _moto_end(client: Any, machine: str, name: str) -> Ended:
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    for _ in range(int(PATIENCE / 0.05)):
        found = client.describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            break
        threading.Event().wait(0.05)
    else:
        raise AssertionError(f"{arn} did not end")
    history = client.get_execution_history(executionArn=arn)["events"]
    order = tuple(event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event)
    if found["status"] == "SUCCEEDED":
        return Ended("succeeded", json.loads(found["output"]), "", order)
    return Ended("failed", None, found.get("error", ""), order)


def test_the_table_is_of_the_promised_size_and_its_names_are_different() -> None:
    assert len(MACHINES) >= 40
    assert len({name(row) for row in MACHINES}) == len(MACHINES)


@pytest.mark.parametrize("row", MACHINES, ids=lambda row: row.name)
class TestEachMachine:
    def test_ends_as_it_must_in_the_local_machine(self, row: Machine, locally: dict[str, Ended]) -> None:
        found = locally[name(row)]
        assert (found.status, found.error) == ("failed" if row.error else "succeeded", row.error)
        assert found.output == row.output
        assert found.order == row.order

    def test_ends_alike_in_moto(self, row: Machine, locally: dict[str, Ended], in_moto: dict[str, Ended]) -> None:
        one, two = locally[name(row)], in_moto[name(row)]
        assert bool(row.moto) is bool(row.why), "a deviation needs its reason"
        if row.moto:
            assert {field: getattr(two, field) for field in row.moto} == row.moto
            assert any(getattr(one, field) != value for field, value in row.moto.items()), "moto no longer deviates"
        for field in {"status", "output", "error", "order"} - set(row.moto):
            assert getattr(two, field) == getattr(one, field), field
