"""Who waits for news of a partition, in which event loop, and how the writer wakes them."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class News(asyncio.Event):
    """Is set after each commit that touches a partition, and when nobody is to wait any more: then it is `over`."""

    over = False

    def end(self) -> None:
        """Let nobody wait any more."""
        self.over = True
        self.set()


class Tails:
    """Listeners by partition. `tell` may be called from any thread, `listen` from an event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[tuple[asyncio.AbstractEventLoop, News]]] = defaultdict(set)

    @contextmanager
    def listen(self, pk: str) -> Iterator[News]:
        """Give an event that is set after each commit that touches the partition."""
        listener = (asyncio.get_running_loop(), News())
        with self._lock:
            self._listeners[pk].add(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners[pk].discard(listener)
                if not self._listeners[pk]:
                    del self._listeners[pk]

    def tell(self, partitions: Iterable[str]) -> None:
        """Wake whoever listens to one of these, each event loop once."""
        waking: defaultdict[asyncio.AbstractEventLoop, list[News]] = defaultdict(list)
        with self._lock:
            for pk in partitions:
                for loop, event in self._listeners.get(pk, ()):
                    waking[loop].append(event)
        for loop, events in waking.items():
            try:
                loop.call_soon_threadsafe(_set, events)
            except RuntimeError:
                pass  # that loop has been closed, and with it whoever listened


def _set(events: list[News]) -> None:
    for event in events:
        event.set()
