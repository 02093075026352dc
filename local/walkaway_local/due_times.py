"""Which due items are looked at now, on a machine whose clock leaps: as if it had not, as far as that is a wait."""

from collections.abc import Iterator

from walkaway_core.ports.items import Item, Key
from walkaway_core.store import due, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_local.lived import Leap, LivedClock
from walkaway_wire import gate

WAITS = {"turn", "delivery", "outbox"}
"""Kinds whose time is how long somebody is waited for. Sessions, and answers of callers, end by the calendar."""
EVER = 9_999_999_999.0
"""The last time that a key has thirteen digits for."""


class DueTimes:
    """The source of due items for the sweep.

    What was to be waited for when the clock leapt is waited for no shorter and no longer: a step that ran is not given
    to another execution because the machine slept. A session goes when it has been seen at its end for ten minutes.
    """

    def __init__(self, clock: LivedClock) -> None:
        self._clock = clock
        self._moved: dict[Key, float] = {}

    def overdue(self, services: Services, now: float) -> Iterator[Item]:
        """Everything whose time has come."""
        monotonic, settled = self._clock.monotonic(), self._clock.settled()
        for leap in self._clock.news():
            self._move(services, leap, monotonic)
        come = [key for key, at in self._moved.items() if at <= monotonic]
        for key in come:
            del self._moved[key]
        for item in due.overdue(services, now):
            if item.key in self._moved or (item.facts.get("kind") == "session" and _time(item) > settled):
                continue
            yield item
        for early in services.table.get(*come[:100]) if come else ():
            if early and _time(early) > now:
                yield early
        self._moved.update(dict.fromkeys(come[100:], monotonic))

    def _move(self, services: Services, leap: Leap, monotonic: float) -> None:
        """Keep for each wait that is under way how long it still lasts."""
        for item in due.overdue(services, EVER):
            left = _time(item) - leap.at
            if left > 0 and item.facts.get("kind") in WAITS and not _parked(services, item):
                self._moved.setdefault(item.key, monotonic + left)


def _time(item: Item) -> float:
    digits = item.sk[:13]
    return int(digits) / 1000 if digits.isdecimal() else 0.0


def _parked(services: Services, item: Item) -> bool:
    detail = gate.stored_object(item.body, "tenant", "session", "turn")
    if item.facts.get("kind") != "turn" or gate.UNREADABLE in detail:
        return False
    turn = turns.load(services, TurnKey(detail["tenant"], detail["session"], detail["turn"]))
    return turn is not None and turn.parked
