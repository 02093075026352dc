"""What differs between the two clients: pauses, and work that goes on beside the reader. Its twin is written by hand.

Functions that may never return run in threads that no exit waits for.
"""

import contextvars
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from walkaway.tools import Approver, Call, Tool

MOST = 8


def sleep(seconds: float) -> None:
    """Pause."""
    time.sleep(seconds)


def run(tool: Tool, call: Call) -> Any:
    """Run a tool for a call, in this thread; an async one in a loop of its own."""
    work = tool.bound(call)
    return _awaited(work()) if tool.is_async else work()


def judge(approver: Approver, call: Call) -> Any:
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


class Crew:
    """Carries out work beside the reader, eight pieces at once."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MOST)
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._running = self._done = 0

    def start(self, work: Callable[..., float | None], *arguments: Any) -> None:
        """Begin a piece of work. It may give seconds, after which it is begun anew; meanwhile its place is free."""
        with self._changed:
            self._running += 1
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._do, work, arguments), daemon=True, name="walkaway-tool"
        ).start()

    def _do(self, work: Callable[..., float | None], arguments: tuple[Any, ...]) -> None:
        try:
            again: float | None = 0.0
            while again is not None and not self._closed.wait(again):
                with self._places:
                    again = work(*arguments)
        finally:
            with self._changed:
                self._running -= 1
                self._done += 1
                self._changed.notify_all()

    def idle(self, seconds: float) -> bool:
        """Wait until a piece of work is done, so long at the most; whether there is none."""
        with self._changed:
            done = self._done
            self._changed.wait_for(lambda: not self._running or self._done > done, timeout=seconds)
            return not self._running

    def close(self) -> None:
        """Wait for nothing: what is not done may never be, and what has not begun does not begin."""
        self._closed.set()


def _awaited(work: Awaitable[Any]) -> Any:
    import asyncio

    async def waited() -> Any:
        return await work

    return asyncio.run(waited())
