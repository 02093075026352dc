"""The Bus in process: its queue is in the Table, so nothing that was accepted is lost with the process."""

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from walkaway_core.ports.clock import Ids
from walkaway_core.ports.items import Delete, Item, Put
from walkaway_core.ports.table import Table
from walkaway_core.store import keys
from walkaway_wire import jsontext

Subscriber = Callable[[str, Mapping[str, Any]], None]
RETRY_SECONDS = 1.0
THREADS = 32


class LocalBus:
    """Bus: calls each subscriber, in threads of its own, until it has taken the event.

    An event that a subscriber fails on comes again later, and keeps no other waiting.
    """

    def __init__(self, table: Table, ids: Ids, subscribers: Sequence[Subscriber], retry: float = RETRY_SECONDS) -> None:
        self._table = table
        self._ids = ids
        self._subscribers = subscribers
        self._retry = retry
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bus")
        self._take_up()

    def publish(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Accept an event."""
        body = jsontext.dump_bytes({"kind": kind, "detail": detail, "left": list(range(len(self._subscribers)))})
        item = Item(keys.BUS, self._ids.new("bus_"), {}, body)
        self._table.write(Put(item))
        self._put(item)

    def close(self) -> None:
        """Deliver nothing any more; what is left stands in the Table."""
        self._pool.shutdown(cancel_futures=True)

    def _take_up(self) -> None:
        after, more = "", True
        while more:
            page = self._table.query(keys.BUS, after=after)
            for item in page.items:
                self._put(item)
                after = item.sk
            more = page.more

    def _put(self, item: Item) -> None:
        with contextlib.suppress(RuntimeError):  # closed: it stands in the Table
            self._pool.submit(self._take, item)

    def _take(self, item: Item) -> None:
        try:
            self._deliver(item)
        except Exception:
            logging.getLogger(__name__).exception("could not deliver %s; it comes again", item.sk)
            self._again(item)

    def _deliver(self, item: Item) -> None:
        event = jsontext.loads(item.body)
        left = [number for number in event["left"] if not self._taken(number, event["kind"], event["detail"])]
        if not left:
            self._table.write(Delete(*item.key))
            return
        later = Item(*item.key, item.facts, jsontext.dump_bytes({**event, "left": left}))
        self._table.write(Put(later))
        self._again(later)

    def _again(self, item: Item) -> None:
        timer = threading.Timer(self._retry, self._put, (item,))
        timer.daemon = True
        timer.start()

    def _taken(self, number: int, kind: str, detail: Mapping[str, Any]) -> bool:
        if number >= len(self._subscribers):
            return True  # whoever it was, it no longer subscribes
        try:
            self._subscribers[number](kind, detail)
        except Exception:
            logging.getLogger(__name__).exception("a subscriber failed on %s", kind)
            return False
        return True
