"""The writer when the disk is full: a database that may not grow, by SQLite's own limit."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.kit.clock import HeldClock
from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.items import Absent, Item, Put
from walkaway_core.ports.patience import NotWritten
from walkaway_local.table import SqliteTable

BIG = bytes(300_000)


class Small(SqliteTable):
    """A table whose file can be kept from growing."""

    def limit(self, *, full: bool) -> None:
        """Let no page be added, or as many as one likes; by a connection's own limit (sqlite.org/pragma.html)."""
        pages = self._writing.execute("PRAGMA page_count").fetchone()[0] if full else 2**30
        self._writing.execute(f"PRAGMA max_page_count = {pages}")


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path / "table.db", HeldClock())
    made.write(Put(Item("p", "first")))
    yield made
    made.limit(full=False)
    made.close()


def big(sk: str) -> Put:
    return Put(Item("p", sk, body=BIG))


def test_what_has_no_room_is_reported_and_what_has_is_written_though_they_came_together(table: Small) -> None:
    table.limit(full=True)
    done = [table.submit(put) for put in (big("a"), Put(Item("p", "b")), big("c"), Put(Item("p", "d")))]
    failures = [future.exception(10) for future in done]
    assert [type(failure) for failure in failures] == [NotWritten, type(None), NotWritten, type(None)]
    assert [item.sk for item in table.query("p").items] == ["b", "d", "first"]
    assert table.trouble() in ("The disk is full", "")


def test_a_transaction_without_room_has_not_happened_and_can_be_tried_again(table: Small) -> None:
    table.limit(full=True)
    writes = (big("a"), Put(Item("p", "b"), (Absent(),)))
    with patience.within(0.1), pytest.raises(Unavailable, match="The disk is full"):
        table.write(*writes)
    assert table.get(("p", "a"), ("p", "b")) == [None, None]
    table.limit(full=False)
    table.write(*writes)
    assert all(table.get(("p", "a"), ("p", "b")))


def test_whoever_works_for_a_turn_waits_until_there_is_room(table: Small) -> None:
    table.limit(full=True)
    refused = table.submit(big("x"))
    assert isinstance(refused.exception(10), NotWritten)
    later: Future[None] = Future()

    def make_room(_: object) -> None:
        table.limit(full=False)
        later.set_result(None)

    first = table.submit(big("y"))
    first.add_done_callback(make_room)
    table.write(big("z"))
    assert later.done()
    assert table.get(("p", "z"))[0]


def test_what_nobody_awaits_is_kept_in_front_of_what_comes_later(table: Small) -> None:
    table.limit(full=True)
    behind = table.write_behind(big("behind"))
    for sk in ("a", "b"):
        assert isinstance(table.submit(Put(Item("p", sk))).exception(10), NotWritten)
    assert not behind.done()
    assert table.trouble() == "The disk is full"
    over = table.write_behind(Put(Item("p", "behind", body=b"newer")))
    table.limit(full=False)
    table.write(Put(Item("p", "c")))
    assert behind.done()
    assert over.done()
    assert [item.sk for item in table.query("p").items] == ["behind", "c", "first"]
    assert table.get(("p", "behind"))[0].body == b"newer"  # type: ignore[union-attr]


def test_what_is_kept_is_tried_again_when_nobody_else_writes(table: Small) -> None:
    table.limit(full=True)
    behind = table.write_behind(big("behind"))
    with patience.within(0), pytest.raises(Unavailable):
        table.write(Put(Item("p", "a")))
    table.limit(full=False)
    behind.result(10)


def test_the_table_finds_out_by_itself_that_there_is_room_again(table: Small) -> None:
    table.limit(full=True)
    with patience.within(0), pytest.raises(Unavailable):
        table.write(big("a"))
    table.limit(full=False)
    for _ in range(100):
        if not table.trouble():
            break
        time.sleep(0.1)
    assert table.trouble() == ""


def test_what_was_kept_and_has_no_room_at_the_end_is_logged(table: Small, caplog: pytest.LogCaptureFixture) -> None:
    table.limit(full=True)
    table.write_behind(big("behind"))
    with patience.within(0), pytest.raises(Unavailable):
        table.write(Put(Item("p", "a")))
    table._writer.close()
    assert "not written: The disk is full" in caplog.text


def test_one_statement_that_fails_takes_nobody_along(table: Small) -> None:
    done = [
        table.submit(Put(Item("p", "a"))),
        table.submit(Put(Item("p", "\ud800"))),
        table.submit(Put(Item("p", "b"))),
    ]
    failures = [future.exception(10) for future in done]
    assert failures[0] is failures[2] is None
    assert failures[1]
