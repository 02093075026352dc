"""Whole turns under faults: each write of a turn goes wrong once, in each way; invocations come twice, or late.

After each, what must hold of a turn holds (`world.violations`).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.table import FAULTS
from tests.faults.world import SCRIPT, World, respond, violations
from tests.messages_api import MessagesApi, messages_api
from walkaway_core.doors import DOORS


@pytest.fixture(scope="module")
def service() -> Iterator[MessagesApi]:
    with messages_api() as found:
        found.respond = respond
        yield found
        assert found.problems == []


def calm(folder: Path, service: MessagesApi) -> tuple[int, int]:
    """Let a turn run undisturbed; give how many writes it has that are no plain appends, and how many that are."""
    world = World(folder, service.url)
    before = world.table.writes, world.table.structural_writes
    turn = world.run()
    assert violations(world, turn) == []
    assert (world.file(), world.sweeps) == ("one+", 0)
    world.close()
    structural = world.table.structural_writes - before[1]
    return structural, world.table.writes - before[0] - structural


def broken_at(folder: Path, service: MessagesApi, number: int, fault: str, kind: str) -> tuple[bool, list[str]]:
    """Let one write of a turn go wrong; say whether it came to that, and what was wrong in the end."""
    folder.mkdir()
    world = World(folder, service.url)
    if kind == "structural":
        world.table.at_structural(number, fault)
    else:
        world.table.at(number, fault)
    armed = world.table.picks
    turn = world.run()
    found = world.table.picks is not armed, violations(world, turn)
    world.close()
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_transaction_leaves_a_sound_turn(fault: str, tmp_path: Path, service: MessagesApi) -> None:
    (tmp_path / "calm").mkdir()
    writes, _ = calm(tmp_path / "calm", service)
    assert writes >= 1 + 2 * len(SCRIPT) + 2 * 3 + 2, (
        "start; each step's begin and commit; each call's claim and end; end"
    )
    results = {n: broken_at(tmp_path / str(n), service, n, fault, "structural") for n in range(1, writes + 1)}
    assert {n: found for n, (_, found) in results.items() if found} == {}
    assert all(fired for fired, _ in results.values())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_append_leaves_a_sound_turn(fault: str, tmp_path: Path, service: MessagesApi) -> None:
    """Their number depends on how deltas happen to be grouped, so only the first of all writes are tried."""
    (tmp_path / "calm").mkdir()
    structural, appends = calm(tmp_path / "calm", service)
    results = {n: broken_at(tmp_path / str(n), service, n, fault, "any") for n in range(1, structural + appends // 2)}
    assert {n: found for n, (_, found) in results.items() if found} == {}
    assert all(fired for fired, _ in results.values())


def test_invocations_that_come_twice_do_nothing_twice(tmp_path: Path, service: MessagesApi) -> None:
    world = World(tmp_path, service.url, repeat=2)
    before = len(service.requests)
    turn = world.run()
    assert violations(world, turn) == []
    assert world.file() == "one+"
    assert len(service.requests) - before == len(SCRIPT), "no model call is made twice"
    world.close()


def test_invocations_that_come_late_change_nothing(tmp_path: Path, service: MessagesApi) -> None:
    world = World(tmp_path, service.url)
    turn = world.run()
    log = world.table.query(turn.log).items
    for function, payload in reversed(world.machine.invoked):
        assert DOORS[function](world.services, payload)["next"] == "over"
    assert world.table.query(turn.log).items == log
    assert violations(world, turn) == []
    world.close()
