"""What differs between the two clients: pauses, and work that goes on beside the reader. Its twin is written by hand.

Functions that may never return run in threads that no exit waits for.
"""

import contextvars
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from walkaway.tools import Approver, Call, Tool

MOST = 8
LOOK = 1.0
"""Seconds between two looks, while all places are taken, at whether the time of one who has one is over."""


def sleep(seconds: float) -> None:
    """Pause."""
    time.sleep(seconds)


def run(tool: "Tool", call: "Call") -> Any:
    """Run a tool for a call, in this thread; an async one in a loop of its own. Raises Quit for what ends threads."""
    work = tool.bound(call)
    try:
        return _awaited(work()) if tool.is_async else work()
    except Exception:
        raise
    except BaseException as raised:
        from walkaway.tools import Quit

        raise Quit(raised) from raised


def judge(approver: "Approver", call: "Call") -> Any:
    """Ask for a yes; give what comes back, which may be anything."""
    verdict = approver(call)
    return _awaited(verdict) if isinstance(verdict, Awaitable) else verdict


@contextmanager
def repeating(work: Callable[[], bool], seconds: float) -> Iterator[None]:
    """Do something each so many seconds beside the block, until it says no or the block ends."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(seconds) and work():
            pass

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(go_on,), daemon=True, name="walkaway-claim").start()
    try:
        yield
    finally:
        over.set()


@dataclass(eq=False)
class Piece:
    """A piece of work. `until`: seconds since the epoch, when nobody waits for it any more."""

    until: float
    has_place: bool = False


class Crew:
    """Carries out work beside the reader, eight pieces at once; of what nobody waits for any more, however many."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MOST)
        self._changed = threading.Condition(threading.RLock())
        self._closed = threading.Event()
        self._pieces: set[Piece] = set()
        self._done = 0

    def start(self, work: Callable[..., float | None], *arguments: Any, until: float = inf) -> None:
        """Begin a piece of work. It may give seconds, after which it is begun anew; meanwhile its place is free.

        It is given what it calls when nobody waits for it any more, though it goes on: its place is free then, and is
        so at `until`, whatever it does.
        """
        piece = Piece(until)
        with self._changed:
            self._pieces.add(piece)
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._do, piece, work, arguments), daemon=True, name="walkaway-tool"
        ).start()

    def _do(self, piece: Piece, work: Callable[..., float | None], arguments: tuple[Any, ...]) -> None:
        try:
            again: float | None = 0.0
            while again is not None and not self._closed.wait(again):
                self._take_place(piece)
                try:
                    again = work(partial(self._leave, piece), *arguments)
                finally:
                    self._free(piece)
        finally:
            self._leave(piece)

    def idle(self, seconds: float) -> bool:
        """Wait until a piece of work is done or its time is over, so long at the most; whether there is none."""
        end = time.monotonic() + seconds
        with self._changed:
            done = self._done
            while True:
                self._let_go()
                left = end - time.monotonic()
                if not self._pieces or self._done > done or left <= 0:
                    return not self._pieces
                soonest = min(piece.until for piece in self._pieces) - time.time()
                self._changed.wait(min(left, max(soonest, 0.01)))

    def close(self) -> None:
        """Wait for nothing: what is not done may never be, and what has not begun does not begin."""
        self._closed.set()

    def _take_place(self, piece: Piece) -> None:
        while not self._places.acquire(timeout=LOOK):
            self._let_go()
        with self._changed:
            piece.has_place = True
            if piece not in self._pieces:
                self._free(piece)

    def _let_go(self) -> None:
        """Wait no longer for what has had its time."""
        with self._changed:
            for piece in [each for each in self._pieces if each.until <= time.time()]:
                self._leave(piece)

    def _leave(self, piece: Piece) -> None:
        with self._changed:
            self._free(piece)
            if piece in self._pieces:
                self._pieces.remove(piece)
                self._done += 1
                self._changed.notify_all()

    def _free(self, piece: Piece) -> None:
        with self._changed:
            if piece.has_place:
                piece.has_place = False
                self._places.release()


def _awaited(work: Awaitable[Any]) -> Any:
    import asyncio

    async def waited() -> Any:
        return await work

    return asyncio.run(waited())
