"""Ends model calls whose turn is over, or which take too long: nobody else tells a thread that waits for the model."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from walkaway_core.ports.model import ModelCall
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

LOOK_EVERY = 0.25


@contextmanager
def watched(services: Services, turn: Turn, call: ModelCall, until: float) -> Iterator[None]:
    """Close a call, from another thread, soon after its turn is over or past its deadline; cut it off at `until`."""
    entry = (services, turn, call, until)
    _watch.add(entry)
    try:
        yield
    finally:
        _watch.remove(entry)


Entry = tuple[Services, Turn, ModelCall, float]


class _Watch:
    """One thread for all calls of the process; it is there only while there are calls."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._entries: list[Entry] = []
        self._running = False

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="watch", daemon=True).start()

    def remove(self, entry: Entry) -> None:
        with self._lock:
            self._entries[:] = [other for other in self._entries if other is not entry]

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait(LOOK_EVERY)
                if not self._entries:
                    self._running = False
                    return
                entries = list(self._entries)
            for services, turn, call, until in entries:
                try:
                    if not _goes_on(services, turn):
                        call.close()
                    elif services.clock.now() >= until:
                        call.cut()
                except Exception:  # the table is in trouble: the next look decides
                    logging.getLogger(__name__).exception("could not look at %s", turn.key.turn)


def _goes_on(services: Services, turn: Turn) -> bool:
    item = services.table.get(turn.key.item)[0]
    running = item is not None and item.facts["status"] == "running" and item.facts["execution"] == turn.execution
    return running and services.clock.now() < turn.deadline


_watch = _Watch()
