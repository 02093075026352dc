"""Threads that do what somebody waits for and may have to leave: a service's first byte cannot be hurried.

A thread is kept for the next one for a while: a new one costs more than it does, and one that is left costs no more
than itself. They are daemons, so that no program waits for them at its end.
"""

import threading
from collections import deque
from collections.abc import Callable

IDLE_SECONDS = 10.0


class Aside:
    """Any number of threads, as many as there is work for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._work: deque[Callable[[], None]] = deque()
        self._idle = 0

    def do(self, work: Callable[[], None]) -> None:
        """Let a thread do this, which must not raise."""
        with self._changed:
            self._work.append(work)
            if self._idle >= len(self._work):
                self._changed.notify()
            else:
                threading.Thread(target=self._run, name="aside", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._changed.wait_for(lambda: self._work, IDLE_SECONDS)
                self._idle -= 1
                if not self._work:
                    return
                work = self._work.popleft()
            work()
            del work  # it holds a whole call


threads = Aside()
