"""What the table keeps in memory: it must answer as SQLite would, whatever was written, has expired or was let go."""

import asyncio
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.kit.clock import HeldClock
from tests.ports.table_contract import tailed
from walkaway_core.ports.items import Absent, Change, Condition, Delete, Item, Present, Put, Refused, Unknown, Write
from walkaway_local import memory, partition, rows
from walkaway_local.table import SqliteTable

PARTITIONS, NAMES = ("p", "shared"), [f"{n}" for n in range(6)]
SEEN = st.tuples(st.sampled_from(PARTITIONS), st.sampled_from(NAMES))
NOT_YET = 10**9


class Forgetful(memory.Memory):
    """Knows nothing."""

    def learn(self, *_: Any) -> None:
        self.lose()


@st.composite
def transactions(draw: st.DrawFn) -> list[Write]:
    writes: list[Write] = []
    for pk, sk in draw(st.lists(SEEN, min_size=1, max_size=3, unique=True)):
        facts = {"n": draw(st.integers(0, 9))}
        expires = draw(st.sampled_from([None, None, 2, 5]))
        item = Item(pk, sk, facts, b"x" * draw(st.sampled_from([0, 10, 300])), expires and NOT_YET + expires)
        when: tuple[Condition, ...] = draw(st.sampled_from([(), (), (Absent(),), (Present(),)]))
        change = Change(pk, sk, set={"changed": True}, add={"n": 1})
        choices: list[Write] = [Put(item, when), Put(item), Delete(pk, sk, when), change]
        writes.append(draw(st.sampled_from(choices)))
    return writes


STEPS = st.lists(
    st.one_of(
        transactions().map(lambda writes: [writes]),
        st.lists(transactions(), min_size=2, max_size=4),  # at once: one group
        st.integers(1, 3),  # seconds that pass
        st.sampled_from(NAMES),  # another process writes it
        st.just("full"),
    ),
    min_size=5,
    max_size=25,
)


def alike(table: SqliteTable, plain: SqliteTable) -> None:
    """Everything that can be asked is answered alike."""
    for pk in PARTITIONS:
        keys = [(pk, sk) for sk in NAMES]
        assert table.get(*keys) == plain.get(*keys)
        for after in ("", "1", "3"):
            for upto in (None, "4"):
                for limit in (1, 100):
                    for back in (False, True):
                        asked: dict[str, Any] = {"after": after, "upto": upto, "limit": limit, "reverse": back}
                        assert table.query(pk, **asked) == plain.query(pk, **asked), (pk, asked)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS, most=st.sampled_from([0, 1_500, 2_500, 1_000_000]))
def test_it_answers_as_a_table_without_it(steps: list[Any], most: int) -> None:
    clock = HeldClock(NOT_YET)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        path = Path(name) / "table.db"
        table = SqliteTable(path, clock, shared=["shared"])
        table._memory._most = most
        patch.setattr("walkaway_local.table.Memory", Forgetful)
        plain = SqliteTable(path, clock)
        table.write(Put(Item("p", "0", {"n": 0})))
        for step in steps:
            if step in NAMES:
                plain.write(Put(Item("shared", step, {"n": 77})))
            elif step == "full":
                table._writing.execute("PRAGMA max_page_count = 1")
                assert isinstance(table.submit(Put(Item("p", "1", {}, b"x" * 200_000))).exception(10), Unknown)
                table._writing.execute("PRAGMA max_page_count = 1000000")
            elif isinstance(step, int):
                clock.time += step
            else:
                for done in [table.submit(*writes) for writes in step]:
                    assert isinstance(done.exception(10), Refused | None)
            alike(table, plain)
        assert table._memory._bytes <= most
        table.close()
        plain.close()


@pytest.fixture
def table(tmp_path: Path) -> Any:
    made = SqliteTable(tmp_path / "table.db", HeldClock())
    yield made
    made.close()


def without_sqlite(table: SqliteTable, ask: Callable[[], Any]) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "_reading", lambda: 1 / 0)
        return ask()


