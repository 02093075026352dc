"""Items as rows of SQLite: the schema, and both ways between the two."""

import sqlite3
from typing import Any

from walkaway_core.ports.items import Item, Key
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


def stored(connection: sqlite3.Connection, key: Key) -> Item | None:
    """Read the item of this key, expired or not."""
    row = connection.execute("SELECT pk, sk, facts, body, expires FROM items WHERE pk = ? AND sk = ?", key).fetchone()
    return None if row is None else item(row)


def newest(connection: sqlite3.Connection, pk: str, limit: int) -> list[str]:
    """Read the last sort keys of a partition, the greatest first."""
    asked = "SELECT sk FROM items WHERE pk = ? ORDER BY sk DESC LIMIT ?"
    return [sk for (sk,) in connection.execute(asked, (pk, limit))]
