"""Items as rows of SQLite: the schema, and both ways between the two."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from walkaway_core.ports.items import MAX_PAGE_BYTES, Item, Key, Page
from walkaway_wire import gate, jsontext

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS items (
    pk TEXT NOT NULL, sk TEXT NOT NULL, facts TEXT NOT NULL, body BLOB NOT NULL, expires INTEGER,
    PRIMARY KEY (pk, sk)
) WITHOUT ROWID
""",
    "CREATE INDEX IF NOT EXISTS expiring ON items (expires) WHERE expires IS NOT NULL",
)
AT_ONCE = 16
"""How many rows a statement writes at the most. The interpreter's lock is let go of several times in each, and may be
gone for a while; but what many rows would change of the file is kept beside it, once that is more than 64 KB."""
Row = tuple[str, str, str, bytes, int | None]
T = TypeVar("T")


def of(item: Item) -> Row:
    """Make the row that an item is stored as. Raises ValueError for what JSON and UTF-8 do not have."""
    return item.pk, item.sk, jsontext.dumps(dict(item.facts)), item.body, item.expires


def item(row: Row) -> Item:
    """Make an item again; of one whose columns were damaged, what is left: facts that are none are an object."""
    pk, sk, text, body, expires = row
    try:
        facts = jsontext.loads(text)
    except (ValueError, TypeError, RecursionError):
        facts = None
    if not (isinstance(facts, dict) and isinstance(body, bytes) and (expires is None or isinstance(expires, int))):
        return _salvaged(row, facts)
    return Item(pk, sk, facts, body, expires)


def _salvaged(row: tuple[Any, ...], facts: Any) -> Item:
    pk, sk, _, body, expires = row
    facts = facts if isinstance(facts, dict) else {gate.UNREADABLE: "the facts of this item are no JSON object"}
    body = body if isinstance(body, bytes) else str(body).encode(errors="replace")
    return Item(pk, sk, facts, body, expires if isinstance(expires, int) else None)


def lenient(raw: bytes) -> str | bytes:
    """Decode a text; one that is no UTF-8 stays as it is, for `item` to salvage."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def reading(connection: sqlite3.Connection, read: Callable[[], T]) -> T:
    """Read; where a text is no UTF-8, which sqlite3 raises for, once more and `lenient` from then on.

    So nobody pays for it as long as there is no such text.
    """
    try:
        return read()
    except sqlite3.OperationalError as error:
        if hasattr(error, "sqlite_errorcode"):  # it is SQLite's own
            raise
    connection.text_factory = lenient
    return read()


def stored(connection: sqlite3.Connection, key: Key) -> Item | None:
    """Read the item of this key, expired or not."""
    asked = "SELECT pk, sk, facts, body, expires FROM items WHERE pk = ? AND sk = ?"
    row = reading(connection, lambda: connection.execute(asked, key).fetchone())
    return None if row is None else item(row)


def page(connection: sqlite3.Connection, asked: str, values: Sequence[str | float], limit: int) -> Page:
    """Read items until there are so many, or they are large. A sort key that is no text names none: it is left out."""

    def read() -> Page:
        items: list[Item] = []
        size = 0
        for row in connection.execute(asked, values):
            if len(items) == limit or (items and size > MAX_PAGE_BYTES):
                return Page(tuple(items), more=True)
            if isinstance(row[1], str):
                items.append(item(row))
                size += items[-1].size
        return Page(tuple(items))

    return reading(connection, read)


def put(connection: sqlite3.Connection, written: Sequence[Row]) -> None:
    """Write rows."""
    for part in _parts(written):
        values = ", ".join(["(?, ?, ?, ?, ?)"] * len(part))
        text = f"INSERT OR REPLACE INTO items (pk, sk, facts, body, expires) VALUES {values}"  # noqa: S608 - marks alone
        connection.execute(text, list(chain(*part)))


def delete(connection: sqlite3.Connection, keys: Sequence[Key]) -> None:
    """Delete rows."""
    for part in _parts(keys):
        either = " OR ".join(["pk = ? AND sk = ?"] * len(part))
        connection.execute(f"DELETE FROM items WHERE {either}", list(chain(*part)))  # noqa: S608 - marks alone


def ends(connection: sqlite3.Connection, pks: Sequence[str]) -> dict[str, str | None]:
    """Read the last sort key of partitions, None of one without items. One whose last is no text is left out."""
    found: dict[str, str | None] = {}
    for part in _parts(pks):
        marks = ", ".join(["(?)"] * len(part))
        asked = f"SELECT column1, (SELECT max(sk) FROM items WHERE pk = column1) FROM (VALUES {marks})"  # noqa: S608
        found |= reading(connection, partial(_all, connection, asked, part))
    return {pk: sk for pk, sk in found.items() if sk is None or isinstance(sk, str)}


def _all(connection: sqlite3.Connection, asked: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
    return connection.execute(asked, values).fetchall()


def _parts(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    return (whole[at : at + AT_ONCE] for at in range(0, len(whole), AT_ONCE))


def expired(connection: sqlite3.Connection, before: float, limit: int) -> list[Key]:
    """Read the keys of what has expired before a time."""
    asked = "SELECT pk, sk FROM items WHERE expires IS NOT NULL AND expires <= ? LIMIT ?"
    keys = reading(connection, lambda: connection.execute(asked, (before, limit)).fetchall())
    return [(pk, sk) for pk, sk in keys if isinstance(pk, str) and isinstance(sk, str)]
