"""Since when somebody has looked after schedules without a gap: a time is missed only where nobody has.

fact         unit  written by  says
since, last  ms    begin       when the first and the last sweep of the series began that have come without a gap

A burst of times may take sweeps minutes; who comes to its last ones then still knows that nobody has slept. Only sweeps
that find schedules due write it, since nobody else asks. Names and units are a contract: docs/upgrades.md.
"""

from walkaway_core.ports.items import Item, Put, ms
from walkaway_core.schedules import places
from walkaway_core.schedules.ticks import PUNCTUAL
from walkaway_core.store.services import Services


def begin(services: Services, now: float) -> None:
    """Write down that a sweep begins which has schedules to look at."""
    item = services.table.get(places.SWEEPS)[0]
    since = ms(now)
    if item is not None and _number(item, "last") >= ms(now - PUNCTUAL):
        since = min(since, _number(item, "since"))  # or the clock was set back
    services.table.write(Put(Item(*places.SWEEPS, {"since": since, "last": ms(now)})))


def since(services: Services) -> float:
    """Say since when (seconds since the epoch) sweeps have come without a gap; now, where nobody knows."""
    item = services.table.get(places.SWEEPS)[0]
    return _number(item, "since") / 1000 if item is not None else services.clock.now()


def _number(item: Item, name: str) -> int:
    value = item.facts.get(name)
    return value if isinstance(value, int) else 0
