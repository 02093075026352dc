"""The Bus in process. It keeps nothing: whoever publishes keeps the event until all have taken it."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from walkaway_core.ports.items import Delete, Item
from walkaway_core.ports.table import Table
from walkaway_core.store import keys
from walkaway_wire import jsontext

Rest = Callable[[], None]
"""What a subscriber has still to do of an event."""
Subscriber = Callable[[str, Mapping[str, Any]], Rest | None]
"""Takes an event, in the thread of whoever publishes it: what takes more than a few reads it gives back."""
RETRY_SECONDS = 1.0
THREADS = 32


@dataclass
class _Event:
    """Something that is being told: what is left to be called for it, and whom to tell when nothing is."""

    id: str
    taken: Callable[[], None]
    left: Sequence[Callable[[], Rest | None]]


class LocalBus:
    """Bus: tells subscribers in the thread of whoever publishes; what they leave of it is done in threads of its own.

    Most events need no more than a look, which is over before another thread would have begun it. One that a subscriber
    fails on comes again later, and keeps no other waiting. What an earlier release has left in the Table is told first.
    """

    def __init__(self, table: Table, subscribers: Sequence[Subscriber], retry: float = RETRY_SECONDS) -> None:
        self._table = table
        self._subscribers = subscribers
        self._retry = retry
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bus")
        self._closed = False
        self._take_up()

    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        """Tell an event, unless it is being told."""
        event = _Event(detail["id"], taken, [partial(each, kind, detail) for each in self._subscribers])
        if self._begins(event):
            self._tell(event)

    def close(self) -> None:
        """Deliver nothing any more."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)

    def _take_up(self) -> None:
        """Tell what releases up to 0.1.0 wrote here, each event with the numbers of those it is left to tell."""
        after, more = "", True
        while more:
            page = self._table.query(keys.BUS, after=after)
            for item in page.items:
                stored = jsontext.loads(item.body)
                left = [each for number, each in enumerate(self._subscribers) if number in stored["left"]]
                calls = [partial(each, stored["kind"], stored["detail"]) for each in left]
                event = _Event(stored["detail"]["id"], partial(self._drop, item), calls)
                if self._begins(event):
                    self._put(event)
                after = item.sk
            more = page.more

    def _drop(self, item: Item) -> None:
        self._table.write_behind(Delete(*item.key))

    def _begins(self, event: _Event) -> bool:
        with self._lock:
            if self._closed or event.id in self._under_way:
                return False
            self._under_way.add(event.id)
            return True

    def _put(self, event: _Event) -> None:
        with suppress(RuntimeError):  # closed: whoever publishes still has it
            self._pool.submit(self._tell, event)

    def _tell(self, event: _Event) -> None:
        """Call what is left of it, then what that has left, in a thread; where something fails, later."""
        left: list[Callable[[], Rest | None]] = []
        failed = False
        for call in event.left:
            try:
                rest: Callable[[], Rest | None] | None = call()
            except Exception:
                logging.getLogger(__name__).exception("a subscriber failed on %s; it comes again", event.id)
                rest, failed = call, True
            if rest:
                left.append(rest)
        event.left = left
        if not left:
            self._over(event)
        elif failed:
            timer = threading.Timer(self._retry, self._put, (event,))
            timer.daemon = True
            timer.start()
        else:
            self._put(event)

    def _over(self, event: _Event) -> None:
        try:
            event.taken()
        except Exception:
            logging.getLogger(__name__).exception("%s is told again", event.id)
        with self._lock:
            self._under_way.discard(event.id)
