"""Control groups of commands, where this program may make them: the kernel keeps their memory (cgroups(7))."""

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from walkaway_core.ports.sandbox import SandboxRefused

SERVER = "walkaway-server"
NEEDED = {"memory", "pids"}
HELPERS = 16
"""Processes of a command's group that are not its own: bubblewrap, and what waits at the gate."""
_numbers = itertools.count()


class Group:
    """The group of one command."""

    def __init__(self, folder: Path, memory: int, processes: int) -> None:
        self._folder = folder
        folder.mkdir()
        limits = {"memory.max": memory, "memory.swap.max": 0, "memory.oom.group": 1, "pids.max": processes + HELPERS}
        for name, value in limits.items():
            with suppress(FileNotFoundError):  # a kernel may be without swap
                (folder / name).write_text(str(value))

    def join(self, process: int) -> None:
        """Put a process into the group, and whatever it starts from now on. Raises SandboxRefused."""
        try:
            (self._folder / "cgroup.procs").write_text(str(process))
        except OSError as error:
            raise SandboxRefused(f"A command could not join its control group: {error.strerror}") from error

    def ended(self) -> bool:
        """Whether the kernel has ended its processes for want of memory."""
        events = dict(line.split() for line in (self._folder / "memory.events").read_text().splitlines())
        return events["oom_kill"] != "0"


class Cgroups:
    """Makes a group for each command, below the one in which this program was started."""

    def __init__(self, own: Path | None) -> None:
        """`own` is the group of this program, None where no cgroup of version 2 is mounted."""
        self.above = own.parent if own and own.name == SERVER else own
        """The group below which those of commands are made."""
        self.problem = self._prepare()
        """Why none can be made, `""` if they can."""

    def told(self) -> str:
        """Say who keeps the memory of commands."""
        if self.problem:
            return f"Their memory is looked at twice a second: {self.problem}."
        return "Their memory is kept by the kernel, in control groups."

    @contextmanager
    def one(self, memory: int, processes: int) -> Iterator[Group | None]:
        """Have a group that may take so many bytes, of which files in memory are a part; None where there are none.

        Raises SandboxRefused.
        """
        if self.above is None or self.problem:
            yield None
            return
        folder = self.above / f"walkaway-{os.getpid()}-{next(_numbers)}"
        try:
            yield _made(folder, memory, processes)
        finally:
            with suppress(OSError):  # it was never made
                folder.rmdir()

    def _prepare(self) -> str:
        if self.above is None:
            return "no cgroup of version 2 is mounted"
        try:
            missing = NEEDED - set((self.above / "cgroup.controllers").read_text().split())
            if missing:
                return f"the cgroup {self.above} has no controller for {' and '.join(sorted(missing))}"
            self._enable(self.above)
        except OSError as error:
            return f"the cgroup {self.above} is not this server's to divide ({error.strerror})"
        self._tidy(self.above)
        return ""

    def _enable(self, above: Path) -> None:
        """Let groups below have limits. Only leaves may hold processes then, but for the topmost group."""
        control, wanted = above / "cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(NEEDED))
        try:
            control.write_text(wanted)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            server = above / SERVER
            server.mkdir(exist_ok=True)
            (server / "cgroup.procs").write_text(str(os.getpid()))
            try:
                control.write_text(wanted)
            except OSError:  # others are in it too
                (above / "cgroup.procs").write_text(str(os.getpid()))
                server.rmdir()
                raise

    def _tidy(self, above: Path) -> None:
        """Remove the groups that a server has left which was killed."""
        for left in above.glob("walkaway-*-*"):
            if not Path(f"/proc/{left.name.split('-')[1]}").exists():
                with suppress(OSError):
                    left.rmdir()


def _made(folder: Path, memory: int, processes: int) -> Group:
    try:
        return Group(folder, memory, processes)
    except OSError as error:
        raise SandboxRefused(f"A command could get no control group: {error.strerror}; try again") from None


def own() -> Path | None:
    """Find the group of this program, in the hierarchy of version 2."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    mounted = next((Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"), None)
    groups = Path("/proc/self/cgroup")
    lines = groups.read_text().splitlines() if groups.exists() else []
    path = next((line[len("0::/") :] for line in lines if line.startswith("0::/")), None)
    return None if mounted is None or path is None else mounted / path
