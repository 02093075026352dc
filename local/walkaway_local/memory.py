"""What this process wrote last, kept in memory, so that whoever reads it again need not ask SQLite.

Of each key its item, or that there is none; of each partition where its known end begins: from there on every item is
kept. While a group is being committed nothing that it touches is answered from here, so nobody sees one of its items in
SQLite and then an old one of another key here. Partitions that other processes write are left out.
"""

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile

from walkaway_core.ports.items import MAX_PAGE_BYTES, Item, Key, Page

MOST = 8_000_000
"""Bytes of items, about."""
OVERHEAD = 800
"""Bytes that an entry takes besides the item's own, about."""


class Nothing:
    """What is answered for a key of which nothing is known here."""


NOTHING = Nothing()


class _End:
    """The known end of a partition: the sort keys from `floor` on, in their order."""

    def __init__(self, floor: str) -> None:
        self.floor = floor
        self.sks: list[str] = []


class Memory:
    """Items by key and ends of partitions. The writer says when a commit begins, and what came of it; anybody reads."""

    def __init__(self, shared: frozenset[str], most: int = MOST) -> None:
        self._shared = shared
        self._most = most
        self._lock = threading.Lock()
        self._items: OrderedDict[Key, Item | None] = OrderedDict()
        self._ends: dict[str, _End] = {}
        self._bytes = 0
        self._keys: frozenset[Key] = frozenset()
        self._partitions: frozenset[str] = frozenset()

    def get(self, key: Key, now: float) -> Item | Nothing | None:
        """Give the item of a key, None where there is none, or NOTHING."""
        with self._lock:
            if key in self._keys:
                return NOTHING
            item = self._items.get(key, NOTHING)
            if item is NOTHING and (end := self._ends.get(key[0])) and key[1] >= end.floor:
                return None
        return item if item is NOTHING or _lives(item, now) else None

    def query(self, pk: str, after: str, upto: str | None, limit: int, now: float, *, reverse: bool) -> Page | None:
        """Answer as the table's `query` does; None when some of it may not be known here."""
        with self._lock:
            end = self._ends.get(pk)
            if end is None or pk in self._partitions:
                return None
            whole = after + "\x00" >= end.floor
            if not whole and not reverse:
                return None
            first = bisect_right(end.sks, after)
            last = len(end.sks) if upto is None else bisect_right(end.sks, upto)
            sks = end.sks[first:last]
            page = _page(self._alive(pk, reversed(sks) if reverse else iter(sks), now), limit)
            return page if whole or page.more else None

    def begin(self, made: Mapping[Key, Item | None]) -> None:
        """Answer nothing about these until `learn` or `lose`."""
        with self._lock:
            self._keys = frozenset(made)
            self._partitions = frozenset(pk for pk, _ in made)

    def learn(self, made: Mapping[Key, Item | None], newest: Callable[[str, int], list[str]]) -> None:
        """Take in what has been committed; `newest` gives the last sort keys of a partition, up to so many."""
        ends = {pk: _known(pk, made, newest) for pk in self._partitions - self._ends.keys() - self._shared}
        with self._lock:
            self._ends.update((pk, _End(floor)) for pk, floor in ends.items() if floor is not None)
            for key, item in made.items():
                if key[0] not in self._shared:
                    self._put(key, item)
            while self._bytes > self._most:
                self._drop(next(iter(self._items)))
            self._keys, self._partitions = frozenset(), frozenset()

    def lose(self) -> None:
        """Forget everything: what came of a commit is not known."""
        with self._lock:
            self._items.clear()
            self._ends.clear()
            self._bytes = 0
            self._keys, self._partitions = frozenset(), frozenset()

    def _alive(self, pk: str, sks: Iterator[str], now: float) -> Iterator[Item]:
        for sk in sks:
            item = self._items[pk, sk]
            if item and _lives(item, now):
                yield item

    def _put(self, key: Key, item: Item | None) -> None:
        before = self._items.pop(key, NOTHING)
        if before is not NOTHING:
            self._bytes -= _weight(before)
        self._items[key] = item
        self._bytes += _weight(item)
        end = self._ends.get(key[0])
        if end is None or key[1] < end.floor:
            return
        place = bisect_left(end.sks, key[1])
        there = place < len(end.sks) and end.sks[place] == key[1]
        if item and not there:
            end.sks.insert(place, key[1])
        elif there and item is None:
            del end.sks[place]

    def _drop(self, key: Key) -> None:
        """Let go of one; from then on the known end of its partition begins behind it."""
        self._bytes -= _weight(self._items.pop(key))
        end = self._ends.get(key[0])
        if end and key[1] >= end.floor:
            end.floor = key[1] + "\x00"
            del end.sks[: bisect_right(end.sks, key[1])]
            if not end.sks:
                del self._ends[key[0]]


def _known(pk: str, made: Mapping[Key, Item | None], newest: Callable[[str, int], list[str]]) -> str | None:
    """Say from where on a partition has only what has just been made; None: its last item is none of that."""
    mine = {key[1] for key, item in made.items() if key[0] == pk and item}
    last = newest(pk, len(mine) + 1)
    known = list(takewhile(mine.__contains__, last))
    if len(known) == len(last):
        return ""
    return known[-1] if known else None


def _page(items: Iterator[Item], limit: int) -> Page:
    taken: list[Item] = []
    size = 0
    for item in items:
        if len(taken) == limit or (taken and size > MAX_PAGE_BYTES):
            return Page(tuple(taken), more=True)
        taken.append(item)
        size += item.size
    return Page(tuple(taken))


def _lives(item: Item | Nothing | None, now: float) -> bool:
    return isinstance(item, Item) and (item.expires is None or item.expires > now)


def _weight(item: Item | Nothing | None) -> int:
    return OVERHEAD + (item.size if isinstance(item, Item) else 0)
