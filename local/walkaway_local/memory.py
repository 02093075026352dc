"""What this process wrote last, kept in memory, so that whoever reads it again need not ask SQLite.

Of each key its item, or that there is none; of each partition where its known end begins: from there on every item is
kept. While a group is being committed nothing that it touches is answered from here, so nobody sees one of its items in
SQLite and then an old one of another key here. Partitions that other processes write are left out.
"""

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping

from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import MAX_PAGE_BYTES, Item, Key, Page

MOST = 8_000_000
"""Bytes of items, about."""
REST = 1.0
"""Seconds after which what was written a moment ago is rarely asked for, but by those who can wait for SQLite."""
OVERHEAD = 800
"""Bytes that an entry takes besides the item's own, about."""


class Nothing:
    """What is answered for a key of which nothing is known here."""


NOTHING = Nothing()
EMPTY = Page(())


class _Part:
    """What is known of a partition: items by sort key, as they were written one after the other; `used` when, last.

    From `floor` on every item is there, and `sks` are their sort keys in order; None: there is no such end. `weights`
    are the items' bytes, and `bytes` how many all of them are.
    """

    __slots__ = ("bytes", "floor", "items", "sks", "used", "weights")

    def __init__(self) -> None:
        self.items: dict[str, Item | None] = {}
        self.weights: dict[str, int] = {}
        self.bytes = 0
        self.floor: str | None = None
        self.sks: list[str] = []
        self.used = 0.0

    def put(self, sk: str, item: Item | None) -> int:
        """Take an item in, or that there is none; give how many bytes this is more."""
        more = -self.weights.pop(sk, 0)
        self.items.pop(sk, None)
        in_end = self.floor is not None and sk >= self.floor
        if in_end:
            self._place(sk, there=item is not None)
        if item is not None or not in_end:  # what the end does not have is not there
            self.items[sk] = item
            self.weights[sk] = weight = OVERHEAD + (item.size if item else 0)
            more += weight
        self.bytes += more
        return more

    def _place(self, sk: str, *, there: bool) -> None:
        place = bisect_left(self.sks, sk)
        was = place < len(self.sks) and self.sks[place] == sk
        if there and not was:
            self.sks.insert(place, sk)
        elif was and not there:
            del self.sks[place]

    def drop(self) -> int:
        """Let go of what was written first; the known end begins behind it then. Gives how many bytes that is less."""
        sk = next(iter(self.items))
        if self.floor is not None and sk >= self.floor:
            del self.sks[: bisect_right(self.sks, sk)]
            self.floor = sk + "\x00" if self.sks else None
        del self.items[sk]
        less = self.weights.pop(sk)
        self.bytes -= less
        return less


class Memory:
    """Items by key and ends of partitions. The writer says when a commit begins, and what came of it; anybody reads.

    A partition that is neither written nor read for REST seconds is let go, and at any time what has rested longest if
    all is more than `most` bytes.
    """

    def __init__(self, shared: frozenset[str], clock: Clock, most: int = MOST) -> None:
        self._shared = shared
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._parts: OrderedDict[str, _Part] = OrderedDict()
        self._bytes = 0
        self._now = 0.0
        self._keys: Collection[Key] = ()
        self._partitions: set[str] = set()

    def get(self, key: Key, now: float) -> Item | Nothing | None:
        """Give the item of a key, None where there is none, or NOTHING."""
        pk, sk = key
        with self._lock:
            part = self._used(pk)
            if part is None or key in self._keys:
                return NOTHING
            item = part.items.get(sk, NOTHING)
            if item is NOTHING and part.floor is not None and sk >= part.floor:
                return None
        return item if item is NOTHING or _lives(item, now) else None

    def query(self, pk: str, after: str, upto: str | None, limit: int, *, reverse: bool) -> Page | None:
        """Answer as the table's `query` does; None when some of it may not be known here."""
        with self._lock:
            part = self._used(pk)
            if part is None or part.floor is None or pk in self._partitions:
                return None
            whole = after + "\x00" >= part.floor
            if whole and not (part.sks and part.sks[-1] > after):
                return EMPTY  # as most who wait for news see first
            if not whole and not reverse:
                return None
            first = bisect_right(part.sks, after)
            last = len(part.sks) if upto is None else bisect_right(part.sks, upto)
            sks = part.sks[first:last]
            page = self._page(part, reversed(sks) if reverse else sks, limit)
            return page if whole or page.more else None

    def _page(self, part: _Part, sks: Iterable[str], limit: int) -> Page:
        taken: list[Item] = []
        size = 0
        for sk in sks:
            item = part.items[sk]
            if item and (item.expires is None or item.expires > self._clock.now()):
                if len(taken) == limit or (taken and size > MAX_PAGE_BYTES):
                    return Page(tuple(taken), more=True)
                taken.append(item)
                size += part.weights[sk] - OVERHEAD
        return Page(tuple(taken))

    def begin(self, made: Mapping[Key, Item | None]) -> None:
        """Answer nothing about these until `learn` or `lose`."""
        partitions = {pk for pk, _ in made}
        with self._lock:
            self._keys, self._partitions = made, partitions

    def endless(self, pks: Iterable[str]) -> list[str]:
        """Give those partitions of which it would know the end, if it were told once."""
        return [pk for pk in pks if pk not in self._shared and not self._has_end(pk)]

    def learn(self, made: Mapping[Key, Item | None], floors: Mapping[str, str]) -> None:
        """Take in what has been committed; `floors`: behind what there was nothing in a partition before that."""
        mine = self._partitions - self._shared
        with self._lock:
            self._now = self._clock.monotonic()
            for pk in mine:
                part = self._parts.get(pk)
                if part is None:
                    part = self._parts[pk] = _Part()
                part.floor = floors.get(pk, part.floor)
                part.used = self._now
                self._parts.move_to_end(pk)
            for (pk, sk), item in made.items():
                if pk in mine:
                    self._bytes += self._parts[pk].put(sk, item)
            self._let_go()
            self._keys, self._partitions = (), set()

    def lose(self) -> None:
        """Forget everything: what came of a commit is not known."""
        with self._lock:
            self._parts.clear()
            self._bytes = 0
            self._keys, self._partitions = (), set()

    def _has_end(self, pk: str) -> bool:
        part = self._parts.get(pk)
        return part is not None and part.floor is not None

    def _used(self, pk: str) -> _Part | None:
        """Give a partition; it rests from now on. Time is that of the last commit: so finely is it told."""
        part = self._parts.get(pk)
        if part and part.used < self._now:
            part.used = self._now
            self._parts.move_to_end(pk)
        return part

    def _let_go(self) -> None:
        while self._parts:
            pk, part = next(iter(self._parts.items()))
            if part.used < self._now - REST:
                self._bytes -= part.bytes
                del self._parts[pk]
            elif self._bytes <= self._most:
                return
            elif part.items:
                self._bytes -= part.drop()
            else:
                del self._parts[pk]


def _lives(item: Item | Nothing | None, now: float) -> bool:
    return isinstance(item, Item) and (item.expires is None or item.expires > now)
