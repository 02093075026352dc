"""The Table on SQLite: many connections that read, and one writer."""

import sqlite3
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import Delete, Item, Key, Page, Write, check_behind, check_limits
from walkaway_core.store.format import WrongFormat
from walkaway_local import rows
from walkaway_local.format import open_up
from walkaway_local.memory import Memory, Nothing
from walkaway_local.tails import SqliteTail, Tails
from walkaway_local.trouble import CannotOpen, sentence
from walkaway_local.writer import Writer, log_failure

DATABASE = "walkaway.db"
"""The file's name in a data folder."""
MAX_GET = 100
CACHE_KB = 512
"""What a connection keeps of the file; there is one for each thread that reads at the same time."""
LOCKED = 0.2
"""Seconds that a write waits for another program's at a time: it is tried again, as long as whoever asked has time."""


class SqliteTable:
    """Table: on a file. `close` makes it durable and releases it. `shared`: partitions that other processes write."""

    quick = True

    def __init__(self, path: Path, clock: Clock, shared: Collection[str] = ()) -> None:
        self._path = path
        self._clock = clock
        self._idle: deque[sqlite3.Connection] = deque()
        self._tails = Tails()
        self._memory = Memory(frozenset(shared), clock)
        try:
            self._writing = self._opened()
        except sqlite3.Error as error:
            raise CannotOpen(sentence(path, error) or f"{path} cannot be opened: {error}") from error
        except WrongFormat as error:
            raise CannotOpen(str(error)) from None
        self._writer = Writer(self._writing, path, self._memory, clock, self._tails.tell)

    def trouble(self) -> str:
        """Say in a sentence why nothing can be written at present; empty while it can. Costs nothing."""
        return self._writer.outlook.reason

    def close(self) -> None:
        """Carry out what was submitted, then close the file."""
        self._writer.close()
        self._writing.close()
        while self._idle:
            self._idle.pop().close()

    def get(self, *keys: Key) -> list[Item | None]:
        """Read items by key."""
        if len(keys) > MAX_GET:
            raise ValueError(f"{len(keys)} keys in one get; the limit is {MAX_GET}")
        now = self._clock.now()
        items = [self._memory.get(key, now) for key in keys]
        if not any(isinstance(item, Nothing) for item in items):
            return [item for item in items if not isinstance(item, Nothing)]
        with self._reading() as connection:
            return [
                self._get(connection, key) if isinstance(item, Nothing) else item
                for key, item in zip(keys, items, strict=True)
            ]

    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        """Read a range of a partition."""
        if page := self._memory.query(pk, after, upto, limit, reverse=reverse):
            return page
        sql = "SELECT pk, sk, facts, body, expires FROM items WHERE pk = ? AND sk > ?"
        values: list[str | float] = [pk, after]
        if upto is not None:
            sql += " AND sk <= ?"
            values.append(upto)
        sql += " AND (expires IS NULL OR expires > ?)"
        values.append(self._clock.now())
        sql += " ORDER BY sk DESC" if reverse else " ORDER BY sk"
        with self._reading() as connection:
            return rows.page(connection, sql, values, limit)

    def write(self, *writes: Write) -> None:
        """Carry out a transaction. Raises Unavailable when there has been no room for as long as the caller bears."""
        outlook = self._writer.outlook
        patience.keep_trying(lambda: self.submit(*writes).result(), ill_since=lambda: outlook.since)

    def submit(self, *writes: Write) -> "Future[None]":
        """Hand a transaction to the writer. RuntimeError is the future's exception after `close`."""
        try:
            check_limits(writes)
        except ValueError as error:
            future: Future[None] = Future()
            future.set_exception(error)
            return future
        return self._writer.hand_in(writes, awaited=True)

    def write_behind(self, *writes: Write) -> "Future[None]":
        """Hand the writer what goes along with the next transaction."""
        check_behind(writes)
        future = self._writer.hand_in(writes, awaited=False)
        future.add_done_callback(log_failure)
        return future

    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        """Delete from the front of a partition."""
        items = self.query(pk, upto=upto, limit=min(limit, MAX_GET)).items
        if items:
            self.write(*(Delete(*item.key) for item in items))
        return len(items)

    def sweep_expired(self, before: float, limit: int = 1000) -> int:
        """Delete for good what has expired before a time; give how many items. DynamoDB does this by itself."""
        with self._reading() as connection:
            keys = rows.expired(connection, before, limit)
        for pk, sk in keys:
            self.write(Delete(pk, sk))
        return len(keys)

    def tail(self) -> AbstractContextManager[SqliteTail]:
        """Give what waits for news; to be asked for on an event loop."""
        return self._tails.tail(self.query)

    def _opened(self) -> sqlite3.Connection:
        connection = self._connect(LOCKED)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            open_up(connection, self._path)
        except (sqlite3.Error, WrongFormat):
            connection.close()
            raise
        return connection

    def _connect(self, timeout: float = 5.0) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection: threads come and go, connections are kept."""
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                yield connection
            finally:
                self._idle.append(connection)
        except sqlite3.Error as error:
            reason = sentence(self._path, error)
            if reason is None:
                raise
            raise Unavailable(reason, changed=False) from error

    def _get(self, connection: sqlite3.Connection, key: Key) -> Item | None:
        item = rows.stored(connection, key)
        return item if item is None or item.expires is None or item.expires > self._clock.now() else None