def test_what_was_written_and_the_end_of_its_partition_need_no_sqlite(table: SqliteTable) -> None:
    for number in range(5):
        table.write(Put(Item("log", f"{number}")))
    assert without_sqlite(table, lambda: table.get(("log", "3"))[0])
    last = without_sqlite(table, lambda: table.query("log", reverse=True, limit=1))
    assert ([item.sk for item in last.items], last.more) == (["4"], True)
    page = without_sqlite(table, lambda: asyncio.run(tailed(table, "log", "2", timeout=0)))
    assert [item.sk for item in page.items] == ["3", "4"]


def test_while_a_group_is_committed_nothing_of_it_is_answered_from_memory(
    table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or who finds a new item by a query could get an old one of another key after it."""
    table.write(Put(Item("log", "0")), Put(Item("t", "record", {"n": 0})))
    there, go = threading.Event(), threading.Event()
    learn = table._memory.learn

    def late(*arguments: Any) -> None:
        there.set()
        go.wait(20)
        learn(*arguments)

    monkeypatch.setattr(table._memory, "learn", late)
    done = table.submit(Put(Item("log", "1")), Put(Item("t", "record", {"n": 1})))
    assert there.wait(20)
    assert [item.sk for item in table.query("log", after="0").items] == ["1"]
    assert table.get(("t", "record"))[0] == Item("t", "record", {"n": 1})
    go.set()
    done.result(20)


def test_what_is_changed_after_it_was_handed_in_is_not_changed_here(table: SqliteTable) -> None:
    facts: dict[str, Any] = {"n": 1}
    table.write(Put(Item("p", "a", facts)))
    facts["n"] = 2
    assert table.get(("p", "a")) == [Item("p", "a", {"n": 1})]


def test_the_writer_judges_by_what_it_knows(table: SqliteTable, monkeypatch: pytest.MonkeyPatch) -> None:
    table.write(Put(Item("p", "a")))
    monkeypatch.setattr(rows, "stored", lambda *_: 1 / 0)
    with pytest.raises(Refused):
        table.write(Put(Item("p", "a"), (Absent(),)))


def test_what_the_end_of_a_partition_does_not_have_is_not_there(
    table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.write(Put(Item("log", "1")))
    assert without_sqlite(table, lambda: table.get(("log", "2"))) == [None]
    monkeypatch.setattr(rows, "stored", lambda *_: 1 / 0)
    table.write(Put(Item("log", "2"), (Absent(),)))


@pytest.mark.parametrize("pk", ["new", "old"])
def test_what_is_written_behind_all_that_is_there_is_judged_without_a_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pk: str
) -> None:
    """As a log and a conversation are, also one that nobody has written to since the process began."""
    before = SqliteTable(tmp_path / "table.db", HeldClock())
    before.write(Put(Item("old", "0")), Put(Item("old", "1")))
    before.close()
    table = SqliteTable(tmp_path / "table.db", HeldClock())
    monkeypatch.setattr(rows, "stored", lambda *_: 1 / 0)
    table.write(Put(Item(pk, "2"), (Absent(),)), Put(Item(pk, "3"), (Absent(),)))
    assert [item.sk for item in without_sqlite(table, lambda: table.query(pk, after="1")).items] == ["2", "3"]
    table.close()


def test_a_group_takes_few_statements(table: SqliteTable) -> None:
    """Around each of them the interpreter's lock may be lost to another thread."""
    table.write(*(Put(Item(f"p{number}", "x")) for number in range(20)))
    seen: list[str] = []
    table._writing.set_trace_callback(seen.append)
    table.write(
        *(Put(Item(f"q{number}", "x"), (Absent(),)) for number in range(31)),
        *(Delete(f"p{number}", "x") for number in range(20)),
    )
    table._writing.set_trace_callback(None)
    assert len(seen) == 8, "two around it, two that look and two that write for 31, two that delete 20"
    assert table.get(("p19", "x"), ("q0", "x"), ("q30", "x")) == [None, Item("q0", "x"), Item("q30", "x")]
    assert table.query("p19").items == ()
    assert len(table.query("q30").items) == 1


def test_a_partition_that_rests_is_let_go_and_one_that_is_read_stays(tmp_path: Path) -> None:
    clock = HeldClock()
    table = SqliteTable(tmp_path / "table.db", clock)
    table.write(Put(Item("rests", "0")), Put(Item("read", "0")), Put(Item("written", "0")))
    for number in (1, 2):
        clock.time += partition.LONG_REST
        table.get(("read", "0"))
        table.write(Put(Item("written", f"{number}")))
    assert isinstance(table._memory.get(("rests", "0"), 0), memory.Nothing)
    assert without_sqlite(table, lambda: table.get(("read", "0"), ("written", "1"), ("read", "1"))) == [
        *(Item("read", "0"), Item("written", "1"), None)
    ]
    assert table._memory._bytes == 3 * partition.OVERHEAD + len("read0") + 2 * len("written0")
    table.close()


def known(table: SqliteTable, pk: str, count: int) -> list[int]:
    """Say which of a partition's items need no SQLite."""
    asked = [table._memory.get((pk, f"{number:02}"), 0) for number in range(count)]
    return [number for number, item in enumerate(asked) if isinstance(item, Item)]


def test_a_partition_of_many_items_rests_for_less_time(tmp_path: Path) -> None:
    clock = HeldClock()
    table = SqliteTable(tmp_path / "table.db", clock)
    for pk, count in (("few", partition.MANY), ("many", partition.MANY + 1)):
        table.write(*(Put(Item(pk, f"{number:02}")) for number in range(count)))
    clock.time += partition.REST + 0.1
    table.write(Put(Item("other", "0")))
    assert (known(table, "few", partition.MANY), known(table, "many", 99)) == ([*range(partition.MANY)], [])
    table.close()


def growing(tmp_path: Path, ask: Callable[[SqliteTable, int], None]) -> SqliteTable:
    """Write forty items of one partition, one after the other, and ask something behind each."""
    clock = HeldClock()
    table = SqliteTable(tmp_path / "table.db", clock)
    for number in range(40):
        clock.time += partition.REST / 2
        table.write(Put(Item("all", f"{number:02}")))
        ask(table, number)
    return table


@pytest.mark.parametrize("deeply", [False, True])
def test_of_a_partition_that_is_written_all_the_time_what_rests_is_let_go_unless_somebody_reads_it(
    tmp_path: Path, *, deeply: bool
) -> None:
    """As of a list of all sessions; the conversation of a long one is read whole at each step."""

    def ask(table: SqliteTable, number: int) -> None:
        assert not deeply or len(table.query("all").items) == number + 1

    table = growing(tmp_path, ask)
    assert len(known(table, "all", 40)) in (range(40, 41) if deeply else range(1, 12))
    assert [item.sk for item in table.query("all", after="10").items] == [f"{number:02}" for number in range(11, 40)]
    table.close()


def test_of_a_partition_whose_end_is_read_again_and_again_the_rest_goes_all_the_same(tmp_path: Path) -> None:
    """As of the newest of a list."""

    def ask(table: SqliteTable, number: int) -> None:
        newest = table.query("all", reverse=True, limit=12).items
        assert [int(item.sk) for item in newest] == [*range(number, max(-1, number - 12), -1)]

    table = growing(tmp_path, ask)
    kept = known(table, "all", 40)
    assert kept == [*range(kept[0], 40)]
    assert 10 < len(kept) < 20
    table.close()


def test_one_item_that_is_asked_for_stays(tmp_path: Path) -> None:
    def ask(table: SqliteTable, _: int) -> None:
        assert without_sqlite(table, lambda: table.get(("all", "00")))[0]

    table = growing(tmp_path, ask)
    assert 1 < len(known(table, "all", 40)) < 12
    table.close()


def test_no_reader_finds_an_old_record_behind_a_new_event(table: SqliteTable) -> None:
    over = threading.Event()
    late: list[tuple[int, int]] = []

    def read() -> None:
        while not over.is_set():
            page = table.query("log", reverse=True, limit=1)
            record = table.get(("t", "record"))[0]
            if page.items and (record is None or record.number("n") < int(page.items[0].sk)):
                late.append((int(page.items[0].sk), record.number("n") if record else -1))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(300):
        table.write(Put(Item("t", "record", {"n": number})), Put(Item("log", f"{number:05}"), (Absent(),)))
    over.set()
    for reader in readers:
        reader.join()
    assert late == []
