"""How a write is tried again that the store cannot take: the one place that says how often, and for how long.

A request gives up within 3 seconds and is told so. Whoever works for a turn waits until there is room, with pauses that
grow, and goes on: the same write is handed in again, and its conditions are judged anew.
"""

import errno
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from walkaway_core.errors import Unavailable
from walkaway_core.ports.items import Unknown

FIRST, LONGEST = 0.02, 2.0
"""Seconds of the first pause and of the longest; each is twice the one before, less up to a half by chance."""
REQUEST = 2.5
"""Seconds of trouble that a request bears; also those that a store has been in trouble for before it came."""
T = TypeVar("T")


def _never() -> None:
    """Say that a store is not known to be in trouble."""


class NotWritten(Unknown):
    """The write has not happened: the store is in trouble. The message says how, in a sentence without a full stop."""


class Patience:
    """Of one who writes: how many seconds of trouble it bears (None: as the store says), and what it had."""

    __slots__ = ("_last", "_seconds", "_since", "_took", "tries")

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._since = self._last = self._took = 0.0
        self.tries = 0

    def count(self, began: float) -> None:
        """Count a try that failed and `began` then (monotonic seconds); long after the last one, it is new trouble."""
        if not self.tries or began > self._last + 2 * LONGEST:
            self._since, self.tries = began, 0
        self._last = time.monotonic()
        self._took = self._last - began
        self.tries += 1

    def pause(self, trouble: Unknown, *, ill_since: float | None, most: float | None) -> None:
        """Wait before the next try. Raises Unavailable where another as long would end too late."""
        since = self._since if ill_since is None else min(self._since, ill_since)
        seconds = most if self._seconds is None else self._seconds
        wait = length(self.tries)
        if seconds is not None:
            left = since + seconds - time.monotonic() - self._took
            if left <= 0:
                self.tries = 0
                raise Unavailable(str(trouble), changed=not isinstance(trouble, NotWritten)) from trouble
            wait = min(wait, left)
        time.sleep(wait)
        self._last = time.monotonic()


_mine: ContextVar[Patience | None] = ContextVar("patience", default=None)


def length(tries: int) -> float:
    """Give the seconds of the pause after so many tries that failed."""
    return min(LONGEST, FIRST * 2.0 ** min(tries - 1, 20)) * random.uniform(0.5, 1)  # noqa: S311 - jitter


def of_request() -> None:
    """Let what this task, and threads that it waits for, write from now on be given up as a request's is."""
    _mine.set(Patience(REQUEST))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Bear so many seconds of trouble in the block; 0: try once."""
    token = _mine.set(Patience(seconds))
    try:
        yield
    finally:
        _mine.reset(token)


def keep_trying(
    attempt: Callable[[], T], *, ill_since: Callable[[], float | None] = _never, most: float | None = None
) -> T:
    """Call until the store has taken it, or surely refuses it; give what it gives.

    `ill_since`: since when the store is in trouble (monotonic seconds); `most`: seconds borne by those who have said
    nothing. Raises Unavailable when patience is over; Unknown for an attempt whose outcome is, the next one of which
    comes after a pause; and what `attempt` raises besides.
    """
    mine = _own()
    while True:
        began = time.monotonic()
        try:
            result = attempt()
        except Unknown as trouble:
            mine.count(began)
            surely_not = isinstance(trouble, NotWritten)
            if surely_not or mine.tries > 1:
                mine.pause(trouble, ill_since=ill_since(), most=most)
            if not surely_not:
                raise  # whoever asked looks what came of it, and asks again if nothing did
        else:
            mine.tries = 0
            return result


def reason(error: Exception) -> str | None:
    """Say in a sentence that a store, a disk or the system takes nothing more; None for an error of another kind."""
    if isinstance(error, NotWritten | Unavailable):
        return str(error)
    return REASONS.get(error.errno or 0) if isinstance(error, OSError) else None


FULL = "The disk is full"
REASONS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: "The disk's quota is used up",
    errno.EFBIG: "A file may not become larger here (ulimit -f)",
    errno.EROFS: "The data folder is on a file system that is read-only",
    errno.EIO: "The disk reports an error",
    errno.EMFILE: "The server has as many files open as it may (ulimit -n)",
    errno.ENFILE: "The machine has as many files open as it may",
}


def _own() -> Patience:
    mine = _mine.get()
    if mine is None:
        mine = Patience()
        _mine.set(mine)
    return mine
