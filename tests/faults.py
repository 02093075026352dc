"""A Table that misbehaves as DynamoDB may: a write takes effect and is reported as unknown, or is lost as unknown."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from walkaway_core.items import Unknown, Write
from walkaway_core.ports import Clock
from walkaway_local.table import SqliteTable


class FaultyTable(SqliteTable):
    """SQLite, with one fault at a time. `before` is called in front of the write that `picks` chooses."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(path, clock)
        self.writes = 0
        self.fault = ""
        self.picks: Callable[[int, tuple[Write, ...]], bool] = lambda *_: False
        self.before: Callable[[], object] = lambda: None

    def submit(self, *writes: Write) -> "Future[None]":
        self.writes += 1
        if not self.picks(self.writes, writes):
            return super().submit(*writes)
        self.picks = lambda *_: False
        self.before()
        failed: Future[None] = Future()
        if self.fault == "lost":
            failed.set_exception(Unknown("lost"))
            return failed
        if self.fault == "after effect":
            done = super().submit(*writes)  # not waited for: this may be the writer's own thread
            done.add_done_callback(lambda _: failed.set_exception(Unknown("after effect")))
            return failed
        return super().submit(*writes)

    def at(self, number: int, fault: str = "", before: Callable[[], object] = lambda: None) -> None:
        """Let the fault happen at the write of this number from now on, 1 being the next."""
        target = self.writes + number
        self.picks = lambda count, _: count == target
        self.fault, self.before = fault, before
