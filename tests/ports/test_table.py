"""The Table's contract, on every adapter, and on adapters that are broken on purpose."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.kit.clock import HeldClock
from tests.kit.dynamo import Trouble
from tests.kit.moto_services import TABLE, account
from tests.ports import table_contract as contract
from walkaway_core.aws.table import DynamoTable
from walkaway_core.ports.items import Delete, Item, Key, Page, Put, Refused, Unknown, Write
from walkaway_local.table import SqliteTable
from walkaway_local.writer import GROUP


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def table(tmp_path: Path, clock: HeldClock) -> Iterator[SqliteTable]:
    made = SqliteTable(tmp_path / "table.db", clock)
    yield made
    made.close()


@pytest.fixture
def dynamo(clock: HeldClock) -> Iterator[DynamoTable]:
    with account() as aws:
        made = DynamoTable(aws.table(), TABLE, clock)
        yield made
        made.close()


@pytest.mark.parametrize("adapter", ["table", "dynamo"])
@pytest.mark.parametrize("check", contract.CONTRACT, ids=lambda check: check.__name__)
def test_contract(
    check: contract.ContractCheck, adapter: str, request: pytest.FixtureRequest, clock: HeldClock
) -> None:
    check(request.getfixturevalue(adapter), clock)


class ForgetsConditions(SqliteTable):
    def submit(self, *writes: Write):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return super().submit(*(Put(write.item) if isinstance(write, Put) else write for write in writes))


class WritesOneByOne(SqliteTable):
    def write(self, *writes: Write) -> None:
        for write in writes:
            super().write(write)


class WritesFarBehind(SqliteTable):
    """Holds what is written behind until the next transaction is over."""

    def submit(self, *writes: Write):  # type: ignore[no-untyped-def]  # noqa: ANN201
        done = super().submit(*writes)
        done.exception()
        while held := getattr(self, "_held", []):
            super().write_behind(*held.pop(0))
        return done

    def write_behind(self, *writes: Write):  # type: ignore[no-untyped-def]  # noqa: ANN201
        self._held = [*getattr(self, "_held", []), writes]
        done: Future[None] = Future()
        done.set_result(None)
        return done


class WritesBehindOnConditions(SqliteTable):
    def write_behind(self, *writes: Write):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return self.submit(*writes)


class KeepsExpired(SqliteTable):
    def get(self, *keys: Key) -> list[Item | None]:
        self._clock = HeldClock(0)
        return super().get(*keys)


class IncludesAfter(SqliteTable):
    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        return super().query(pk, after=after[:-1], upto=upto, reverse=reverse, limit=limit)


class NeverSaysMore(SqliteTable):
    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        return Page(super().query(pk, after=after, upto=upto, reverse=reverse, limit=limit).items)


class LooksOnce(SqliteTable):
    @contextmanager
    def tail(self) -> Iterator[Any]:
        async def read(pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
            return self.query(pk, after=after, limit=limit)

        yield SimpleNamespace(read=read)


class NeverLooksAgain(SqliteTable):
    """Believes that there is nothing behind what it has read, and does not hear of more."""

    @contextmanager
    def tail(self) -> Iterator[Any]:
        ends: dict[str, str] = {}

        async def read(pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
            if ends.get(pk) == after:
                await asyncio.sleep(min(timeout, 0.1))
                return Page(())
            with super(NeverLooksAgain, self).tail() as tail:
                page = await tail.read(pk, after, limit=limit, timeout=timeout)
            ends[pk] = page.items[-1].sk if page.items else after
            return page

        yield SimpleNamespace(read=read)


class StaysWithOnePartition(SqliteTable):
    @contextmanager
    def tail(self) -> Iterator[Any]:
        first: list[str] = []
        with super().tail() as tail:

            async def read(pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
                first.append(pk)
                return await tail.read(first[0], after, limit=limit, timeout=timeout)

            yield SimpleNamespace(read=read)


class DeafOnceGivenUp(SqliteTable):
    @contextmanager
    def tail(self) -> Iterator[Any]:
        waits: list[str] = []
        with super().tail() as tail:

            async def read(pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
                if waits:
                    return Page(())
                waits.append(pk)
                page = await tail.read(pk, after, limit=limit, timeout=timeout)
                waits.clear()
                return page

            yield SimpleNamespace(read=read)


class SweepsFromTheBack(SqliteTable):
    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        items = self.query(pk, upto=upto, reverse=True, limit=limit).items
        for item in items:
            super().sweep_out(pk, item.sk, 1)
        return len(items)


class TakesAnyNumberOfKeys(SqliteTable):
    def get(self, *keys: Key) -> list[Item | None]:
        return [super(TakesAnyNumberOfKeys, self).get(key)[0] for key in keys]


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (ForgetsConditions, contract.only_one_of_many_racing_writers_wins),
        (ForgetsConditions, contract.refused_names_the_first_write_refused_and_what_stood_there),
        (WritesOneByOne, contract.all_writes_are_carried_out_or_none),
        (WritesOneByOne, contract.limits_are_those_of_dynamodb_and_nothing_is_written_beyond_them),
        (WritesFarBehind, contract.what_is_written_behind_is_carried_out_before_what_is_handed_in_afterwards),
        (WritesFarBehind, contract.what_is_written_behind_is_seen_once_something_later_is_durable),
        (WritesFarBehind, contract.what_is_written_behind_is_seen_once_its_future_is_done_which_takes_nothing),
        (WritesBehindOnConditions, contract.nothing_is_written_behind_on_a_condition_or_beyond_a_limit),
        (KeepsExpired, contract.an_item_counts_as_absent_from_the_second_in_which_it_expires),
        (IncludesAfter, contract.query_reads_behind_after_up_to_and_with_upto_in_byte_order),
        (IncludesAfter, contract.tail_gives_what_is_there_at_once),
        (NeverSaysMore, contract.query_says_whether_the_range_goes_on),
        (NeverSaysMore, contract.query_stops_at_about_a_megabyte),
        (LooksOnce, contract.tail_wakes_when_something_is_written),
        (LooksOnce, contract.tail_misses_nothing_that_is_written_meanwhile),
        (NeverLooksAgain, contract.tail_misses_nothing_that_is_written_between_two_reads),
        (StaysWithOnePartition, contract.tail_reads_one_partition_after_the_other_from_anywhere),
        (DeafOnceGivenUp, contract.tail_that_was_given_up_while_it_waited_misses_nothing),
        (SweepsFromTheBack, contract.sweep_out_deletes_from_the_front),
        (TakesAnyNumberOfKeys, contract.get_takes_a_hundred_keys_and_no_more),
    ],
    ids=lambda value: value.__name__,
)
def test_a_broken_table_fails_its_contract(
    broken: type[SqliteTable], check: contract.ContractCheck, tmp_path: Path, clock: HeldClock
) -> None:
    table = broken(tmp_path / "table.db", clock)
    try:
        with pytest.raises((AssertionError, pytest.fail.Exception, Refused)):
            check(table, clock)
    finally:
        table.close()


def test_threads_that_come_and_go_leave_no_connection_behind(table: SqliteTable) -> None:
    for _ in range(50):
        thread = threading.Thread(target=table.get, args=(("p", "a"),))
        thread.start()
        thread.join()
    assert len(table._idle) == 1


def test_what_cannot_be_stored_fails_alone(table: SqliteTable) -> None:
    futures = [table.submit(Put(Item("p", str(n), {"n": 1}))) for n in range(3)]
    bad = table.submit(Put(Item("p", "bad", {"n": float("nan")})))  # type: ignore[dict-item]
    futures += [table.submit(Put(Item("p", str(n)))) for n in range(3, 6)]
    assert isinstance(bad.exception(10), ValueError)
    assert [future.exception(10) for future in futures] == [None] * 6
    assert len(table.query("p").items) == 6


def test_a_full_disk_is_an_unknown_outcome_and_the_table_goes_on(table: SqliteTable) -> None:
    table._writing.execute("PRAGMA max_page_count = 20")
    failures = [table.submit(Put(Item("p", str(n), {}, b"x" * 50_000))).exception(10) for n in range(10)]
    assert isinstance(failures[-1], Unknown)
    table._writing.execute("PRAGMA max_page_count = 1000000")
    table.write(Put(Item("q", "after")))
    assert table.get(("q", "after"))[0]


def test_what_is_written_behind_goes_along_with_the_next_transaction_and_no_sooner(
    table: SqliteTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: HeldClock
) -> None:
    """It is one of SQLite's with what is waited for, so no crash can lose one of them without what comes after it."""
    monkeypatch.setattr("walkaway_local.writer.HOLD", 30.0)
    behind = table.write_behind(Put(Item("p", "a")))
    assert not behind.done()
    table.write(Put(Item("p", "b")))
    assert behind.done()
    for file in tmp_path.glob("table.db*"):
        shutil.copy(file, tmp_path / file.name.replace("table", "crashed"))
    assert table._writing.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: a commit has been fsynced
    crashed = SqliteTable(tmp_path / "crashed.db", clock)
    assert [item.sk for item in crashed.query("p").items] == ["a", "b"]
    crashed.close()


