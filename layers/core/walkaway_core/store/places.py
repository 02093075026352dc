"""Places that the Table keeps: one item each, which expires, so that a place whose holder was lost is free again."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import Absent, Delete, Is, Item, Key, Put, Refused, Unknown
from walkaway_core.ports.shares import NoPlace
from walkaway_core.ports.table import Table
from walkaway_core.store import keys


class TablePlaces:
    """Places: `most` for each tenant. Taking one is a write and giving it back another, unless it is crowded."""

    def __init__(self, table: Table, clock: Clock, most: int) -> None:
        self._table = table
        self._clock = clock
        self._most = most

    @contextmanager
    def place(self, tenant: str, seconds: float) -> Iterator[None]:
        """Take a place that is free, and give it back."""
        holder = secrets.token_hex(8)
        number = self._take(tenant, holder, seconds)
        try:
            yield
        finally:
            # What cannot be given back now is free when its time is over, and may then be somebody else's.
            with suppress(Refused, Unknown, Unavailable), patience.within(patience.REQUEST):
                self._table.write(Delete(*_place(tenant, number), (Is("holder", holder),)))

    def _take(self, tenant: str, holder: str, seconds: float) -> int:
        """Try any place, and if that is taken those that are free. Raises NoPlace."""
        number = random.randrange(self._most)  # noqa: S311 - where others hardly look
        if self._taken(tenant, number, holder, seconds):
            return number
        there = self._table.query(keys.places(tenant)).items
        free = sorted({_place(tenant, n) for n in range(self._most)} - {item.key for item in there})
        for _, name in random.sample(free, len(free)):
            if self._taken(tenant, int(name), holder, seconds):
                return int(name)
        raise NoPlace(f"the tenant has {self._most} under way")

    def _taken(self, tenant: str, number: int, holder: str, seconds: float) -> bool:
        """Take this place if it is free; say whether it is this holder's."""
        expires = int(self._clock.now() + seconds) + 1
        item = Item(*_place(tenant, number), {"holder": holder}, expires=expires)
        while True:
            try:
                self._table.write(Put(item, (Absent(),)))
            except Refused as refusal:
                return refusal.item is not None and refusal.item.facts.get("holder") == holder
            except Unknown:
                continue  # the next try finds this holder there, if it has happened
            return True


def _place(tenant: str, number: int) -> Key:
    return keys.places(tenant), f"{number:04}"
