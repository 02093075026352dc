"""Every fault at few of its points, or at more of them, on both sides; `make faults` tries them all."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import served
from tests.faults.campaign import TURN, Fault, Ground, attempt, calm, campaign, ground
from tests.faults.catalogue import CATALOGUE, at, each
from tests.kit.faulty import WRITE_FAULTS


def every_second(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Give each life some kinds of fault, and each kind in some lives: half of all; `make faults` tries the others."""
    lives: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for fault in faults:
        life, _, kind = fault.name.rpartition("; ")
        new = life not in lives or kind not in kinds
        if (lives.setdefault(life, len(lives)) + kinds.setdefault(kind, len(kinds))) % 2 == 0 or new:
            yield fault


FEW = 2
EVERY = {"one machine": 15, "AWS": 60}
"""Every so many points: moto is slow."""
CASES = [("one machine", fault) for fault in CATALOGUE if "one machine" in fault.sides]
CASES += [("AWS", fault) for fault in every_second(fault for fault in CATALOGUE if "AWS" in fault.sides)]
ONCE = [(fault.sides[0], fault) for fault in CATALOGUE]
"""Each fault on one machine, where it can happen there."""


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ground]]:
    folder = tmp_path_factory.mktemp("faults")
    with ground("one machine", folder) as here, ground("AWS", folder) as there:
        yield {"one machine": here, "AWS": there}


def test_a_calm_turn_does_what_the_script_says(grounds: dict[str, Ground]) -> None:
    counts, wrong = calm(grounds["one machine"])
    assert wrong == []
    progress, told = 1, 2
    assert counts["transaction"] == 1 + 3 * 2 + 3 * 2 + progress + told, (
        "a start, each step's begin and commit, each call's claim and end; the bus told of start and end"
    )
    assert (counts["invocation"], counts["start"], counts["publish"]) == (3 + 3, 1, told)


def test_a_calm_turn_in_one_go_takes_two_transactions_a_step(grounds: dict[str, Ground]) -> None:
    counts, wrong = calm(grounds["one machine"], replace(TURN, in_one_go=True))
    assert wrong == []
    progress, told = 1, 2
    assert counts["transaction"] == 1 + 3 * 2 + progress + 1 + told, (
        "a start; each step's begin, with the results of the one before, and commit, with its claims or the end; "
        "the begin behind progress that was told looks for its place"
    )
    assert (counts["invocation"], counts["start"], counts["publish"]) == (1, 1, told)


def rows(cases: list[tuple[str, Fault]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("side", "fault"), cases, ids=[f"{side}: {fault.name}" for side, fault in cases])


@rows(ONCE)
def test_a_fault_in_the_middle_and_at_the_end_leaves_everything_sound(
    side: str, fault: Fault, grounds: dict[str, Ground]
) -> None:
    row = campaign(grounds[side], fault, most=FEW)
    assert row.tried
    assert row.violations == {}


@pytest.mark.deep
@pytest.mark.timeout(300)
@rows(CASES)
def test_a_fault_leaves_everything_sound(side: str, fault: Fault, grounds: dict[str, Ground]) -> None:
    row = campaign(grounds[side], fault, EVERY[side])
    assert row.tried
    assert row.violations == {}


@pytest.mark.parametrize("fault", WRITE_FAULTS)
def test_deltas_that_were_grouped_are_as_safe(fault: str, grounds: dict[str, Ground]) -> None:
    """How they are grouped is chance, so only the first of all writes are tried."""
    found = Fault(fault, each("transaction"), at("write", fault))
    here = grounds["one machine"]
    wrong = {point: attempt(here, found, point, calm=False) for point in found.points(calm(here)[0])}
    assert {point: said for point, said in wrong.items() if said} == {}


def test_readers_whose_connection_breaks_miss_nothing(tmp_path: Path) -> None:
    row = served.readers(tmp_path, EVERY["one machine"])
    assert row.tried
    assert row.violations == {}


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_a_server_that_is_killed_under_many_turns_loses_nothing(tmp_path: Path) -> None:
    row = served.killed(tmp_path, kills=4)
    assert row.tried == 4
    assert row.violations == {}
