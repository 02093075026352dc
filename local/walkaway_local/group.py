"""A group of transactions: worked out one after the other, then written in as few statements as possible."""

import sqlite3
from collections.abc import Iterable
from contextlib import suppress

from walkaway_core.ports.items import Change, Check, Delete, Fact, Item, Key, Put, Refused, Write, check_limits
from walkaway_local import rows
from walkaway_local.memory import Memory, Nothing
from walkaway_local.rows import Row


class Group:
    """What a group of transactions makes of the table. Each is judged by what those before it have made."""

    def __init__(self, connection: sqlite3.Connection, memory: Memory, now: float) -> None:
        self._connection = connection
        self._memory = memory
        self._now = now
        self._rows: dict[Key, Row | None] = {}
        self.made: dict[Key, Item | None] = {}
        """What is to stand under which key: an item, or nothing."""
        self.floors: dict[str, str] = {}
        """From where on there is nothing in a partition, as far as memory does not know it."""

    def look(self, pks: Iterable[str]) -> None:
        """Find out where partitions end of which memory does not know it."""
        with suppress(UnicodeError):  # that of what is no text at all, which fails where it is judged
            ends = rows.ends(self._connection, self._memory.endless(pks))
            self.floors = {pk: "" if sk is None else sk + "\x00" for pk, sk in ends.items()}

    def judge(self, writes: tuple[Write, ...]) -> Exception | None:
        """Take one more transaction in, or say why it is refused; what SQLite raises is the whole group's."""
        try:
            made, written = self._worked_out(writes)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this transaction's alone
            return error
        self.made |= made
        self._rows |= written
        return None

    def carry_out(self) -> None:
        """Write it."""
        rows.put(self._connection, [row for row in self._rows.values() if row])
        rows.delete(self._connection, [key for key, row in self._rows.items() if row is None])

    def _worked_out(self, writes: Iterable[Write]) -> tuple[dict[Key, Item | None], dict[Key, Row | None]]:
        """Judge all conditions, then give what is to be done."""
        made: dict[Key, Item | None] = {}
        written: dict[Key, Row | None] = {}
        for write in writes:
            key, changes = write.key, isinstance(write, Change)
            stored = self._stored(key) if changes or write.when else None
            if changes and stored is None:
                raise Refused(key, None)
            for condition in write.when:
                if not condition.holds(stored):
                    raise Refused(key, stored)
            if isinstance(write, Delete):
                "".join(key).encode()  # what is no text at all fails here, and alone
                made[key] = written[key] = None
            elif not isinstance(write, Check):
                made[key] = item = _copy(write.item) if isinstance(write, Put) else _changed(stored, write)
                written[key] = rows.of(item)
        return made, written

    def _stored(self, key: Key) -> Item | None:
        if key in self.made:
            item = self.made[key]
        else:
            known = self._memory.get(key, self._now)
            item = self._read(key) if isinstance(known, Nothing) else known
        return item if item is None or item.expires is None or item.expires > self._now else None

    def _read(self, key: Key) -> Item | None:
        floor = self.floors.get(key[0])
        return None if floor is not None and key[1] >= floor else rows.stored(self._connection, key)


def _copy(item: Item) -> Item:
    """Make it ours: whoever handed it in may go on to change its facts."""
    return Item(item.pk, item.sk, dict(item.facts), item.body, item.expires)


def _changed(item: Item | None, write: Change) -> Item:
    assert item
    facts: dict[str, Fact] = {name: value for name, value in item.facts.items() if name not in write.drop}
    facts |= write.set
    for name, amount in write.add.items():
        before = facts.get(name, 0)
        facts[name] = before + amount if type(before) is int else before
    changed = Item(item.pk, item.sk, facts, item.body, item.expires)
    check_limits((Put(changed),))
    return changed
