"""One thread that calls things at their time, and keeps nothing of those that were cancelled."""

import heapq
import itertools
import threading
from collections.abc import Callable

from walkaway_core.ports.clock import Clock

FEW = 100
"""So many cancelled timers are not worth the work of taking them out."""


class Timer:
    """A call to come; `cancel` it when nobody wants it any more."""

    def __init__(self, timers: "Timers", call: Callable[[], None]) -> None:
        self._timers = timers
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Let go of the call; does nothing when it has been made, or cancelled before."""
        self._timers.cancel(self)


class Timers:
    """Calls back from its own thread; what it calls must not wait. `len` is how many calls are to come."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._cancelled = 0
        self._closed = False
        threading.Thread(target=self._run, name="timers", daemon=True).start()

    def at(self, time: float, call: Callable[[], None]) -> Timer:
        """Call it when so much time has passed as the clock now has up to then; at once when that is past.

        Who sets the clock meanwhile changes nothing of it.
        """
        timer = Timer(self, call)
        time += self._clock.monotonic() - self._clock.now()
        with self._changed:
            heapq.heappush(self._heap, (time, next(self._numbers), timer))
            self._changed.notify()
        return timer

    def cancel(self, timer: Timer) -> None:
        """Never call it; its place in the heap is given back when most places are of such."""
        with self._changed:
            if timer.call is None:
                return
            timer.call = None
            self._cancelled += 1
            if self._cancelled > max(FEW, len(self._heap) // 2):
                self._heap = [entry for entry in self._heap if entry[2].call]
                heapq.heapify(self._heap)
                self._cancelled = 0

    def close(self) -> None:
        """Call nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def __len__(self) -> int:
        with self._changed:
            return len(self._heap) - self._cancelled

    def _run(self) -> None:
        while call := self._next():
            call()
            del call  # else what was called last would be kept until the next is

    def _next(self) -> Callable[[], None] | None:
        """Wait for the next call and take it; None once this is closed."""
        with self._changed:
            while not self._closed:
                if self._heap and self._heap[0][0] <= self._clock.monotonic():
                    _, _, timer = heapq.heappop(self._heap)
                    call, timer.call = timer.call, None
                    if call:
                        return call
                    self._cancelled -= 1
                    continue
                self._changed.wait(self._heap[0][0] - self._clock.monotonic() if self._heap else None)
            return None
