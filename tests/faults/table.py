"""A Table that misbehaves as DynamoDB may, or whose worker dies at a write."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from walkaway_core.items import Unknown, Write
from walkaway_core.ports import Clock
from walkaway_local.table import SqliteTable

FAULTS = ("lost", "after effect", "crash before", "crash after")


class Crashed(BaseException):
    """The worker died. No code of the system may catch it."""


class FaultyTable(SqliteTable):
    """SQLite, with one fault at a time. `before` is called in front of the write that `picks` chooses.

    lost            it has no effect, and its outcome is unknown
    after effect    it has its effect, and its outcome is unknown
    crash before    the worker dies instead of it, and writes nothing more until `dead` is reset
    crash after     the worker dies right after it
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(path, clock)
        self.writes = 0
        self.structural_writes = 0
        self.fault = ""
        self.dead = False
        self.picks: Callable[[int, tuple[Write, ...]], bool] = lambda *_: False
        self.before: Callable[[], object] = lambda: None

    def submit(self, *writes: Write) -> "Future[None]":
        if self.dead:
            return _failed(Crashed())
        self.writes += 1
        self.structural_writes += structural(writes)
        if not self.picks(self.writes, writes):
            return super().submit(*writes)
        self.picks = lambda *_: False
        self.before()
        if self.fault == "lost":
            return _failed(Unknown("lost"))
        self.dead = self.fault.startswith("crash")
        if self.fault == "crash before":
            return _failed(Crashed())
        done = super().submit(*writes)
        if self.fault not in ("after effect", "crash after"):
            return done
        told = Crashed() if self.dead else Unknown("after effect")
        failed: Future[None] = Future()
        done.add_done_callback(lambda _: failed.set_exception(told))  # not waited for: this may be the writer's thread
        return failed

    def at_structural(self, number: int, fault: str) -> None:
        """Let the fault happen at the write of this number that is no plain append, 1 being the next."""
        left = [number]

        def picks(_: int, writes: tuple[Write, ...]) -> bool:
            left[0] -= structural(writes)
            return left[0] == 0 and structural(writes)

        self.picks, self.fault = picks, fault

    def at(self, number: int, fault: str = "", before: Callable[[], object] = lambda: None) -> None:
        """Let the fault happen at the write of this number from now on, 1 being the next."""
        target = self.writes + number
        self.picks = lambda count, _: count == target
        self.fault, self.before = fault, before


def structural(writes: tuple[Write, ...]) -> bool:
    """Whether a transaction is more than an append of events: of these a calm turn always has the same."""
    return len(writes) > 1 or not writes[0].key[1].isdigit()


def _failed(error: BaseException) -> "Future[None]":
    future: Future[None] = Future()
    future.set_exception(error)
    return future
