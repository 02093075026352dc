"""The format number of a data folder: SQLite's `user_version`, which is in the file's header: reading it is free."""

import sqlite3
from pathlib import Path

from walkaway_core.store import format as stored
from walkaway_core.store.format import FORMAT, WrongFormat
from walkaway_local import rows

COLUMNS = ["pk", "sk", "facts", "body", "expires"]
OLD = """
SELECT 1 FROM items WHERE sk >= 'SESSION#' AND sk < 'SESSION$' AND json_extract(facts, '$.told') IS NULL LIMIT 1
"""
"""Finds a session whose version knew no webhooks. Looked for once, in data without a number."""
ALTERED = (
    "{}: {}; something else than Walkaway has altered it. Put back a backup, or begin with another data folder (--data)"
)


def open_up(connection: sqlite3.Connection, path: Path) -> None:
    """Make the schema in a new database; see that an old one is for this version. Raises WrongFormat.

    Data without a number gets one, in the transaction that has seen that it may.
    """
    number = connection.execute("PRAGMA user_version").fetchone()[0]
    stored.check(str(path), number)
    if number == FORMAT:
        _check_columns(connection, path)
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(items)")]
        if columns and (columns != COLUMNS or connection.execute(OLD).fetchone()):
            raise WrongFormat(stored.OLDER.format(path))
        for statement in rows.SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check_columns(connection: sqlite3.Connection, path: Path) -> None:
    """See that the table is as this version has made it; a column that need not be filled does no harm.

    Raises WrongFormat.
    """
    told = connection.execute("PRAGMA table_info(items)").fetchall()  # number, name, type, not null, default, key
    names, key = [row[1] for row in told], [row[1] for row in sorted(told, key=lambda row: row[5]) if row[5]]
    missing = [name for name in COLUMNS if name not in names]
    strange = [row[1] for row in told if row[1] not in COLUMNS and row[3] and row[4] is None]
    if not told:
        raise WrongFormat(ALTERED.format(path, "the table `items` is missing"))
    if missing or strange or key != COLUMNS[:2]:
        wrong = f"the columns {', '.join(names)} with the key {', '.join(key) or '(none)'}"
        raise WrongFormat(ALTERED.format(path, f"its table `items` has {wrong}"))
