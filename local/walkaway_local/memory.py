"""What this process wrote last, kept in memory, so that whoever reads it again need not ask SQLite.

Of each key its item, or that there is none; of each partition where its known end begins: from there on every item is
kept. While a group is being committed nothing that it touches is answered from here, so nobody sees one of its items in
SQLite and then an old one of another key here. Partitions that other processes write are left out.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping

from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import MAX_PAGE_BYTES, Item, Key, Page
from walkaway_local.partition import LONG_REST, OVERHEAD, REST, Partition

MOST = 16_000_000
"""Bytes of items, about."""


class Nothing:
    """What is answered for a key of which nothing is known here."""


NOTHING = Nothing()
EMPTY = Page(())


class Memory:
    """Items by key and ends of partitions. The writer says when a commit begins, and what came of it; anybody reads.

    What is neither written nor read for a while is let go, partitions and what stands in them, and at any time what has
    rested longest if all is more than `most` bytes.
    """

    def __init__(self, shared: frozenset[str], clock: Clock, most: int = MOST) -> None:
        self._shared = shared
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._parts: dict[str, Partition] = {}
        self._resting: dict[float, OrderedDict[str, Partition]] = {REST: OrderedDict(), LONG_REST: OrderedDict()}
        """Partitions by how long they may rest, those first that rest longest."""
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
            if item is not NOTHING:
                part.touch(sk, self._now)
            elif part.floor is not None and sk >= part.floor:
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
            for far in sks[-limit:][:1] if reverse else sks[:1]:
                part.read(far, self._now)
            page = self._page(part, reversed(sks) if reverse else sks, limit)
            return page if whole or page.more else None

    def _page(self, part: Partition, sks: Iterable[str], limit: int) -> Page:
        taken: list[Item] = []
        size = 0
        for sk in sks:
            item = part.items[sk]
            if item and (item.expires is None or item.expires > self._clock.now()):
                if len(taken) == limit or (taken and size > MAX_PAGE_BYTES):
                    return Page(tuple(taken), more=True)
                taken.append(item)
                size += part.marks[sk][0] - OVERHEAD
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
                    part = self._parts[pk] = Partition()
                part.floor = floors.get(pk, part.floor)
                self._resting[part.rest].pop(pk, None)
            for (pk, sk), item in made.items():
                if pk in mine:
                    self._bytes += self._parts[pk].put(sk, item, self._now)
            for pk in mine:
                part = self._parts[pk]
                part.used = self._now
                self._bytes -= part.let_rest(self._now)
                self._resting[part.rest][pk] = part
            self._let_go()
            self._keys, self._partitions = (), set()

    def lose(self) -> None:
        """Forget everything: what came of a commit is not known."""
        with self._lock:
            self._parts.clear()
            for parts in self._resting.values():
                parts.clear()
            self._bytes = 0
            self._keys, self._partitions = (), set()

    def _has_end(self, pk: str) -> bool:
        part = self._parts.get(pk)
        return part is not None and part.floor is not None

    def _used(self, pk: str) -> Partition | None:
        """Give a partition; it rests from now on. Time is that of the last commit: so finely is it told."""
        part = self._parts.get(pk)
        if part and part.used < self._now:
            part.used = self._now
            self._resting[part.rest].move_to_end(pk)
        return part

    def _let_go(self) -> None:
        for rest, parts in self._resting.items():
            while parts and next(iter(parts.values())).used < self._now - rest:
                self._forget(next(iter(parts)), parts)
        while self._bytes > self._most:
            pk, parts = min(((next(iter(parts)), parts) for parts in self._resting.values() if parts), key=self._since)
            part = parts[pk]
            if not part.items:
                self._forget(pk, parts)
                continue
            del parts[pk]
            self._bytes -= part.drop(next(iter(part.items)))
            self._resting[part.rest][pk] = part
            self._resting[part.rest].move_to_end(pk, last=False)

    def _since(self, resting: tuple[str, object]) -> float:
        return self._parts[resting[0]].used

    def _forget(self, pk: str, parts: OrderedDict[str, Partition]) -> None:
        self._bytes -= parts.pop(pk).bytes
        del self._parts[pk]


def _lives(item: Item | Nothing | None, now: float) -> bool:
    return isinstance(item, Item) and (item.expires is None or item.expires > now)
