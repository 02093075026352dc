"""Group commit for a streaming model call: what arrives while an append is in flight becomes the next append."""

import threading
from typing import TYPE_CHECKING, Any

from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports.items import Absent, Put, Refused, Unknown
from walkaway_core.store.services import Services

if TYPE_CHECKING:
    from concurrent.futures import Future

GROUP_BYTES = 4_000
"""About how much one log item of deltas holds."""


class DeltaWriter:
    """Appends one writer's events in order without making the model wait for the disk.

    One append is in flight at a time. When it fails, whoever calls next finds out what happened and goes on or
    gets Superseded; the future's callback itself only sends the next group.
    """

    def __init__(self, services: Services, writer: Writer, number: int) -> None:
        self._services = services
        self._writer = writer
        self._number = number
        self._changed = threading.Condition()
        self._waiting: list[Draft] = []
        self._flying: list[Draft] = []
        self._failure: BaseException | None = None

    def push(self, type_: str, data: dict[str, Any]) -> None:
        """Append an event, now or with the next group. Raises Superseded."""
        with self._changed:
            self._waiting.append((type_, data))
            if self._failure:
                self._recover()
            elif not self._flying:
                self._send()

    def flush(self) -> int:
        """Wait until all events are durable; give the number after them. Raises Superseded."""
        with self._changed:
            while self._flying or self._failure:
                if self._failure:
                    self._recover()
                else:
                    self._changed.wait()
            return self._number

    def _send(self) -> None:
        size = 0
        while self._waiting and (not self._flying or size < GROUP_BYTES):
            draft = self._waiting.pop(0)
            size += sum(len(str(value)) for value in draft[1].values()) + 50
            self._flying.append(draft)
        if self._flying:
            put = Put(log.item(self._services, self._writer, self._number, self._flying), (Absent(),))
            self._services.table.submit(put).add_done_callback(self._sent)

    def _sent(self, future: "Future[None]") -> None:
        with self._changed:
            self._failure = future.exception()
            if not self._failure:
                self._number += len(self._flying)
                self._flying = []
                self._send()
            self._changed.notify_all()

    def _recover(self) -> None:
        assert self._failure
        if not isinstance(self._failure, Refused | Unknown):
            raise self._failure
        mine, self._number = log.settle(self._services, self._writer, self._number)
        self._failure = None
        if not mine:
            self._waiting[:0] = self._flying
        self._flying = []
        self._send()
