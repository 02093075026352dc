"""The disk of a command: a tmpfs whose size the kernel keeps. All of them together are bounded by the memory."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from mmap import PAGESIZE
from pathlib import Path

from walkaway_core.ports.sandbox import SandboxRefused
from walkaway_local.sandbox.growth import Growth
from walkaway_sandbox import tree

BYTES, FILES = tree.MOST_BYTES, 20_000
"""What a command may have, of both: workspace, /tmp and /dev/shm together."""
SHARE = 2
"""All disks together may take the SHARE-th part of the memory, and one a quarter of that."""
FREE = 2
TICK = 0.2
CGROUP = Path("/sys/fs/cgroup")


def options() -> str:
    """Say to the kernel how large it is (tmpfs(5))."""
    return f"size={size()},nr_inodes={FILES},mode=0711"


def size() -> int:
    """Give the bytes of one disk, in whole pages: rounded up, one file could not fill it (RLIMIT_FSIZE)."""
    return min(BYTES, total() // SHARE // 4) // PAGESIZE * PAGESIZE


class Looked:
    """A copy on the server's disk, where only this program keeps it from growing."""

    def __init__(self, copy: Path, in_memory: Iterable[str]) -> None:
        """Begin before the command does; what it finds `in_memory` is on no disk."""
        self._growth, self._in_memory = Growth(copy, in_memory), tuple(in_memory)

    def outgrown(self, first: int) -> str:
        """Say what there is too much of; empty if nothing. `first` is a process that sees the command's."""
        if self._growth.too_much(first, FILES, tree.MOST_BYTES):
            most = f"{FILES} files, {tree.MOST_BYTES} bytes or {tree.DEEPEST} directories in each other"
            return f"it made more than {most} in the workspace"
        return crowded(first, self._in_memory)


def crowded(first: int, places: Iterable[str]) -> str:
    """Say that there are too many files in one of the places in memory whose bytes alone the kernel bounds.

    Each, however empty, takes a kilobyte of the kernel's own memory. `first` is a process that sees the places.
    """
    for place in places:
        with suppress(OSError):  # it has ended
            about = os.statvfs(f"/proc/{first}/root{place}")
            if about.f_files - about.f_ffree > FILES:
                return f"it made more than {FILES} files in {place}"
    return ""


@cache
def total() -> int:
    """Give the bytes of memory that this program may use: the machine's, or what its container allowed at first."""
    most = [value("MemTotal")]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            most.append(int((CGROUP / name).read_text()))
        except (OSError, ValueError):
            continue  # there is none, or it is "max"
    return min(most)


def value(name: str) -> int:
    """Read a value of /proc/meminfo, in bytes."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


class Room:
    """Memory for disks. Whoever finds none waits in line, but one tenant's commands never take what is left for others.

    A tenant gets another disk only while it has fewer than FREE times those that are free: of twelve eight, of four
    three, and the next one has a part of the rest.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: list[tuple[object, str]] = []
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, tenant: str, seconds: float, heard: Callable[[bytes], None]) -> Iterator[None]:
        """Have room for one disk. `heard` is called while one waits. Raises SandboxRefused after so many seconds."""
        place, until = (object(), tenant), time.monotonic() + seconds
        with self._changed:
            self._line.append(place)
        try:
            while not self._take(place):
                heard(b"")
                if time.monotonic() > until:
                    raise SandboxRefused("Other commands use all the room that this server has for them; try again")
        finally:
            with self._changed:
                self._line.remove(place)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._taken[tenant] -= 1
                self._taken += Counter()  # who has none is forgotten
                self._changed.notify_all()

    def _take(self, place: tuple[object, str]) -> bool:
        with self._changed:
            free = self._changed.wait_for(lambda: self._next() is place, TICK)
            self._taken[place[1]] += free
            return free

    def _next(self) -> tuple[object, str] | None:
        """Who comes next: the first in line whose tenant may have another disk."""
        free = total() // SHARE // size() - self._taken.total()
        return next((place for place in self._line if self._taken[place[1]] < FREE * free), None)
