"""Group commit for a streaming model call: what arrives while an append is in flight becomes the next append."""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports import patience
from walkaway_core.ports.items import Absent, Put, Refused, Unknown
from walkaway_core.ports.patience import NotWritten
from walkaway_core.store.services import Services

if TYPE_CHECKING:
    from concurrent.futures import Future

GROUP_BYTES, PACED_BYTES = 4_000, 64_000
"""About how much one log item of deltas holds: where a write costs next to nothing, and where it is billed."""
PACE = 0.2
"""Seconds between two appends where each is billed; the first one is never late."""


class DeltaWriter:
    """Appends one writer's events in order without making the model wait for the disk.

    One append is in flight at a time. When it fails, whoever calls next finds out what happened and goes on or
    gets Superseded; the future's callback itself only sends the next group.
    """

    def __init__(self, services: Services, writer: Writer, number: int) -> None:
        self._services = services
        self._writer = writer
        self._number = number
        self._most, self._pace = (GROUP_BYTES, 0.0) if services.table.quick else (PACED_BYTES, PACE)
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waiting: list[Draft] = []
        self._flying: list[Draft] = []
        self._failure: BaseException | None = None
        self._failures = 0
        self._again = 0.0
        self._next = 0.0
        self._timer: threading.Timer | None = None
        self.heard = time.monotonic()
        """When the log last took something of this writer's, so that the turn was not over."""
        self._pushed: deque[float] = deque()
        self.lag = 0.0
        """Seconds that an event has waited at most until an append had it in the log."""

    def push(self, type_: str, data: dict[str, Any]) -> None:
        """Append an event, now or with the next group. Raises Superseded."""
        with self._lock:
            self._waiting.append((type_, data))
            self._pushed.append(time.monotonic())
            if self._failure:
                self._recover_in_time()
            elif not self._flying:
                self._send_in_time()

    def flush(self) -> int:
        """Wait until all events are durable; give the number after them. Raises Superseded."""
        with self._lock:
            self._pace = self._next = 0.0
            self._settle()
            while self._waiting:
                self._send()
                self._settle()
            return self._number

    def close(self) -> tuple[int, list[Draft]]:
        """Send nothing more: give the next event's number, and those that have not been sent. Raises Superseded."""
        with self._lock:
            self._next = float("inf")
            self._settle()
            return self._number, [*self._waiting]

    def drop(self) -> None:
        """Send nothing more, nor when a function that was frozen meanwhile wakes up: the log may be gone by then."""
        with self._lock:
            self._next = float("inf")
            self._waiting.clear()
            if self._timer:
                self._timer.cancel()

    def _settle(self) -> None:
        """Wait until nothing is in flight."""
        while self._flying or self._failure:
            if self._failure:
                self._changed.wait_for(lambda: not self._failure, self._again - time.monotonic())
                self._recover_in_time()
            else:
                self._changed.wait()

    def _send_in_time(self) -> None:
        wait = self._next - time.monotonic()
        if wait <= 0:
            self._send()
        elif self._waiting and not self._timer and wait <= self._pace:
            self._timer = threading.Timer(wait, self._ring)
            self._timer.daemon = True
            self._timer.start()

    def _ring(self) -> None:
        with self._lock:
            self._timer = None
            if not self._flying and not self._failure:
                self._send_in_time()

    def _send(self) -> None:
        size = 0
        while self._waiting and (not self._flying or size < self._most):
            draft = self._waiting.pop(0)
            size += sum(len(str(value)) for value in draft[1].values()) + 50
            self._flying.append(draft)
        if self._flying:
            self._next = time.monotonic() + self._pace
            put = Put(log.item(self._services, self._writer, self._number, self._flying), (Absent(),))
            self._services.table.submit(put).add_done_callback(self._sent)

    def _sent(self, future: "Future[None]") -> None:
        with self._lock:
            self._failure = future.exception()
            if self._failure:
                self._failures += 1
                self._again = time.monotonic() + (patience.length(self._failures) if self._pauses else 0.0)
            else:
                self._failures = 0
                self.heard = time.monotonic()
                self._number += len(self._flying)
                self._landed()
                self._send_in_time()
            self._changed.notify_all()

    @property
    def _pauses(self) -> bool:
        """Whether the next try waits: the store is in trouble, or again nobody knows what came of the last one."""
        return isinstance(self._failure, NotWritten) or (isinstance(self._failure, Unknown) and self._failures > 1)

    def _recover_in_time(self) -> None:
        """Find out what came of an append that failed, and go on; not before its pause is over."""
        if self._failure and time.monotonic() >= self._again:
            self._recover()

    def _recover(self) -> None:
        assert self._failure
        if not isinstance(self._failure, Refused | Unknown):
            raise self._failure
        mine, self._number = log.settle(self._services, self._writer, self._number)
        self._failure = None
        if mine:
            self._landed()
        else:
            self._waiting[:0] = self._flying
            self._flying = []
        self._send_in_time()

    def _landed(self) -> None:
        """Note that the group that was in flight stands in the log, and how long the first of it had waited."""
        self.lag = max(self.lag, time.monotonic() - self._pushed[0])
        for _ in self._flying:
            self._pushed.popleft()
        self._flying = []
