"""The one thread that writes into SQLite: it commits, and fsyncs, whatever has been handed in, in one go."""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress

from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import Unknown, Write
from walkaway_local import rows
from walkaway_local.group import Group
from walkaway_local.memory import Memory

GROUP = 256
"""How many transactions go into one of SQLite's at the most."""
HOLD = 0.1
"""Seconds for which what nobody waits for waits for company: it costs no fsync of its own then."""

Job = tuple[tuple[Write, ...], "Future[None]"]


class Writer:
    """Carries out transactions in the order in which they were handed in. `tell` hears which partitions changed."""

    def __init__(
        self, connection: sqlite3.Connection, memory: Memory, clock: Clock, tell: Callable[[set[str]], None]
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._clock = clock
        self._tell = tell
        self._changed = threading.Condition(threading.Lock())
        self._jobs: deque[Job] = deque()
        self._awaited = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="table", daemon=True)
        self._thread.start()

    def hand_in(self, writes: tuple[Write, ...], *, awaited: bool) -> "Future[None]":
        """Queue a transaction; one that nobody awaits goes along with the next, within HOLD seconds.

        RuntimeError is the future's exception after `close`.
        """
        future: Future[None] = Future()
        with self._changed:
            if not self._closed:
                self._jobs.append((writes, future))
                self._awaited |= awaited
                if awaited or len(self._jobs) in (1, GROUP):
                    self._changed.notify()
                return future
        future.set_exception(RuntimeError("the table has been closed"))
        return future

    def close(self) -> None:
        """Carry out what was handed in, and nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while jobs := self._next():
            self._commit(jobs)

    def _next(self) -> list[Job]:
        """Wait for a group; an empty one after `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            self._changed.wait_for(lambda: self._awaited or self._closed or len(self._jobs) >= GROUP, HOLD)
            jobs = [self._jobs.popleft() for _ in range(min(GROUP, len(self._jobs)))]
            self._awaited &= bool(self._jobs)
            return jobs

    def _commit(self, jobs: list[Job]) -> None:
        """Carry out a group of transactions in one of SQLite's; each is refused or not by itself."""
        group = Group(self._connection, self._memory, self._clock.now())
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            failures = [group.judge(writes) for writes, _ in jobs]
            made = group.made
            self._memory.begin(made)
            group.carry_out()
            self._connection.execute("COMMIT")
            self._memory.learn(made, lambda pk, limit: rows.newest(self._connection, pk, limit))
        except Exception as error:  # noqa: BLE001 - the thread must live on, whatever it was
            self._roll_back()
            self._memory.lose()
            failures = [Unknown(f"SQLite: {error}")] * len(jobs)
        else:
            self._tell({pk for pk, _ in made})
        for (_, future), failure in zip(jobs, failures, strict=True):
            with suppress(InvalidStateError):  # cancelled: nobody waits any more
                if failure:
                    future.set_exception(failure)
                else:
                    future.set_result(None)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def log_failure(future: "Future[None]") -> None:
    """Say that a write that nobody waits for has not been carried out."""
    if error := future.exception():
        logging.getLogger(__name__).error("not written: %s", error)
