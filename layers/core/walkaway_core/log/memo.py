"""Entries as they were decoded last, so that a long conversation is not decoded anew for each of its steps.

An entry is found by all that it is made of, so what is found is never older than what has been read. It is the same
one for all who find it: nobody may change what is in it.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from walkaway_core.ports.items import Item

Key = tuple[str, str, bytes]
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
        self._young: dict[Key, tuple[Item, T]] = {}
        self._old: dict[Key, tuple[Item, T]] = {}
        self._bytes = 0

    def get(self, item: Item, make: Callable[[Item], T]) -> T:
        """Give what is made of an item; of one that does not have its own body, it is made each time."""
        if not item.body:
            return make(item)
        key = item.pk, item.sk, item.body
        kept = self._young.get(key)
        if kept is not None and (kept[0] is item or kept[0] == item):
            return kept[1]
        kept = self._old.get(key)
        made = kept[1] if kept is not None and kept[0] == item else make(item)
        self._keep(key, (item, made), OVERHEAD + 2 * len(item.body))
        return made

    def _keep(self, key: Key, made: tuple[Item, T], size: int) -> None:
        with self._lock:
            self._young[key] = made
            self._bytes += size
            if self._bytes > self._most // 2:
                self._old, self._young, self._bytes = self._young, {}, 0
