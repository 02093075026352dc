"""A Table and a Workspace that misbehave as AWS may, or whose worker dies or sleeps at an operation of theirs."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, suppress
from typing import Literal, TypeVar

from walkaway_core.ports.items import Item, Key, Page, Put, Unknown, Write, check_behind
from walkaway_core.ports.table import Table, Tail
from walkaway_core.ports.workspace import FileInfo, Workspace

WRITE_FAULTS = ("lost", "after effect", "crash before", "crash after")
T = TypeVar("T")
Kind = Literal["write", "append", "transaction", "read", "file"]
"""An operation's kind. A write is a transaction, or an append of events alone."""


WAITED_FOR = "tool"
"""The name of the threads in which tools run, while their invocation waits for them."""


class Crashed(BaseException):
    """The worker died. No code of the system may catch it."""


class FaultyTable:
    """A Table, with one fault at a time. `before` is called in front of the operation that `picks` chooses.

    lost            it has no effect, and its outcome is unknown
    after effect    it has its effect, and its outcome is unknown
    crash before    the worker dies instead of it, and does nothing more until `dead` is reset
    crash after     the worker dies right after it

    `calm`: a write is over before the next thing happens, so that the same run is the same each time. `holds`: what is
    written behind is held until something later is waited for, or `flush`; whoever dies before loses it.
    """

    quick = True
    """Else how deltas are grouped would be chance."""

    def __init__(self, table: Table, *, calm: bool = False, holds: bool = False) -> None:
        self._table = table
        self._calm = calm
        self._holds = holds
        self._held: list[tuple[Write, ...]] = []
        self._thread = threading.get_ident()
        self.counts: Counter[str] = Counter()
        self.fault = ""
        self.dead = False
        self.picks: Callable[[Kind, tuple[Write, ...]], bool] = _never
        self.before: Callable[[], object] = lambda: None
        self.appended: set[Key] = set()
        self.overwritten: list[Key] = []

    def at(
        self, number: int, fault: str = "", before: Callable[[], object] = lambda: None, kind: Kind = "write"
    ) -> None:
        """Let the fault happen at the operation of this kind and number from now on, 1 being the next."""
        target = self.counts[kind] + number
        kinds = {"write": ("append", "transaction")}.get(kind, (kind,))
        self.picks = lambda found, _: found in kinds and self.counts[kind] == target
        self.fault, self.before = fault, before

    @property
    def armed(self) -> bool:
        """Whether the fault is still to come."""
        return self.picks is not _never

    def disarm(self) -> None:
        """Let nothing happen."""
        self.picks = _never

    def get(self, *keys: Key) -> list[Item | None]:
        return self.read("read", lambda: self._table.get(*keys))

    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        return self.read("read", lambda: self._table.query(pk, after=after, upto=upto, reverse=reverse, limit=limit))

    def write(self, *writes: Write) -> None:
        self.submit(*writes).result()

    def submit(self, *writes: Write) -> "Future[None]":
        if self.dead:
            return _failed(Crashed())
        fault = self._step("transaction" if structural(writes) else "append", writes)
        if fault in ("lost", "crash before"):
            return _failed(Crashed() if self.dead else Unknown("lost"))
        for held in self._take():
            self._table.write_behind(*held)
        done = self._table.submit(*writes)
        if self._calm:
            wait([done])
            self._note(writes, done)
        if fault not in ("after effect", "crash after"):
            return done
        told = Crashed() if self.dead else Unknown("after effect")
        failed: Future[None] = Future()
        done.add_done_callback(lambda _: failed.set_exception(told))  # not waited for: this may be the writer's thread
        return failed

    def write_behind(self, *writes: Write) -> "Future[None]":
        fault = self._step("transaction" if structural(writes) else "append", writes)
        if self.dead:
            raise Crashed
        if fault == "lost":
            return _failed(Unknown("lost"))
        if not self._holds:
            return self._table.write_behind(*writes)
        check_behind(writes)
        self._held.append(writes)
        return Future()

    def flush(self) -> None:
        """Let a second pass: what is held is carried out, or nobody is told that it was not."""
        for held in self._take():
            with suppress(Unknown):
                self._table.write(*held)

    def _take(self) -> list[tuple[Write, ...]]:
        held, self._held = self._held, []
        return held

    def revive(self) -> None:
        """Let another worker, or process, take up what one that died has left."""
        self._held = []
        self.dead = False

    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        return self.read("read", lambda: self._table.sweep_out(pk, upto, limit))

    def tail(self) -> AbstractContextManager[Tail]:
        return self._table.tail()

    def read(self, kind: Kind, effect: Callable[[], T]) -> T:
        """Carry out what is no write; threads that only look on are left alone, those that are waited for are not."""
        if threading.get_ident() != self._thread and threading.current_thread().name != WAITED_FOR:
            return effect()
        fault = self._step(kind)
        if fault == "crash before":
            raise Crashed
        found = effect()
        if fault == "crash after":
            raise Crashed
        return found

    def _note(self, writes: tuple[Write, ...], done: "Future[None]") -> None:
        """Watch that nothing is put where an event stands: a log never changes."""
        if not done.exception():
            items = [write.key for write in writes if isinstance(write, Put) and write.key[1].isdigit()]
            self.overwritten += [key for key in items if key in self.appended]
            self.appended.update(items)

    def _step(self, kind: Kind, writes: tuple[Write, ...] = ()) -> str:
        """Count an operation; say which fault happens at it. Raises Crashed when the worker is dead already."""
        if self.dead:
            raise Crashed
        self.counts[kind] += 1
        self.counts["write"] += bool(writes)
        if not self.picks(kind, writes):
            return ""
        self.disarm()
        self.before()
        self.dead = self.fault.startswith("crash")
        return self.fault


class FaultyWorkspace:
    """A Workspace whose operations are of the kind "file" among those of a faulty table."""

    def __init__(self, workspace: Workspace, table: FaultyTable) -> None:
        self._workspace = workspace
        self._table = table

    def stat(self, root: str, path: str) -> FileInfo | None:
        return self._table.read("file", lambda: self._workspace.stat(root, path))

    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        return self._table.read("file", lambda: self._workspace.listing(root, path))

    def below(self, root: str, path: str, after: str, limit: int) -> list[FileInfo]:
        return self._table.read("file", lambda: self._workspace.below(root, path, after, limit))

    def hashed(self, root: str, paths: Sequence[str]) -> list[FileInfo | None]:
        return self._table.read("file", lambda: self._workspace.hashed(root, paths))

    def read(self, root: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes] | None:
        return self._table.read("file", lambda: self._workspace.read(root, path, start, end))

    def address(self, root: str, path: str, media: str, seconds: int, disposition: str = "") -> str | None:
        return self._workspace.address(root, path, media, seconds, disposition)

    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        return self._table.read("file", lambda: self._workspace.write(root, path, chunks, version=version))

    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        return self._table.read("file", lambda: self._workspace.delete(root, path))


def structural(writes: tuple[Write, ...]) -> bool:
    """Whether a transaction is more than an append of events."""
    return len(writes) > 1 or not writes[0].key[1].isdigit()


def _never(_: Kind, __: tuple[Write, ...]) -> bool:
    return False


def _failed(error: BaseException) -> "Future[None]":
    future: Future[None] = Future()
    future.set_exception(error)
    return future
