"""Shared memory without a name (`MAP_SHARED | MAP_ANONYMOUS` in mmap(2)): what it holds, mapped or not.

It keeps its pages when nobody has them mapped any more, up to the end of its last mapping, of whatever length: one
page that stays mapped keeps gigabytes, and nothing that the kernel says of a process counts them.
"""

import mmap
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LINES, PIECES = 8 * 1024**2, 4096
"""Bytes of lists of mappings, and pieces of shared memory, of one command: what has more cannot be looked into."""
TOO_MUCH = 2**62
BLOCK = 512


def held(tasks: Iterable[Path]) -> int:
    """Add up the bytes of the shared memory that processes have mappings of, each named by a thread in `/proc`.

    Root is told by the kernel how much each piece holds; for others it counts as full, up to the end of what is
    mapped. TOO_MUCH when there is too much to look at.
    """
    told, reach, left = dict[bytes, int](), dict[bytes, int](), LINES
    for task in tasks:
        try:
            with (task / "maps").open("rb") as file:
                lines = file.read(left + 1)
        except OSError:
            continue  # it has ended
        left -= len(lines)
        for found in _pattern().finditer(lines):
            start, end, offset = (int(part, 16) for part in found.groups()[:3])
            piece = found[4]
            if piece not in told and (size := _told(task, start, end)) is not None:
                told[piece] = size
            reach[piece] = max(reach.get(piece, 0), offset + end - start)
            if len(reach) > PIECES:
                return TOO_MUCH
        if left < 0:
            return TOO_MUCH
    return sum({**reach, **told}.values())


def _told(task: Path, start: int, end: int) -> int | None:
    """Say what the piece that is mapped there holds; None for who may not know, or when the mapping has changed."""
    if os.geteuid() != 0:
        return None
    try:
        return Path(f"/proc/{task.name}/map_files/{start:x}-{end:x}").stat().st_blocks * BLOCK
    except OSError:
        return None


@cache
def _pattern() -> "re.Pattern[bytes]":
    """Find mappings of such memory: all of it lies on one device, and only the kernel makes files there."""
    with mmap.mmap(-1, mmap.PAGESIZE):
        own = Path("/proc/self/maps").read_bytes()
    device = re.search(rb"^\S+ \S+ \S+ (\S+) \d+ +/dev/zero \(deleted\)$", own, re.MULTILINE)
    at = re.escape(device[1]) if device else rb"(?!)"
    return re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) %b (\d+) " % at, re.MULTILINE)
