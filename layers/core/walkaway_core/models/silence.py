"""Ends answers that have begun and say nothing for too long.

The time that a read may take is one for all of a request, and that to the first byte may have to be longer than that
between two later ones. So a thread looks at the bytes that have come; it is there only while there are answers.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from httpx2 import Response

LOOK_EVERY = 1.0


class Listening:
    """Listens to one response for the length of a block, and calls `end` when it has been silent for `limit` seconds.

    While its reader is busy with what has come, it `waits` for nothing, and that is no silence.
    """

    __slots__ = ("_bytes", "_response", "_since", "end", "limit", "waits")

    def __init__(self, response: "Response", limit: float, end: Callable[[], None]) -> None:
        self._response = response
        self._bytes = 0
        self._since = 0.0
        self.limit = limit
        self.end = end
        self.waits = True

    def __enter__(self) -> Self:
        if "network_stream" in self._response.extensions:  # the offline model is as slow as it is told to be
            _watch.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        _watch.remove(self)

    def silent(self, now: float) -> bool:
        """Whether it has said something, and then nothing for too long. To be asked more often than that."""
        received = self._response.num_bytes_downloaded
        if received != self._bytes or not self.waits:
            self._bytes, self._since = received, now
        return received > 0 and now - self._since > self.limit


class _Watch:
    """One thread for all responses of the process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heard: list[Listening] = []
        self._running = False

    def add(self, listening: Listening) -> None:
        with self._changed:
            self._heard.append(listening)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="silence", daemon=True).start()

    def remove(self, listening: Listening) -> None:
        with self._changed:
            self._heard[:] = [other for other in self._heard if other is not listening]

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._heard:
                    self._running = False
                    return
                self._changed.wait(min(LOOK_EVERY, *(listening.limit / 4 for listening in self._heard)))
                now = time.monotonic()
                silent = [listening for listening in self._heard if listening.silent(now)]
                self._heard[:] = [listening for listening in self._heard if listening not in silent]
            for listening in silent:
                listening.end()


_watch = _Watch()
