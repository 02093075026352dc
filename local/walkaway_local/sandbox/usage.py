"""What a command takes of the memory: what its processes have mapped, and what the kernel holds for them."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from walkaway_local.sandbox import sharing
from walkaway_local.sandbox.disk import value
from walkaway_local.sandbox.locks import held

QUEUES = 4
"""Where /proc/net/tcp has the bytes that wait to be sent and to be read, in hexadecimal digits."""
LEAST = 20
"""The command that takes the most is ended when less than this part of the memory is left."""


def used(pid: int, first: int | None) -> int:
    """Add up the memory of a process and all below it, in bytes; pages that they share count for each.

    `first` is a process in a network namespace of their own, whose sockets are theirs. Page tables count: without
    them, memory that is only read would be free of charge. So does shared memory of which no page is mapped any more.
    """
    tasks = [task for task in map(_living, _below(pid)) if task]
    mapped, shared = _mapped(tasks)
    return mapped + max(0, sharing.held(tasks) - shared) + (0 if first is None else _in_sockets(first))


def short() -> bool:
    """Whether the machine has little memory left."""
    return value("MemAvailable") < value("MemTotal") // LEAST


def stand_back(pid: int, nice: int) -> None:
    """Put the sessions of a process and all below it so far behind this program's: its own stays as it is.

    Where the kernel shares the processor by session (autogroup in sched(7)), how nice a process is says nothing to
    other sessions. It takes ten such changes a second from who is not root; what is left is for the next look.
    """
    own = _session("self")
    for here in _below(pid):
        session, _, now = _session(here).partition(" ")
        if session and session != own.partition(" ")[0] and now != f"nice {nice}":
            with suppress(OSError):
                Path(f"/proc/{here}/autogroup").write_text(str(nice))


def locks(pid: int) -> int:
    """Count the locks on files that a process and all below it hold."""
    return held(_below(pid))


def _session(pid: int | str) -> str:
    """Say `/autogroup-NUMBER nice NICE` of a process's session; nothing where there is none."""
    try:
        return Path(f"/proc/{pid}/autogroup").read_text().strip()
    except OSError:
        return ""


def _below(pid: int) -> Iterator[int]:
    """Give a process, and all below it."""
    waiting = [pid]
    while waiting:
        here = waiting.pop()
        yield here
        for task in _tasks(here):
            with suppress(OSError):
                waiting += map(int, (task / "children").read_text().split())


def _living(pid: int) -> Path | None:
    """A thread of a process that has its memory: the first one may have ended, and then the others alone have it."""
    for task in _tasks(pid):
        with suppress(OSError):
            if any(line.startswith(b"VmRSS:") for line in _status(task)):
                return task
    return None


def _tasks(pid: int) -> list[Path]:
    """The threads of a process."""
    with suppress(OSError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _mapped(tasks: Iterable[Path]) -> tuple[int, int]:
    """Bytes that are mapped, with the tables of pages, and how many of them belong to files in memory."""
    mapped = shared = 0
    for task in tasks:
        with suppress(OSError):
            for line in _status(task):
                if line.startswith((b"VmRSS:", b"VmPTE:")):
                    mapped += int(line.split()[1]) * 1024
                elif line.startswith(b"RssShmem:"):
                    shared += int(line.split()[1]) * 1024
    return mapped, shared


def _status(task: Path) -> list[bytes]:
    """What the kernel says of a thread. Names are the command's: of what ends lines they lack the newline alone."""
    return (task / "status").read_bytes().split(b"\n")


def _in_sockets(first: int) -> int:
    """Bytes that may wait in the sockets of a network namespace, also in those that no process has open.

    Each counts as full, as the kernel does not say what a local socket holds; what it may hold cannot be raised through
    the filter of system calls. Those of TCP grow by themselves, and say what they hold.
    """
    try:
        net = Path(f"/proc/{first}/net")
        sockets = int((net / "sockstat").read_text().split()[2])
        lines = [line for table in _tables(net) for line in table.read_text().splitlines()[1:]]
        most = int(Path("/proc/sys/net/core/wmem_default").read_text())
    except (OSError, IndexError):
        return 0  # it has ended
    return sockets * most + sum(int(part, 16) for line in lines for part in line.split()[QUEUES].split(":"))


def _tables(net: Path) -> Iterator[Path]:
    """Give the tables of TCP that hold a socket: for each the kernel looks through all of the machine's, for 4 ms."""
    for table, counts in (("tcp", "sockstat"), ("tcp6", "sockstat6")):
        words = (net / counts).read_text().split() if (net / counts).exists() else []  # a kernel may be without IPv6
        if words and words[words.index(f"{table.upper()}:") + 2] != "0":
            yield net / table
