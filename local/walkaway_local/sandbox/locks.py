"""Locks on parts of files (fcntl(2)), which the kernel keeps for as long as their process lives, and counts nowhere."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MOST = 4_000
"""Of one command. Each takes about 200 bytes of the kernel's memory, and there may be as many as anybody likes."""
LOOKED_AT = 2**20
"""Bytes of the list of all locks, newest first: the kernel counts from its beginning for each page of it."""
PROCESS = 4
"""Where a line of /proc/locks has it; one that waits for another's lock has `->` in front (proc_locks(5))."""


def held(processes: Iterable[int]) -> int:
    """Count the locks that processes hold or wait for, among those that are looked at."""
    names = {str(process).encode() for process in processes}
    lines: list[bytes] = []
    with suppress(OSError), Path("/proc/locks").open("rb") as file:
        lines = file.read(LOOKED_AT).splitlines()
    words = (line.split() for line in lines)
    return sum(len(names.intersection(some[PROCESS : PROCESS + 2])) > 0 for some in words)
