"""Files without a name that processes of a command hold: no directory shows them, and the disk keeps them as long.

They are open, mapped, run, or where a process stands. Some can be looked at nowhere (a descriptor that is on its way in
a socket, a mapping of which only root is told): of these it is seen that there may be some.
"""

import os
import platform
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from walkaway_local.sandbox.sharing import BLOCK, LINES
from walkaway_sandbox import tree

PASSES = 20
"""How often threads are listed while some end before they were looked at: what they held others may have by then."""
SENDING = {"x86_64": (b"46", b"307"), "aarch64": (b"211", b"269")}
"""sendmsg and sendmmsg: who waits in one holds the descriptors that it sends, also those that others have closed."""
GONE = (FileNotFoundError, ProcessLookupError)
_mapping = re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ ([0-9a-f]+):([0-9a-f]+) .* \(deleted\)$", re.MULTILINE)
_on_the_way = re.compile(rb"^scm_fds:\s*[1-9]", re.MULTILINE)


def look(first: int, in_memory: Iterable[str]) -> "Seen":
    """Look at the processes that one of them sees in its `/proc`; not at the first one, which is bubblewrap's."""
    with suppress(OSError), _opened(f"/proc/{first}/root/proc") as proc:
        seen = Seen(proc, {_memory(), *(Path(f"/proc/{first}/root{place}").stat().st_dev for place in in_memory)})
        for _ in range(PASSES):
            if seen.all():
                break
        return seen
    return Seen(-1, set())  # it has ended


class Seen:
    """What was seen of processes: how many bytes they hold, each file once, and whether there may be more."""

    def __init__(self, proc: int, in_memory: set[int]) -> None:
        """Take where they are listed, opened, and the devices of which nothing counts."""
        self._hidden = False
        self._closed = set[str]()
        """Threads that are closed to who is not root: those that have made themselves so, and all while they end."""
        self._proc, self._in_memory = proc, in_memory
        self._files: dict[tuple[int, int], int] = {}
        self._done = set[str]()
        self._lines = LINES

    @property
    def held(self) -> int:
        """Bytes of all files and directories without a name."""
        return sum(self._files.values())

    @property
    def hidden(self) -> bool:
        """Whether there may be more, which cannot be looked at."""
        return self._hidden or bool(self._closed)

    def all(self) -> bool:
        """Look at all threads that were not looked at yet; say whether they were there to the end. Raises OSError."""
        there = True
        self._closed.clear()
        for process in filter(str.isdigit, os.listdir(self._proc)):  # noqa: PTH208 - by descriptor, not by path
            if process != "1":
                try:
                    with _opened(f"{process}/task", self._proc) as tasks:
                        there &= self._threads(tasks)
                except GONE:
                    there = False
        return there

    def _threads(self, tasks: int) -> bool:
        """Look at the threads of a process. Each may have descriptors of its own; the mappings are those of all."""
        names, mapped = os.listdir(tasks), False
        there = bool(names)
        for name in names:
            if name in self._done:
                continue
            self._done.add(name)
            try:
                with _opened(name, tasks) as thread:
                    there &= self._open(thread)
                mapped = mapped or self._mapped(name)  # the first one may have ended, and then others alone have them
            except GONE:
                there = False
            except PermissionError:
                if not self._ended(name):
                    self._closed.add(name)
                    self._done.remove(name)
                    there = False
        return there

    def _ended(self, thread: str) -> bool:
        """Whether nobody has asked yet how a thread has ended; its name, which may be anything, stands before that."""
        with suppress(*GONE):
            return _read(f"{thread}/stat", self._proc).rpartition(b")")[2].split()[0] in b"ZX"
        return True

    def _open(self, thread: int) -> bool:
        """Look at what a thread has open; say whether it was there to the end: one that ends has nothing before."""
        with _opened("fd", thread) as descriptors:
            names = os.listdir(descriptors)  # noqa: PTH208 - as above
            there = bool(names)
            for name in names:
                try:
                    info = os.stat(name, dir_fd=descriptors)
                    if stat.S_ISSOCK(info.st_mode):
                        self._hidden |= bool(_on_the_way.search(_read(f"fdinfo/{name}", thread)))
                    self._count(info)
                except GONE:
                    there = False
        for name in ("exe", "cwd"):
            with suppress(*GONE):
                self._count(os.stat(name, dir_fd=thread))
        with suppress(OSError):  # a kernel may be without it, or say it to nobody
            self._hidden |= _read("syscall", thread).split(b" ")[0] in SENDING[platform.machine()]
        return there

    def _mapped(self, thread: str) -> bool:
        """Look at what is mapped, whose size is told to root alone; say whether there is anything."""
        lines = _read(f"{thread}/maps", self._proc, self._lines)
        self._lines -= len(lines)
        self._hidden |= self._lines == 0
        for start, end, *device in _mapping.findall(lines):
            if os.makedev(*(int(part, 16) for part in device)) not in self._in_memory:
                try:
                    name = f"{thread}/map_files/{int(start, 16):x}-{int(end, 16):x}"
                    self._count(os.stat(name, dir_fd=self._proc))
                except PermissionError:
                    self._hidden = True
                except GONE:
                    continue  # it is mapped no longer
        return bool(lines)

    def _count(self, info: os.stat_result) -> None:
        kept = stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode)
        if kept and info.st_nlink == 0 and info.st_dev not in self._in_memory:
            self._files[info.st_dev, info.st_ino] = info.st_blocks * BLOCK


@contextmanager
def _opened(name: str, above: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, tree.DIRECTORY & ~os.O_NOFOLLOW, dir_fd=above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(name: str, above: int, most: int = 4096) -> bytes:
    """Read a file of `/proc`, which gives no more at once than it likes."""
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=above), "rb") as file:
        return file.read(most)


@cache
def _memory() -> int:
    """Give the device of files that the kernel makes in memory, without names as well (memfd_create(2))."""
    descriptor = os.memfd_create("device")
    try:
        return os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)
