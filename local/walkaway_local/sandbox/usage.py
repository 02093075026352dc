"""What a command takes of the memory: what its processes have mapped, and what the kernel holds for them."""

from contextlib import suppress
from pathlib import Path

from walkaway_local.sandbox.disk import value

QUEUES = 4
"""Where /proc/net/tcp has the bytes that wait to be sent and to be read, in hexadecimal digits."""
LEAST = 20
"""The command that takes the most is ended when less than this part of the memory is left."""


def used(pid: int, first: int | None) -> int:
    """Add up the memory of a process and all below it, in bytes; pages that they share count for each.

    `first` is a process in a network namespace of their own, whose sockets are theirs. Page tables count: without
    them, memory that is only read would be free of charge.
    """
    return _mapped(pid) + (0 if first is None else _in_sockets(first))


def short() -> bool:
    """Whether the machine has little memory left."""
    return value("MemAvailable") < value("MemTotal") // LEAST


def _mapped(pid: int) -> int:
    total, waiting = 0, [pid]
    while waiting:
        taken = 0
        for task in _tasks(waiting.pop()):
            with suppress(OSError):
                taken = taken or _of_task(task)
                waiting += map(int, (task / "children").read_text().split())
        total += taken
    return total


def _tasks(pid: int) -> list[Path]:
    """The threads of a process: the first one may have ended, and then the others alone say what they have."""
    with suppress(OSError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _of_task(task: Path) -> int:
    """What is mapped in a thread's memory. Names are the command's: of what ends lines they lack the newline alone."""
    lines = (task / "status").read_bytes().split(b"\n")
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith((b"VmRSS:", b"VmPTE:")))


def _in_sockets(first: int) -> int:
    """Bytes that may wait in the sockets of a network namespace, also in those that no process has open.

    Each counts as full, as the kernel does not say what a local socket holds; what it may hold cannot be raised through
    the filter of system calls. Those of TCP grow by themselves, and say what they hold.
    """
    try:
        net = Path(f"/proc/{first}/net")
        sockets = int((net / "sockstat").read_text().split()[2])
        lines = [line for name in ("tcp", "tcp6") for line in (net / name).read_text().splitlines()[1:]]
        most = int(Path("/proc/sys/net/core/wmem_default").read_text())
    except (OSError, IndexError):
        return 0  # it has ended
    return sockets * most + sum(int(part, 16) for line in lines for part in line.split()[QUEUES].split(":"))
