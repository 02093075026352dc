"""A group of transactions: worked out one after the other, then written in as few statements as possible."""

import sqlite3
from collections.abc import Iterable

from walkaway_core.ports.items import Change, Delete, Fact, Item, Key, Present, Put, Refused, Write, check_limits
from walkaway_local import rows
from walkaway_local.memory import Memory, Nothing
from walkaway_local.rows import Row

Made = tuple[Item, Row] | None
"""What is to stand under a key: an item and its row, or nothing."""


class Group:
    """What a group of transactions makes of the table. Each is judged by what those before it have made."""

    def __init__(self, connection: sqlite3.Connection, memory: Memory, now: float) -> None:
        self._connection = connection
        self._memory = memory
        self._now = now
        self._made: dict[Key, Made] = {}

    @property
    def made(self) -> dict[Key, Item | None]:
        """What is to stand under which key: an item, or nothing."""
        return {key: made and made[0] for key, made in self._made.items()}

    def judge(self, writes: tuple[Write, ...]) -> Exception | None:
        """Take one more transaction in, or say why it is refused; what SQLite raises is the whole group's."""
        try:
            self._made.update(self._worked_out(writes))
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this transaction's alone
            return error
        return None

    def carry_out(self) -> None:
        """Write it."""
        puts = [made[1] for made in self._made.values() if made]
        deletes = [key for key, made in self._made.items() if made is None]
        if puts:
            self._connection.executemany(rows.PUT, puts)
        if deletes:
            self._connection.executemany("DELETE FROM items WHERE pk = ? AND sk = ?", deletes)

    def _worked_out(self, writes: Iterable[Write]) -> dict[Key, Made]:
        """Judge all conditions, then give what is to be done."""
        made: dict[Key, Made] = {}
        for write in writes:
            when = (Present(), *write.when) if isinstance(write, Change) else write.when
            stored = self._stored(write.key) if when else None
            if not all(condition.holds(stored) for condition in when):
                raise Refused(write.key, stored)
            if isinstance(write, Put | Change):
                item = _copy(write.item) if isinstance(write, Put) else _changed(stored, write)
                made[write.key] = item, rows.of(item)
            elif isinstance(write, Delete):
                "".join(write.key).encode()  # what is no text at all fails here, and alone
                made[write.key] = None
        return made

    def _stored(self, key: Key) -> Item | None:
        if key in self._made:
            made = self._made[key]
            item = made[0] if made else None
        else:
            known = self._memory.get(key, self._now)
            item = rows.stored(self._connection, key) if isinstance(known, Nothing) else known
        return item if item is None or item.expires is None or item.expires > self._now else None


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
