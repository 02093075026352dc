"""The turn of docs/cost.md, counted anew: what it asks of AWS is what the page says, and no more."""

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import cost, tab
from dev.bill import bill, page
from dev.template import Stack
from tests.kit.browsers import CHROMIUM, needs_chromium

pytestmark = [pytest.mark.deep, pytest.mark.timeout(400)]  # all that is counted takes its time once, before the first
APPENDS_A_SECOND = 5


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, Any]]:
    with cost.account() as made:
        made.warm_up()
        yield {"sweep": made.sweep()} | ({"tab": tab.counted(made)} if CHROMIUM else {}) | made.turn()


def test_its_states_are_those_of_the_page(counts: dict[str, Any]) -> None:
    assert counts["moves"] == bill.counted()["moves"]


def test_deltas_are_appended_once_in_200_ms_and_the_first_at_once(counts: dict[str, Any]) -> None:
    deltas = counts["deltas"]
    assert deltas["calls"] <= 1 + deltas["seconds"] * APPENDS_A_SECOND, deltas
    assert deltas["write units"] == deltas["calls"], "each fits into one unit"


def test_a_look_at_the_log_reads_one_unit(counts: dict[str, Any]) -> None:
    assert counts["looks"]["read units"] <= 1.1


def test_a_sweep_with_nothing_to_do_reads_its_shards_and_writes_nothing(counts: dict[str, Any]) -> None:
    assert counts["sweep"]["read units"] == 16


def test_the_table_and_the_bucket_are_asked_no_more_than_the_page_says(counts: dict[str, Any]) -> None:
    """Looks while a command runs depend on the machine's haste, and by as much as that the page is exceeded."""
    before = bill.counted()
    assert page.trips(counts) <= page.trips(before) + 0.5
    for function, used in before["used"].items():
        for unit, number in used.items():
            assert counts["used"][function][unit] <= number * 1.1 + 8, (function, unit)


def test_by_these_counts_it_costs_no_more_than_was_reached(counts: dict[str, Any]) -> None:
    """Times are those of the page: they are the machine's."""
    stack, before = Stack(), bill.counted()
    anew = {**counts, **{name: before[name] for name in ("invocations", "sandbox_seconds")}}
    assert sum(line.dollars for line in bill.turn(anew, bill.memories(stack))) <= bill.TARGETS["turn"]


@needs_chromium
def test_an_open_tab_asks_no_more_than_the_page_says(counts: dict[str, Any]) -> None:
    before, now = bill.counted()["tab"], counts["tab"]
    assert now["hidden"] == 0, "an hour that nobody looks at"
    assert now["poll"] == pytest.approx(before["poll"], abs=2)
    assert now["look"] <= 1.1
    assert now["beats"] <= before["beats"] * 1.5 + 0.1
    for function, number in now["opening"].items():
        assert number <= before["opening"][function] + 2, function
