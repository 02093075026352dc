"""Ends model calls whose turn is over, or which take too long: nobody else tells a thread that waits for the model."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from walkaway_core.ports.model import ModelCall
from walkaway_core.store import turns
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

TICK = 0.25
LOOK_EVERY, LOOK_SELDOM = 0.25, 2.5
"""Seconds without a sign of life after which the turn's record is looked at: where that costs nothing, and where it is
billed. Where a call streams into the log, each append is such a sign, and one behind the turn's end fails."""


@dataclass(slots=True, eq=False)
class Watched:
    """A model call of a turn: cut off at `until` (monotonic). `heard`: the last sign that the turn goes on."""

    turn: Turn
    call: ModelCall
    until: float
    heard: Callable[[], float]
    looked: float = field(default_factory=time.monotonic)


@contextmanager
def watched(services: Services, entry: Watched) -> Iterator[None]:
    """Close a call, from another thread, soon after its turn is over or past its deadline; cut it off in time."""
    _watch.add(services, entry)
    try:
        yield
    finally:
        _watch.remove(entry)


class _Watch:
    """One thread for all calls of the process; it is there only while there are calls."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._entries: list[tuple[Services, Watched]] = []
        self._running = False

    def add(self, services: Services, entry: Watched) -> None:
        with self._lock:
            self._entries.append((services, entry))
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="watch", daemon=True).start()

    def remove(self, entry: Watched) -> None:
        with self._lock:
            self._entries[:] = [other for other in self._entries if other[1] is not entry]

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait(TICK)
                if not self._entries:
                    self._running = False
                    return
                entries = list(self._entries)
            for services, entry in entries:
                try:
                    if not _goes_on(services, entry):
                        entry.call.close()
                    elif services.clock.monotonic() >= entry.until:
                        entry.call.cut()
                except Exception:  # the table is in trouble: the next look decides
                    logging.getLogger(__name__).exception("could not look at %s", entry.turn.key.turn)


def _goes_on(services: Services, entry: Watched) -> bool:
    """Whether the turn is not over: by its record, if nothing else has shown so lately."""
    now, turn = time.monotonic(), entry.turn
    if turns.left(services, turn) <= 0:
        return False
    if now < max(entry.looked, entry.heard()) + (LOOK_EVERY if services.table.quick else LOOK_SELDOM):
        return True
    entry.looked = now
    item = services.table.get(turn.key.item)[0]
    return item is not None and item.facts["status"] == "running" and item.facts["execution"] == turn.execution


_watch = _Watch()
