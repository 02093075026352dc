"""Entries as they were decoded last, so that a long conversation is not decoded anew for each of its steps.

An entry is found by all that it is made of, so what is found is never older than what has been read. It is the same
one for all who find it: nobody may change what is in it.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from walkaway_core.ports.items import Item

T = TypeVar("T")
MOST = 4_000_000
"""Bytes, about."""
OVERHEAD = 1_500
"""Bytes that an entry takes besides its text, about; that is kept twice, encoded and decoded."""


class Memo(Generic[T]):
    """What was made of items, about `most` bytes of it.

    There are two generations: what is found in the old one, or made, goes into the young one, and when that is half of
    all, it becomes the old one. So what is let go has not been asked for since half as much as is kept was.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._young: dict[Hashable, T] = {}
        self._old: dict[Hashable, T] = {}
        self._bytes = 0

    def get(self, item: Item, make: Callable[[Item], T]) -> T:
        """Give what is made of an item; of one that does not have its own body, it is made each time."""
        if not item.body:
            return make(item)
        key = (item.pk, item.sk, item.body, *item.facts.items())
        try:
            made = self._young.get(key)
        except TypeError:  # a fact that is no fact, as after a hand in the table
            return make(item)
        if made is None:
            made = self._old.get(key) or make(item)
            self._keep(key, made, OVERHEAD + 2 * len(item.body))
        return made

    def _keep(self, key: Hashable, made: T, size: int) -> None:
        with self._lock:
            self._young[key] = made
            self._bytes += size
            if self._bytes > self._most // 2:
                self._old, self._young, self._bytes = self._young, {}, 0
