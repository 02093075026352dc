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


def open_up(connection: sqlite3.Connection, path: Path) -> None:
    """Make the schema in a new database; see that an old one is for this version. Raises WrongFormat.

    Data without a number gets one, in the transaction that has seen that it may.
    """
    number = connection.execute("PRAGMA user_version").fetchone()[0]
    stored.check(str(path), number)
    if number == FORMAT:
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
