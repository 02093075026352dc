"""Items as rows of SQLite: the schema, and both ways between the two."""

import sqlite3

from walkaway_core.ports.items import Item, Key
from walkaway_wire import jsontext

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS items (
    pk TEXT NOT NULL, sk TEXT NOT NULL, facts TEXT NOT NULL, body BLOB NOT NULL, expires INTEGER,
    PRIMARY KEY (pk, sk)
) WITHOUT ROWID
""",
    "CREATE INDEX IF NOT EXISTS expiring ON items (expires) WHERE expires IS NOT NULL",
)
Row = tuple[str, str, str, bytes, int | None]


def of(item: Item) -> Row:
    """Make the row that an item is stored as. Raises ValueError for what JSON and UTF-8 do not have."""
    return item.pk, item.sk, jsontext.dumps(dict(item.facts)), item.body, item.expires


def item(row: Row) -> Item:
    """Make an item again."""
    pk, sk, facts, body, expires = row
    return Item(pk, sk, jsontext.loads(facts), body, expires)


def stored(connection: sqlite3.Connection, key: Key) -> Item | None:
    """Read the item of this key, expired or not."""
    row = connection.execute("SELECT pk, sk, facts, body, expires FROM items WHERE pk = ? AND sk = ?", key).fetchone()
    return None if row is None else item(row)


def newest(connection: sqlite3.Connection, pk: str, limit: int) -> list[str]:
    """Read the last sort keys of a partition, the greatest first."""
    asked = "SELECT sk FROM items WHERE pk = ? ORDER BY sk DESC LIMIT ?"
    return [sk for (sk,) in connection.execute(asked, (pk, limit))]
