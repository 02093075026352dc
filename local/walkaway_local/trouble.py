"""What is wrong with the database, as sentences, and whether its last writes worked."""

import os
import sqlite3
import time
from pathlib import Path

from walkaway_core.ports import patience

ROOM = 1_000_000
"""Bytes that must be free again before a disk that was full counts as one with room."""
BROKEN_DISK = "The disk of"
DAMAGED = (
    "{} is damaged ({}). Stop the server, keep a copy of the data folder, and put back a backup; or save what can be "
    "read: sqlite3 {} .recover | sqlite3 new.db"
)


class CannotOpen(Exception):
    """The data folder's database cannot be used. The message says why, and what to do."""


NO_RIGHT = (
    "{} cannot be read and written by this user ({}). Run the server as its owner, give it to this user (chown -R), or "
    "name another folder"
)
READ_ONLY = "{} cannot be written: it, its folder or its file system is read-only"
LOCKED = "{} is locked by another program; end that"
UNOPENED = "{} cannot be opened: is it a file that this user may write, and are few enough files open (ulimit -n)?"


def sentence(path: Path, error: sqlite3.Error) -> str | None:
    """Say what is wrong with the store; None for an error that is of one statement alone.

    By SQLite's result codes (sqlite.org/rescode.html); the low byte is the primary one.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    sentences = {
        sqlite3.SQLITE_CORRUPT: DAMAGED.format(path, error, path),
        sqlite3.SQLITE_NOTADB: DAMAGED.format(path, error, path),
        sqlite3.SQLITE_FULL: patience.FULL,
        sqlite3.SQLITE_READONLY: READ_ONLY.format(path),
        sqlite3.SQLITE_BUSY: LOCKED.format(path),
        sqlite3.SQLITE_IOERR: f"{BROKEN_DISK} {path} reports an error ({error})",
        sqlite3.SQLITE_CANTOPEN: UNOPENED.format(path),
    }
    if code == sqlite3.SQLITE_CANTOPEN and _system(path).f_flag & os.ST_RDONLY:
        return READ_ONLY.format(path)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and not free(path):
        return patience.FULL
    return sentences.get(code)


def unusable(data: Path, error: Exception) -> str:
    """Say at the start why a data folder cannot be used, and what to do."""
    path = Path(os.fsdecode(error.filename)) if isinstance(error, OSError) and error.filename else data
    if isinstance(error, PermissionError) and not os.path.lexists(path):
        parent = next(each for each in path.absolute().parents if os.path.lexists(each))
        return f"{path} cannot be made: this user ({os.geteuid()}) may not write in {parent}. Name another folder"
    if isinstance(error, PermissionError):
        return NO_RIGHT.format(path, os.geteuid())
    if isinstance(error, NotADirectoryError | FileExistsError):
        return (
            f"{path} cannot be used: it, or a part of the way to it, is a file. Name another folder, or move that away"
        )
    reason = patience.reason(error) or (error.strerror if isinstance(error, OSError) else None)
    if reason:
        return f"{path} cannot be used: {reason}. Nothing has been changed; start again when that is mended"
    return str(error)


class Outlook:
    """Whether writes work, by the last ones: `reason` is a sentence, empty while they do."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reason = ""
        self.since: float | None = None
        """Since when they have not, in monotonic seconds."""

    @property
    def room(self) -> bool:
        """Whether something smaller may be written all the same."""
        return self.reason == patience.FULL or self.reason.startswith(BROKEN_DISK)

    def failed(self, reason: str) -> None:
        """Note that something could not be written."""
        self.since = self.since or time.monotonic()
        self.reason = reason

    def worked(self) -> None:
        """Note that something was; while a disk has next to no room, that is no sign that the next one will be."""
        if self.reason and not (self.reason == patience.FULL and free(self._path) < ROOM):
            self.reason, self.since = "", None


def free(path: Path) -> int:
    """Give the bytes that are free beside a file. Raises OSError."""
    status = _system(path)
    return status.f_bavail * status.f_frsize


def _system(path: Path) -> os.statvfs_result:
    return os.statvfs(path.parent)
