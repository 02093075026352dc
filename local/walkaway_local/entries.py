"""Entries of an open directory: what they are, what is in them, and what an error of the system means."""

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from walkaway_core.ports import patience
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.workspace import FileInfo

CHUNK = 256 * 1024
LAST_SECOND = 253402300799.0
"""Of the year 9999, after which HTTP has no dates (RFC 9110, 5.6.7)."""


def kind(folder: int, name: str) -> int | None:
    """Tell the kind of an entry, as stat(2) does; None when it is missing."""
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def info(folder: int, name: str) -> FileInfo | None:
    """Describe a file or directory; None for anything else, and when it is missing."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        return FileInfo(name, is_directory=True, size=0, modified=_time(status))
    if not stat.S_ISREG(status.st_mode):
        return None
    version = f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
    return FileInfo(name, is_directory=False, size=status.st_size, modified=_time(status), version=version)


def _time(status: os.stat_result) -> float:
    """When it was modified, within the years of a calendar: by hand, a file can be given any time."""
    return min(max(status.st_mtime, 0.0), LAST_SECOND)


def chunks(source: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    """Give bytes of a file from `start` to `end` (exclusive; None: its own), then close it. Raises NotWritten."""
    with source:
        source.seek(start)
        left = None if end is None else end - start
        while left is None or left > 0:
            try:
                chunk = source.read(CHUNK if left is None else min(CHUNK, left))
            except OSError as error:
                raise trouble(error) from error
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk


def trouble(error: OSError) -> NotWritten:
    """Say what the disk or the system does not do, of a folder that the server works in."""
    if isinstance(error, PermissionError):
        return NotWritten("The server has no right to its workspace's folder")
    if isinstance(error, FileNotFoundError):
        return NotWritten("The workspace's folder has been removed while the server runs")
    return NotWritten(patience.reason(error) or f"The workspace's folder cannot be used ({error.strerror})")
