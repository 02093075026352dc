"""A transaction that several parts of the core write into: what they say of one item becomes one write."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from walkaway_core.ports.items import Change, Check, Condition, Delete, Fact, Item, Key, Put, Write
from walkaway_core.ports.table import Table

NOTHING: Mapping[str, Fact] = {}
NO_NUMBERS: Mapping[str, int] = {}


class Transaction:
    """Writes that happen together or not at all, one for each key.

    Changes of one key are merged: facts are set, numbers added up, conditions all hold. A change of an item that the
    transaction puts becomes part of that item. Anything else said twice of a key is a mistake and raises ValueError.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._writes: dict[Key, Write] = {}

    def __iter__(self) -> Iterator[Write]:
        return iter(self._writes.values())

    def put(self, item: Item, *when: Condition) -> None:
        """Write the whole item."""
        self._add(Put(item, when))

    def delete(self, key: Key, *when: Condition) -> None:
        """Delete the item; that it is absent already is no error unless a condition says so."""
        self._add(Delete(*key, when=when))

    def check(self, key: Key, *when: Condition) -> None:
        """Write nothing, but the conditions must hold."""
        there = self._writes.get(key)
        if isinstance(there, Change):
            self._writes[key] = replace(there, when=_all(there.when, when))
        elif isinstance(there, Check):
            self._writes[key] = Check(*key, when=_all(there.when, when))
        else:
            self._add(Check(*key, when=when))

    def change(
        self,
        key: Key,
        *when: Condition,
        set: Mapping[str, Fact] = NOTHING,  # noqa: A002 - the word of the port's Change
        add: Mapping[str, int] = NO_NUMBERS,
        drop: tuple[str, ...] = (),
    ) -> None:
        """Change facts of an item that must be there: set some, add to numbers (missing counts as 0), drop some."""
        there = self._writes.get(key)
        if isinstance(there, Put):
            self._writes[key] = replace(there, item=_changed(there.item, when, set, add, drop))
        elif isinstance(there, Change):
            if clash := {*there.set, *set}.intersection((*there.drop, *drop)):
                raise ValueError(f"{key}: {min(clash)} is set and dropped in one transaction")
            sums = {name: there.add.get(name, 0) + add.get(name, 0) for name in {**there.add, **add}}
            both = Change(*key, {**there.set, **set}, sums, (*there.drop, *drop), _all(there.when, when))
            self._writes[key] = both
        else:
            earlier = self._writes.pop(key).when if isinstance(there, Check) else ()
            self._add(Change(*key, set, add, drop, _all(earlier, when)))

    def after(self, item: Item) -> Item:
        """Give an item, as it was read, with what this changes of it."""
        change = self._writes.get(item.key)
        return _changed(item, (), change.set, change.add, change.drop) if isinstance(change, Change) else item

    def include(self, *writes: Write) -> None:
        """Let writes that somebody else has made belong to it."""
        for write in writes:
            self._add(write)

    def commit(self) -> None:
        """Carry it out. Raises Refused, by the key of the first condition that did not hold, and Unknown."""
        self._table.write(*self)

    def _add(self, write: Write) -> None:
        if write.key in self._writes:
            raise ValueError(f"{write.key} has its write in this transaction already")
        self._writes[write.key] = write


def _all(first: tuple[Condition, ...], second: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _changed(
    item: Item, when: tuple[Condition, ...], facts: Mapping[str, Fact], add: Mapping[str, int], drop: tuple[str, ...]
) -> Item:
    if not all(condition.holds(item) for condition in when):
        raise ValueError(f"{item.key} is put, and then changed on a condition that it does not meet")
    sums = {name: item.number(name, 0) + number for name, number in add.items()}
    kept = {name: value for name, value in item.facts.items() if name not in drop}
    return replace(item, facts={**kept, **facts, **sums})
