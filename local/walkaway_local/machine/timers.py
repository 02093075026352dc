"""One thread that calls things at their time."""

import heapq
import itertools
import threading
from collections.abc import Callable

from walkaway_core.ports.clock import Clock


class Timers:
    """Calls back from its own thread; what it calls must not wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._closed = False
        threading.Thread(target=self._run, name="timers", daemon=True).start()

    def at(self, time: float, call: Callable[[], None]) -> None:
        """Call it at this time of the clock, or at once when that is past."""
        with self._changed:
            heapq.heappush(self._heap, (time, next(self._numbers), call))
            self._changed.notify()

    def close(self) -> None:
        """Call nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._heap or self._heap[0][0] > self._clock.now()):
                    self._changed.wait(self._heap[0][0] - self._clock.now() if self._heap else None)
                if self._closed:
                    return
                _, _, call = heapq.heappop(self._heap)
            call()
