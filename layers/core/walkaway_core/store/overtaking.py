"""Requests that are overtaken: their repetition comes while they are still carried out, and have written nothing yet.

What a repetition looks for is not there then. So it *overtakes*: it leaves an opening for each count below its own,
looks once more, and begins. Whoever carries a request out writes on condition that nothing of the kind has been left;
one that had come when an opening for its count was left takes that away and gives up (`Overtaken`). So of a request and
its repetitions one is carried out, which that condition decides, and of several equal ones as many give up as there are
openings. Who gives up has done nothing. If somebody still waits for it, as another caller may, it is sent again, and is
then given what the one has made that was meant, or overtakes that.

The openings stand below where originals do (`repetitions.py`) at #{0…7}, the same at each, so that equal requests at
once do not all look at one item:

fact     unit    written by                says
state    id      overtake, look, withdraw  another one after each change
body: `open`, a list of [ms when it was left, count, name of the repetition]; there is no item that has none

They expire with the originals. Names and units are a contract: docs/upgrades.md.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from walkaway_core.errors import Unavailable
from walkaway_core.ports.items import Absent, Condition, Is, Item, Key, Refused, ms
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext

PLACES = 8
COUNTS = 10
"""For how many counts below its own a repetition leaves openings: SDKs send twice again, and may be told otherwise."""
MOST = 100
"""Openings that are kept, the newest; without the others it is as if nobody had overtaken."""

DIGITS = 13
"""Of the milliseconds with which names begin."""

Opening = tuple[int, int, str]


class Overtaken(Unavailable):
    """A repetition of such a request has come meanwhile, and is carried out in the place of this one; send it again."""

    def __init__(self) -> None:
        super().__init__(changed=False)


@dataclass(slots=True)
class Way:
    """Where a request, by its name and count, may be overtaken by others that ask for the same, and may overtake.

    A name begins with the ms at which its request came. `kept`: seconds for which an opening is there. `since`: the ms
    up to which it has overtaken others, -1 before.
    """

    pk: str
    name: str
    count: int
    kept: float
    since: int = -1
    _there: Item | None = None
    _tried: bool = False
    _over: bool = False

    @property
    def key(self) -> Key:
        """Where it looks."""
        return self._keys[zlib.crc32(self.name.encode()) % PLACES]

    @property
    def _keys(self) -> list[Key]:
        return [(self.pk, f"#{place}") for place in range(PLACES)]

    def require(self, tx: Transaction, services: Services) -> None:
        """Let a transaction hold only if nobody has overtaken it meanwhile. Raises Overtaken where somebody has."""
        self.look(services)
        self._tried = True
        if (unchanged := _unchanged(self._there)) is not None:
            tx.check(self.key, unchanged)

    def look(self, services: Services) -> None:
        """See whether it has been overtaken, for who would write otherwise: then it gives up, which raises Overtaken.

        Nothing is read before a transaction that required it was tried.
        """
        if self._tried and not self._over:
            self._there = services.table.get(self.key)[0]
            self._tried = False
        if not self._over and self._mine(_open(self._there)):
            before = self._change(services, lambda there: [each for each in there if each != self._mine(there)])
            self._over = self._mine(before) is not None
        if self._over:
            raise Overtaken

    def overtake(self, services: Services) -> None:
        """Overtake those that have come by now (`since`).

        Once more, all openings reach up to now: who was given meanwhile what this one repeats was perhaps overtaken.
        """
        again = self.since >= 0

        def left(there: list[Opening]) -> list[Opening]:
            self.since = ms(services.clock.now())  # behind the look at what is there, which must still be so
            if again:
                return [(self.since, *each[1:]) for each in there]
            lower = range(max(0, self.count - COUNTS), self.count)
            return [*there, *((self.since, count, self.name) for count in lower)]

        self._change(services, left)

    def withdraw(self, services: Services) -> None:
        """Overtake nobody any more: what it repeats has turned up."""
        self._change(services, lambda there: [each for each in there if each[2] != self.name])

    def _mine(self, there: Sequence[Opening]) -> Opening | None:
        """Find the opening by which this one is overtaken."""
        came = int(self.name[:DIGITS])
        return min((each for each in there if each[1] == self.count and each[0] >= came), default=None)

    def _change(self, services: Services, change: Callable[[list[Opening]], list[Opening]]) -> list[Opening]:
        """Change the openings, at all places; give those that were there."""
        while True:
            there = dict(zip(self._keys, services.table.get(*self._keys), strict=True))
            self._there = there[self.key]
            before = _open(self._there)
            if (after := change(before)) == before:
                return before
            new, tx = self._new(services, after), Transaction(services.table)
            for key, item in there.items():
                when = [found] if (found := _unchanged(item)) else []
                if new is None:
                    tx.delete(key, *when)
                else:
                    tx.put(Item(*key, new.facts, new.body, new.expires), *when)
            try:
                tx.commit()
            except Refused:
                continue
            self._there = new
            return before

    def _new(self, services: Services, there: list[Opening]) -> Item | None:
        """Make the item that has these openings, but for those whose time is over."""
        now = services.clock.now()
        kept = sorted(each for each in there if each[0] >= ms(now - self.kept))[-MOST:]
        body = jsontext.dump_bytes({"open": kept})
        return Item(*self.key, {"state": services.ids.new("")}, body, int(now + self.kept) + 1) if kept else None


def _open(item: Item | None) -> list[Opening]:
    """Read openings; what cannot be read is none."""
    there = gate.stored_object(item.body).get("open") if item else None
    return [
        (each[0], each[1], each[2])
        for each in (there if isinstance(there, list) else ())
        if isinstance(each, list) and [type(part) for part in each] == [int, int, str]
    ]


def _unchanged(item: Item | None) -> Condition | None:
    """Say what holds as long as an item stays as it is; None for one that nobody here has written."""
    if item is None:
        return Absent()
    state = item.facts.get("state")
    return Is("state", state) if isinstance(state, str) else None
