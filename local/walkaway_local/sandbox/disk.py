"""The disk of a command: a tmpfs whose size the kernel keeps. All of them together are bounded by the memory."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mmap import PAGESIZE
from pathlib import Path

from walkaway_core.ports.sandbox import SandboxRefused
from walkaway_sandbox import tree

BYTES, FILES = tree.MOST_BYTES, 20_000
"""What a command may have, of both: workspace, /tmp and /dev/shm together."""
SHARE = 2
"""All disks together may take the SHARE-th part of the memory, and one a quarter of that."""
TICK = 0.2
CGROUP = Path("/sys/fs/cgroup")


def options() -> str:
    """Say to mount(8) how large it is."""
    return f"size={size()},nr_inodes={FILES},mode=0711,nosuid,nodev"


def size() -> int:
    """Give the bytes of one disk, in whole pages: rounded up, one file could not fill it (RLIMIT_FSIZE)."""
    return min(BYTES, total() // SHARE // 4) // PAGESIZE * PAGESIZE


def total() -> int:
    """Give the bytes of memory that this program may use: the machine's, or what its container allows."""
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
    """Memory for disks. Whoever finds none waits in line."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: list[object] = []
        self._taken = 0

    @contextmanager
    def taken(self, seconds: float, heard: Callable[[bytes], None]) -> Iterator[None]:
        """Have room for one disk. `heard` is called while one waits. Raises SandboxRefused after so many seconds."""
        wanted, most = size(), total() // SHARE
        place, until = object(), time.monotonic() + seconds
        with self._changed:
            self._line.append(place)
        try:
            while not self._take(place, wanted, most):
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
                self._taken -= wanted
                self._changed.notify_all()

    def _take(self, place: object, wanted: int, most: int) -> bool:
        with self._changed:
            free = self._changed.wait_for(lambda: self._line[0] is place and self._taken + wanted <= most, TICK)
            self._taken += wanted if free else 0
            return free
