"""Items as rows of SQLite: the schema, and both ways between the two."""

import sqlite3
from collections.abc import Callable, Sequence
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
PUT = "INSERT OR REPLACE INTO items (pk, sk, facts, body, expires) VALUES (?, ?, ?, ?, ?)"
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


def newest(connection: sqlite3.Connection, pk: str, limit: int) -> list[str]:
    """Read the last sort keys of a partition, the greatest first."""
    asked = "SELECT sk FROM items WHERE pk = ? ORDER BY sk DESC LIMIT ?"
    return [sk for (sk,) in reading(connection, lambda: connection.execute(asked, (pk, limit)).fetchall())]


def expired(connection: sqlite3.Connection, before: float, limit: int) -> list[Key]:
    """Read the keys of what has expired before a time."""
    asked = "SELECT pk, sk FROM items WHERE expires IS NOT NULL AND expires <= ? LIMIT ?"
    keys = reading(connection, lambda: connection.execute(asked, (before, limit)).fetchall())
    return [(pk, sk) for pk, sk in keys if isinstance(pk, str) and isinstance(sk, str)]
