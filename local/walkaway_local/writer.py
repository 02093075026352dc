"""The one thread that writes into SQLite: it commits, and fsyncs, whatever has been handed in, in one go."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from walkaway_core.ports import patience
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import Item, Put, Unknown, Write
from walkaway_core.ports.patience import NotWritten
from walkaway_core.store import keys
from walkaway_local import trouble
from walkaway_local.group import Group
from walkaway_local.memory import Memory

GROUP = 256
"""How many transactions go into one of SQLite's at the most."""
HOLD = 0.1
"""Seconds for which what nobody waits for waits for company: it costs no fsync of its own then."""
PROBE = Item(keys.PROBE, "-", body=bytes(16_384), expires=1)
"""Written, and swept like all that has expired, to see whether there is room again when nobody else has written."""


class Job(NamedTuple):
    """A transaction that was handed in. One that nobody awaits is never given up for want of room."""

    writes: tuple[Write, ...]
    future: "Future[None]"
    awaited: bool


class Writer:
    """Carries out transactions in the order in which they were handed in. `tell` hears which partitions changed.

    In trouble, those that are awaited fail, and surely have not happened; what nobody awaits is kept, goes in front of
    whatever comes later, and is tried again with pauses that grow.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        memory: Memory,
        clock: Clock,
        tell: Callable[[set[str]], None],
    ) -> None:
        self.outlook = trouble.Outlook(path)
        self._connection = connection
        self._path = path
        self._memory = memory
        self._clock = clock
        self._tell = tell
        self._open = threading.Lock()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        """What has been handed in; None is the end of it."""
        self._kept: list[Job] = []
        self._tries = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="table", daemon=True)
        self._thread.start()

    def hand_in(self, writes: tuple[Write, ...], *, awaited: bool) -> "Future[None]":
        """Queue a transaction; one that nobody awaits goes along with the next, within HOLD seconds.

        NotWritten is the future's exception where there is no room, RuntimeError after `close`.
        """
        future: Future[None] = Future()
        with self._open:
            if not self._closed:
                self._jobs.put(Job(writes, future, awaited))
                return future
        future.set_exception(RuntimeError("the table has been closed"))
        return future

    def close(self) -> None:
        """Carry out what was handed in, as far as there is room, and nothing any more."""
        with self._open:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while jobs := self._next():
            self._take(jobs)
        self._take(self._kept)
        for job in self._kept:
            _end(job, NotWritten(self.outlook.reason))

    def _next(self) -> list[Job]:
        """Wait for a group, or until what is kept is due again; an empty one after `close`."""
        try:
            job = self._jobs.get(timeout=self._patience())
        except Empty:
            return self._kept or [Job((Put(PROBE),), Future(), awaited=True)]
        return [*self._kept, *self._group(job)] if job else []

    def _group(self, job: Job) -> list[Job]:
        """Give a job and what was handed in meanwhile; while nobody awaits any of it, also what comes within HOLD."""
        jobs, awaited, until = [job], job.awaited, time.monotonic() + HOLD
        while len(jobs) < GROUP:
            try:
                following = self._jobs.get(timeout=0 if awaited else max(0, until - time.monotonic()))
            except Empty:
                break
            if following is None:
                self._jobs.put(None)  # the end stays behind all that was handed in
                break
            jobs.append(following)
            awaited = awaited or following.awaited
        return jobs

    def _patience(self) -> float | None:
        """Give the seconds after which another try is due; None while there is no trouble."""
        return patience.length(self._tries) if self.outlook.reason else None

    def _take(self, jobs: Sequence[Job]) -> None:
        """Carry out a group; where that fails, each by itself, so that what has room is not lost with what has none."""
        self._kept = []
        hopeless = False
        if len(jobs) == 1 or not self._commit(jobs):
            for job in jobs:  # nothing is carried out in front of what was handed in earlier, and is kept
                if self._kept or hopeless or not self._commit([job]):
                    self._stuck(job)
                    hopeless = not self.outlook.room
        self._tries = self._tries + 1 if self.outlook.reason else 0

    def _stuck(self, job: Job) -> None:
        if job.awaited:
            _end(job, NotWritten(self.outlook.reason))
        else:
            self._kept.append(job)

    def _commit(self, jobs: Sequence[Job]) -> bool:
        """Carry out transactions in one of SQLite's; each is refused or not by itself. False: none has happened."""
        group = Group(self._connection, self._memory, self._clock.now())
        committed = False
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            group.look({write.key[0] for job in jobs for write in job.writes})
            failures = [group.judge(job.writes) for job in jobs]
            made = group.made
            self._memory.begin(made)
            group.carry_out()
            self._connection.execute("COMMIT")
            committed = True
            self._memory.learn(made, group.floors)
        except Exception as error:  # noqa: BLE001 - the thread must live on, whatever it was
            self._roll_back()
            self._memory.lose()
            reason = trouble.sentence(self._path, error) if isinstance(error, sqlite3.Error) else None
            if reason and not committed:
                self.outlook.failed(reason)
                return False
            if len(jobs) > 1 and not committed:
                return False
            failures = [Unknown(f"SQLite: {error}")] * len(jobs)
        else:
            self.outlook.worked()
            self._tell({pk for pk, _ in made})
        for job, failure in zip(jobs, failures, strict=True):
            _end(job, failure)
        return True

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def _end(job: Job, failure: Exception | None) -> None:
    try:
        if failure:
            job.future.set_exception(failure)
        else:
            job.future.set_result(None)
    except InvalidStateError:
        pass  # cancelled: nobody waits any more


def log_failure(future: "Future[None]") -> None:
    """Say that a write that nobody waits for has not been carried out."""
    if error := future.exception():
        logging.getLogger(__name__).error("not written: %s", error)
