"""Until when somebody was told that a session rests, in memory and in the Table."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.clock import HeldClock
from tests.kit.moto_services import TABLE, account
from walkaway_core.aws.table import DynamoTable
from walkaway_core.ports import ends
from walkaway_core.ports.ends import Ends, HeldEnds
from walkaway_core.store.ends import TableEnds
from walkaway_local.table import SqliteTable


@pytest.fixture(params=["memory", "sqlite", "dynamo"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ends]:
    clock = HeldClock()
    if request.param == "memory":
        yield HeldEnds()
    elif request.param == "sqlite":
        table = SqliteTable(tmp_path / "table.db", clock)
        yield TableEnds(table, clock)
        table.close()
    else:
        with account() as aws:
            made = DynamoTable(aws.table(), TABLE, clock)
            yield TableEnds(made, clock)
            made.close()


def test_what_was_told_is_known_of_that_session_alone(kept: Ends) -> None:
    assert kept.noted("t", "sess_1") == 0
    kept.note("t", "sess_1", 5.5)
    kept.note("t", "sess_1", 7.25)
    assert [kept.noted("t", "sess_1"), kept.noted("t", "sess_2"), kept.noted("u", "sess_1")] == [7.25, 0, 0]


def test_it_is_forgotten_after_a_while(tmp_path: Path) -> None:
    clock = HeldClock()
    table = SqliteTable(tmp_path / "table.db", clock)
    kept = TableEnds(table, clock)
    kept.note("t", "sess_1", clock.now())
    clock.time += ends.KEPT + 1
    assert kept.noted("t", "sess_1") == 0
    table.close()


def test_memory_holds_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends, "MOST", 3)
    kept = HeldEnds()
    for number in range(5):
        kept.note("t", f"sess_{number}", 1.0)
    assert [kept.noted("t", f"sess_{number}") for number in range(5)] == [0, 0, 1.0, 1.0, 1.0]
