"""The time of a tool's call: one deadline for the whole of it, and no longer than its turn."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import TypeVar

from walkaway_core.log.log import Superseded

Done = TypeVar("Done")
LOOK_EVERY, LOOK_SELDOM = 0.5, 2.5
"""Seconds between two looks whether a call is still wanted: where that costs nothing, and where it is billed."""
GRACE = 1.0
"""Seconds at the end of a call's time in which the tool can say what it has got so far."""


class ToolError(Exception):
    """The call cannot be carried out; the message tells the agent what to do."""


class GivenUp(Exception):
    """A tool did not end with its time, and nobody waits for it any more."""


class TooLong(ToolError):
    """The call's time is over."""


class Allotted:
    """The time that a call has. When it ends, the tool hears of it at its next `check`, and what it waits for ends."""

    def __init__(self, seconds: float = float("inf")) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._why: Exception | None = None
        self._enders: dict[int, Callable[[], None]] = {}

    @property
    def late(self) -> bool:
        """Whether it is over because its time is."""
        return isinstance(self._why, TooLong)

    def check(self) -> None:
        """Raise why the call is over, if it is: Superseded, or TooLong."""
        if self._why is None and time.monotonic() >= self.until:
            self.end(TooLong(f"It took more than {self.seconds:g} seconds, and was ended; ask for less at once"))
        if self._why is not None:
            raise self._why

    def end(self, why: Exception) -> None:
        """Let it be over, from any thread, and end what the tool waits for; the first reason stays."""
        with self._lock:
            self._why = self._why or why
            enders = list(self._enders.values())
        for end in enders:
            end()

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` when the call is over before the block is. It must not wait."""
        with self._lock:
            self._enders[id(end)] = end
        try:
            self.check()
            yield
        finally:
            with self._lock:
                del self._enders[id(end)]


def within(seconds: float, wanted: Callable[[], None], every: float, work: Callable[[Allotted], Done]) -> Done:
    """Do a call's work in a thread of its own, which nobody waits for any longer than its time.

    `wanted` is asked each `every` seconds, and raises Superseded when the work is to end. Raises that, what the work
    raises, and GivenUp when it does not end with its time: then its fence falls at its next `check`.
    """
    grace = min(GRACE, seconds / 10)
    allotted, future = Allotted(seconds - grace), Future[Done]()

    def do() -> None:
        try:
            future.set_result(work(allotted))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=copy_context().run, args=(do,), name="tool", daemon=True).start()
    while (left := allotted.until - time.monotonic()) > 0:
        if wait([future], min(every, left)).done:
            return future.result()
        try:
            wanted()
        except Superseded as over:
            allotted.end(over)
            raise
        except Exception:  # noqa: BLE001, S112 - the table is in trouble: the next look decides
            continue
    with suppress(TooLong):
        allotted.check()
    if wait([future], grace).done:
        return future.result()
    raise GivenUp
