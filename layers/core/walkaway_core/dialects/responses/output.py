"""What has been added to a response's output while its stream is told: places, ids, and the items that stay."""

from collections import Counter

from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.items import Item


class Output:
    """Gives each item its place, and keeps those that stay. An attempt that was lost takes its own along."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._place = 0, 1
        """The step and the attempt. Before the first step stand calls that an earlier response has asked about."""
        self._counts: Counter[str] = Counter()
        self._next = self._first = 0
        self._kept: dict[int, Item] = {}

    def begin(self, step: int, attempt: int) -> None:
        """Begin an attempt at a step: what is added from now on belongs to it."""
        self._place, self._first = (step, attempt), self._next
        self._counts.clear()

    def lose(self) -> None:
        """Forget what the attempt has added; its places in the output stay empty."""
        self._kept = {index: item for index, item in self._kept.items() if index < self._first}

    def add(self, type_: str) -> tuple[str, int]:
        """Give the next item of this type its id and its index."""
        id_ = self._names.item(type_, *self._place, self._counts[type_])
        self._counts[type_] += 1
        self._next += 1
        return id_, self._next - 1

    def keep(self, index: int, item: Item) -> None:
        """Note an item as it stays."""
        self._kept[index] = item

    @property
    def items(self) -> list[Item]:
        """The items that stay, in the order of their places."""
        return [self._kept[index] for index in sorted(self._kept)]
