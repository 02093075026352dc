"""The Table on SQLite: one writer thread that commits, and fsyncs, whatever is waiting in one go."""

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import (
    MAX_PAGE_BYTES,
    Change,
    Delete,
    Fact,
    Item,
    Key,
    Page,
    Present,
    Put,
    Refused,
    Unknown,
    Write,
    check_limits,
)
from walkaway_local.tails import Tails
from walkaway_wire import jsontext

DATABASE = "walkaway.db"
"""The file's name in a data folder."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    pk TEXT NOT NULL, sk TEXT NOT NULL, facts TEXT NOT NULL, body BLOB NOT NULL, expires INTEGER,
    PRIMARY KEY (pk, sk)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiring ON items (expires) WHERE expires IS NOT NULL;
"""
GROUP, MAX_GET = 256, 100

Job = tuple[tuple[Write, ...], "Future[None]"]


class SqliteTable:
    """Table: on a file. `close` makes it durable and releases it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._idle: deque[sqlite3.Connection] = deque()
        self._tails = Tails()
        self.quick, self._closed = True, False
        self._writing = self._connect()
        self._writing.execute("PRAGMA journal_mode = WAL")
        self._writing.execute("PRAGMA synchronous = FULL")
        self._writing.executescript(SCHEMA)
        self._thread = threading.Thread(target=self._run, name="table", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Carry out what was submitted, then close the file."""
        self._jobs.put(None)
        self._thread.join()
        self._writing.close()
        while self._idle:
            self._idle.pop().close()

    def get(self, *keys: Key) -> list[Item | None]:
        """Read items by key."""
        if len(keys) > MAX_GET:
            raise ValueError(f"{len(keys)} keys in one get; the limit is {MAX_GET}")
        with self._reading() as connection:
            return [self._get(connection, key) for key in keys]

    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        """Read a range of a partition."""
        sql = "SELECT pk, sk, facts, body, expires FROM items WHERE pk = ? AND sk > ?"
        values: list[str | float] = [pk, after]
        if upto is not None:
            sql += " AND sk <= ?"
            values.append(upto)
        sql += " AND (expires IS NULL OR expires > ?)"
        values.append(self._clock.now())
        sql += " ORDER BY sk DESC" if reverse else " ORDER BY sk"
        items: list[Item] = []
        size = 0
        with self._reading() as connection:
            for row in connection.execute(sql, values):
                if len(items) == limit or (items and size > MAX_PAGE_BYTES):
                    return Page(tuple(items), more=True)
                items.append(_item(row))
                size += items[-1].size
        return Page(tuple(items))

    def write(self, *writes: Write) -> None:
        """Carry out a transaction."""
        self.submit(*writes).result()

    def submit(self, *writes: Write) -> "Future[None]":
        """Hand a transaction to the writer. RuntimeError is the future's exception after `close`."""
        future: Future[None] = Future()
        try:
            check_limits(writes)
            self._jobs.put((writes, future))
            if self._closed:
                self._turn_away()
        except ValueError as error:
            future.set_exception(error)
        return future

    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        """Delete from the front of a partition."""
        items = self.query(pk, upto=upto, limit=min(limit, MAX_GET)).items
        if items:
            self.write(*(Delete(*item.key) for item in items))
        return len(items)

    def sweep_expired(self, limit: int = 1000) -> int:
        """Delete expired items for good; give how many. DynamoDB does this by itself."""
        now = self._clock.now()
        sql = "SELECT pk, sk FROM items WHERE expires IS NOT NULL AND expires <= ? LIMIT ?"
        with self._reading() as connection:
            keys = connection.execute(sql, (now, limit)).fetchall()
        for pk, sk in keys:
            self.write(Delete(pk, sk))
        return len(keys)

    async def tail(self, pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
        """Wait for news of a partition. Reads in the loop's own thread: that is faster than to leave it."""
        with self._tails.listen(pk) as news:
            page = self.query(pk, after=after, limit=limit)
            try:
                async with asyncio.timeout(timeout):
                    while not page.items:
                        await news.wait()
                        news.clear()
                        page = self.query(pk, after=after, limit=limit)
            except TimeoutError:
                pass
            return page

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection: threads come and go, connections are kept."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def _get(self, connection: sqlite3.Connection, key: Key) -> Item | None:
        sql = "SELECT pk, sk, facts, body, expires FROM items WHERE pk = ? AND sk = ?"
        row = connection.execute(sql, key).fetchone()
        item = None if row is None else _item(row)
        return item if item is None or item.expires is None or item.expires > self._clock.now() else None

    def _run(self) -> None:
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < GROUP and not self._jobs.empty():
                jobs.append(self._jobs.get())
            self._commit([job for job in jobs if job is not None])
            if None in jobs:
                self._closed = True
                self._turn_away()
                return

    def _turn_away(self) -> None:
        """Answer what came too late to be written, or whoever asked would wait for ever."""
        with suppress(queue.Empty):
            while True:
                if job := self._jobs.get_nowait():
                    job[1].set_exception(RuntimeError("the table has been closed"))

    def _commit(self, jobs: list[Job]) -> None:
        """Carry out a group of transactions in one of SQLite's; each is refused or not by itself."""
        answers: list[Callable[[], None]] = []
        touched: set[str] = set()
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            for writes, future in jobs:
                answers.append(self._answer(writes, future))
                touched.update(write.key[0] for write in writes)
            self._writing.execute("COMMIT")
        except sqlite3.Error as error:
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")
            for _, future in jobs:
                future.set_exception(Unknown(f"SQLite: {error}"))
            return
        self._tails.tell(touched)
        for answer in answers:
            answer()

    def _answer(self, writes: tuple[Write, ...], future: "Future[None]") -> Callable[[], None]:
        """Carry out one transaction inside the group's; give how its future is to be answered after the commit."""
        try:
            changes = self._changes(writes)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this transaction's alone
            return lambda failure=error: future.set_exception(failure)  # type: ignore[misc]
        for sql, row in changes:
            self._writing.execute(sql, row)
        return lambda: future.set_result(None)

    def _changes(self, writes: Iterable[Write]) -> list[tuple[str, tuple[str | bytes | int | None, ...]]]:
        """Judge all conditions, then give what is to be done."""
        changes: list[tuple[str, tuple[str | bytes | int | None, ...]]] = []
        for write in writes:
            stored = self._get(self._writing, write.key)
            when = (Present(), *write.when) if isinstance(write, Change) else write.when
            if not all(condition.holds(stored) for condition in when):
                raise Refused(write.key, stored)
            if isinstance(write, Put | Change):
                item = write.item if isinstance(write, Put) else _changed(stored, write)
                row = (*item.key, jsontext.dumps(dict(item.facts)), item.body, item.expires)
                changes.append(("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", row))
            elif isinstance(write, Delete):
                changes.append(("DELETE FROM items WHERE pk = ? AND sk = ?", write.key))
        return changes


def _item(row: tuple[str, str, str, bytes, int | None]) -> Item:
    pk, sk, facts, body, expires = row
    return Item(pk, sk, jsontext.loads(facts), body, expires)


def _changed(item: Item | None, write: Change) -> Item:
    assert item
    facts: dict[str, Fact] = {name: value for name, value in item.facts.items() if name not in write.drop}
    facts |= write.set
    for name, amount in write.add.items():
        before = facts.get(name, 0)
        assert isinstance(before, int), f"{write.key}: {name} is no number"
        facts[name] = before + amount
    changed = Item(item.pk, item.sk, facts, item.body, item.expires)
    check_limits((Put(changed),))
    return changed