def test_what_cannot_be_written_behind_is_logged_and_what_comes_later_is_written(
    table: SqliteTable, caplog: pytest.LogCaptureFixture
) -> None:
    bad = table.write_behind(Put(Item("p", "bad", {"n": float("nan")})))  # type: ignore[dict-item]
    worse = table.write_behind(Delete("p", "\ud800"))
    table.write(Put(Item("p", "good")))
    assert isinstance(bad.exception(10), ValueError)
    assert isinstance(worse.exception(10), ValueError)
    assert [record.message.partition(":")[0] for record in caplog.records] == ["not written", "not written"]
    assert [item.sk for item in table.query("p").items] == ["good"]


def test_what_dynamodb_cannot_write_behind_is_logged(
    dynamo: DynamoTable, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = Trouble(dynamo._client._client)  # type: ignore[attr-defined]
    trouble.answers(500, "InternalServerError")
    assert isinstance(dynamo.write_behind(Put(Item("p", "a"))).exception(10), Unknown)
    assert "not written" in caplog.text


def test_more_than_a_group_is_written_though_nobody_waits(table: SqliteTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walkaway_local.writer.HOLD", 30.0)
    futures = [table.write_behind(Put(Item("p", str(n)))) for n in range(GROUP)]
    futures[-1].result(10)


def test_whoever_no_longer_waits_keeps_nobody_from_writing(table: SqliteTable) -> None:
    gone = table.submit(Put(Item("p", "a")))
    gone.cancel()
    table.write(Put(Item("p", "b")))
    assert len(table.query("p").items) == 2


def test_expired_items_are_removed_for_good(table: SqliteTable, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a", expires=int(clock.now()) + 1)), Put(Item("p", "b")))
    clock.time += 5
    assert table.sweep_expired(clock.now()) == 1
    with table._reading() as connection:
        assert connection.execute("SELECT count(*) FROM items").fetchone() == (1,)


def test_what_comes_after_the_end_is_turned_away(tmp_path: Path, clock: HeldClock) -> None:
    """A thread that waited for it would keep the whole process from ending."""
    table = SqliteTable(tmp_path / "table.db", clock)
    table.write(Put(Item("a", "b")))
    table.close()
    with pytest.raises(RuntimeError, match="has been closed"):
        table.submit(Put(Item("a", "c"))).result(timeout=10)
