"""The Bus in process. It keeps nothing: whoever publishes keeps the event until all have taken it."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from walkaway_core.ports.items import Delete, Item
from walkaway_core.ports.table import Table
from walkaway_core.store import keys
from walkaway_wire import jsontext

Subscriber = Callable[[str, Mapping[str, Any]], None]
RETRY_SECONDS = 1.0
THREADS = 32


@dataclass
class _Event:
    """Something that is being told: to whom it is left to tell it, and whom to tell when nobody is left."""

    kind: str
    detail: Mapping[str, Any]
    taken: Callable[[], None]
    left: list[int]


class LocalBus:
    """Bus: calls each subscriber, in threads of its own, until it has taken the event.

    An event that a subscriber fails on comes again later, and keeps no other waiting. What an earlier release has left
    in the Table is told first.
    """

    def __init__(self, table: Table, subscribers: Sequence[Subscriber], retry: float = RETRY_SECONDS) -> None:
        self._table = table
        self._subscribers = subscribers
        self._retry = retry
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bus")
        self._take_up()

    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        """Tell an event, unless it is being told."""
        self._tell(_Event(kind, detail, taken, list(range(len(self._subscribers)))))

    def close(self) -> None:
        """Deliver nothing any more."""
        self._pool.shutdown(cancel_futures=True)

    def _take_up(self) -> None:
        """Tell what releases up to 0.1.0 wrote here, each event with the numbers of those it is left to tell."""
        after, more = "", True
        while more:
            page = self._table.query(keys.BUS, after=after)
            for item in page.items:
                event = jsontext.loads(item.body)
                left = [number for number in event["left"] if number < len(self._subscribers)]
                self._tell(_Event(event["kind"], event["detail"], lambda item=item: self._drop(item), left))  # type: ignore[misc]
                after = item.sk
            more = page.more

    def _drop(self, item: Item) -> None:
        self._table.write_behind(Delete(*item.key))

    def _tell(self, event: _Event) -> None:
        with self._lock:
            if event.detail["id"] in self._under_way:
                return
            self._under_way.add(event.detail["id"])
        self._put(event)

    def _put(self, event: _Event) -> None:
        with suppress(RuntimeError):  # closed: whoever publishes still has it
            self._pool.submit(self._deliver, event)

    def _deliver(self, event: _Event) -> None:
        event.left = [number for number in event.left if not self._takes(number, event)]
        if event.left:
            timer = threading.Timer(self._retry, self._put, (event,))
            timer.daemon = True
            timer.start()
            return
        try:
            event.taken()
        except Exception:
            logging.getLogger(__name__).exception("%s is told again", event.detail["id"])
        with self._lock:
            self._under_way.discard(event.detail["id"])

    def _takes(self, number: int, event: _Event) -> bool:
        try:
            self._subscribers[number](event.kind, event.detail)
        except Exception:
            logging.getLogger(__name__).exception("a subscriber failed on %s; it comes again", event.kind)
            return False
        return True
