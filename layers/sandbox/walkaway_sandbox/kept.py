"""Makes what a command has left in a container fit to be kept: by descriptors that follow no link, when none runs.

Regular files, directories, symbolic links, their modes and times are kept; the rest is removed, and said.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from walkaway_sandbox import tree

DIRECTORY_RIGHTS, FILE_RIGHTS = stat.S_IRWXU, stat.S_IRUSR
"""What their owner may always do, or nobody could take the container up again."""
SHOWN = 20
TOO_DEEP = f"what lies deeper than {tree.DEEPEST} directories, or on a path of more than {tree.LONGEST} bytes"


class TooMuch(Exception):
    """It cannot be kept. The message says what there is too much of."""


@dataclass
class Kept:
    """What is there: entries, bytes (holes count, and each name of a file that has several), and what had to go."""

    entries: int = 0
    size: int = 0
    gone: list[str] = field(default_factory=list)

    seen: Callable[[int, str, str, os.stat_result], None] | None = None
    """Gets each regular file: its directory's descriptor, its name there and its path, and what it was."""


def settle(folder: Path, kept: Kept, entries: int, size: int) -> None:
    """Go through all of a folder; nothing in it may be changed meanwhile. Raises TooMuch, OSError."""
    _settle(os.open(folder, tree.DIRECTORY), "", 0, kept, (entries, size))


def _settle(here: int, path: str, depth: int, kept: Kept, most: tuple[int, int]) -> None:
    times = os.fstat(here)
    try:
        if depth > tree.DEEPEST or len(os.fsencode(path)) > tree.LONGEST:
            raise TooMuch(f"there is {TOO_DEEP}")
        for name in os.listdir(here):
            info = os.stat(name, dir_fd=here, follow_symlinks=False)
            below = f"{path}/{name}" if path else name
            if stat.S_ISDIR(info.st_mode):
                _mode(here, name, info.st_mode, stat.S_IMODE(info.st_mode) & 0o1777 | DIRECTORY_RIGHTS)
                _settle(os.open(name, tree.DIRECTORY, dir_fd=here), below, depth + 1, kept, most)
            elif stat.S_ISREG(info.st_mode):
                _mode(here, name, info.st_mode, stat.S_IMODE(info.st_mode) & 0o777 | FILE_RIGHTS)
                kept.size += max(info.st_size, info.st_blocks * tree.BLOCK)
                if kept.seen:
                    kept.seen(here, name, below, info)
            elif not stat.S_ISLNK(info.st_mode):
                os.unlink(name, dir_fd=here)
                kept.gone.append(f"/{below}")
                continue
            kept.entries += 1
            if kept.entries > most[0] or kept.size > most[1]:
                raise TooMuch(f"it holds more than {most[0]} files or {most[1]} bytes")
        os.utime(here, ns=(times.st_atime_ns, times.st_mtime_ns))
    finally:
        os.close(here)


def _mode(here: int, name: str, mode: int, wanted: int) -> None:
    if stat.S_IMODE(mode) != wanted:
        os.chmod(name, wanted, dir_fd=here)  # no link: nobody is left to make it one


def files(folder: Path, below: str) -> Iterator[tuple[str, os.stat_result]]:
    """Give the regular files below a directory of a folder that was settled, by their paths from that directory."""
    waiting = [""]
    while waiting:
        path = waiting.pop()
        here = tree.entered(folder, f"{below}/{path}".strip("/"))
        if here is None:
            continue  # no directory, or a link in its place
        try:
            for name in sorted(os.listdir(here)):  # noqa: PTH208 - by descriptor, not by path
                info = os.stat(name, dir_fd=here, follow_symlinks=False)
                inside = f"{path}/{name}" if path else name
                if stat.S_ISDIR(info.st_mode):
                    waiting.append(inside)
                elif stat.S_ISREG(info.st_mode):
                    yield inside, info
        finally:
            os.close(here)


def said(gone: list[str]) -> list[str]:
    """Say what had to go."""
    more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
    names = ", ".join(repr(name[:200]) for name in gone[:SHOWN])
    return [f"not kept: {names}{more}, neither files, directories nor links"] if gone else []
