"""One command's namespaces, from its disk to the end of its last process."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from walkaway_core.apart import priority
from walkaway_core.ports.sandbox import SandboxRefused
from walkaway_local.sandbox import limits, mounting, mounts
from walkaway_local.sandbox.cgroups import Group
from walkaway_local.sandbox.gate import gate_files
from walkaway_local.sandbox.spawning import become, spawn

HOLD = """\
"$1" -t tmpfs -o "$2,nosuid,nodev" walkaway "$3" || exit
echo > "/proc/self/fd/$4"
shift 4
exec "$@"
"""
"""What runs before bubblewrap where this program may not mount the command's disk itself."""
MOUNTING_AS_USER = ("unshare", "--user", "--map-root-user", "--mount")
HALF, REST = ("--perms", "0755"), ("--dir", "/")
"""An option in two halves: bubblewrap ends where no arguments come, since the server that fills the disk has died."""
BEGINS_WITHIN, ENDS_WITHIN = 60.0, 30.0
"""Seconds that a namespace may take to be made, and the kernel to end processes that it has killed."""


class Namespace:
    """Bubblewrap, and the first process of the namespace that it makes. With that one's end all others have ended.

    The kernel says so: pid 1 of a namespace is not over until it has killed and reaped the rest (pid_namespaces(7)),
    and its descriptor is readable only then. Bubblewrap itself ends before: it goes as soon as its command has.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        own: ThreadPoolExecutor,
        arguments: BinaryIO,
        status: BinaryIO,
        gate: int,
    ) -> None:
        """Follow it. `own` is the thread that has started it, as its user."""
        self.process = process
        self._own = own
        self._arguments = arguments
        self._status = status
        self._gate = gate
        self.first = 0
        """The number of the namespace's first process, once it has begun."""
        self._first: int | None = None

    def begin(self, arguments: Sequence[str], most: Mapping[str, int]) -> None:
        """Let bubblewrap begin, with its arguments and limits. Raises SandboxRefused when it cannot."""
        with contextlib.suppress(BrokenPipeError), self._arguments:  # it has failed, and says so
            self._arguments.write(b"\0".join(os.fsencode(part) for part in (*REST, *arguments)) + b"\0")
        self.first = json.loads(self.line())["child-pid"]
        try:
            self._first = os.pidfd_open(self.first)  # it waits at the gate, so it is this one
            self._own.submit(self._bind, most).result()
        except OSError as error:
            raise self.failed(f"their limits cannot be set: {error}") from error
        self._open_gate()
        self._bound_to_us()
        self._open_gate()

    def _bind(self, most: Mapping[str, int]) -> None:
        limits.bind(self.first, most)
        for process in (self.process.pid, self.first):
            limits.end_first(process)
        priority.stand_back(self.first)  # the server has others to answer

    def _bound_to_us(self) -> None:
        """Wait until the first process ends with this program, or has ended.

        It asks for that when it has made the namespace, and in vain if bubblewrap has ended by then; so the command
        waits at the gate for it. What can be seen is the filter that it takes next (do_init in bubblewrap.c).
        Raises SandboxRefused when it does not come.
        """
        assert self._first is not None
        ended, before = select.poll(), _filters(self.process.pid)
        until = time.monotonic() + BEGINS_WITHIN
        ended.register(self._first, select.POLLIN)
        if before in ([], [b"Seccomp:\t2"]):
            return  # before Linux 5.9 a filter more cannot be seen where this program has one
        while _filters(self.first) == before and not ended.poll(1):
            if time.monotonic() >= until:
                raise SandboxRefused(f"The command has not begun: its namespace was not made in {BEGINS_WITHIN:g} s")

    def _open_gate(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has failed, and says so
            os.write(self._gate, b"\n")

    def line(self) -> bytes:
        """Read the next line that it reports. Raises SandboxRefused, with what it printed, if it has ended instead."""
        line = self._status.readline()
        if not line.endswith(b"\n"):
            raise self.failed("bubblewrap has failed")
        return line

    def failed(self, otherwise: str) -> SandboxRefused:
        """Say what it has printed on its way, as whoever fails does, or else something else."""
        self.process.kill()
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
        words = self.process.communicate()[0].decode(errors="replace").strip()[-300:]
        return SandboxRefused(f"Commands cannot be run here: {words or otherwise}")

    def end(self) -> bytes:
        """Kill what still runs, wait until nothing does, and give what it had written and nobody has read.

        Raises TimeoutError when the kernel does not end it.
        """
        assert self.process.stdout
        if self._first is None or not _ended(self._first):
            self.process.kill()
        self.process.wait()
        if self._first is not None and not _ended(self._first):
            raise TimeoutError(f"a command's processes have not ended {ENDS_WITHIN:g} seconds after they were killed")
        return self.process.stdout.read()

    def close(self) -> None:
        """End it, if that has not been done, and let go of it."""
        try:
            if self.process.returncode is None:
                self.end()
        finally:
            assert self.process.stdout
            self.process.stdout.close()
            if self._first is not None:
                os.close(self._first)


@dataclass(frozen=True, slots=True)
class Start:
    """What a command is started by, as whom, and what filters it."""

    owner: int | None
    """As whom root starts it; None for who is not root."""
    parts: Sequence[mounts.Part]
    """What root makes ahead."""
    inside: Sequence[str]
    """What bubblewrap starts."""
    rules: bytes
    """Bubblewrap's filter of system calls."""
    environ: Mapping[str, str]
    """Bubblewrap's own."""
    group: Group | None = None
    """The command's control group, if it has one."""
    stdin: bytes = b""
    shown: Path | None = None
    """What root shows to bubblewrap at `mounting.SHOWN`, beside the disk."""


@contextmanager
def opened(folder: Path, mounted: str, start: Start) -> Iterator[tuple[Namespace, Path]]:
    """Make a command's disk at `folder`, and give where it is seen from here; bubblewrap waits to be begun.

    `mounted`: options of a tmpfs that nobody else sees, `""` for the folder as it is. Raises SandboxRefused.
    """
    with ExitStack() as stack:

        def kept(descriptor: int) -> int:
            stack.callback(os.close, descriptor)
            return descriptor

        own = ThreadPoolExecutor(1, "command")  # whose end is the command's, and whose keyring the one of who starts it
        stack.callback(own.shutdown)
        status, told = os.pipe()
        reports = stack.enter_context(os.fdopen(status, "rb"))
        gate, opener = os.pipe()
        given, giver = os.pipe()
        with os.fdopen(told, "wb"), os.fdopen(gate, "rb"), os.fdopen(given, "rb"):
            kept(opener)
            arguments = stack.enter_context(os.fdopen(giver, "wb"))
            filtered, first, *read = map(kept, gate_files(start.rules, start.stdin))
            bubblewrap = os.path.realpath(_found("bwrap"))
            line = [bubblewrap, *HALF, "--args", str(given), "--json-status-fd", str(told), "--block-fd", str(gate)]
            line += ["--seccomp", str(filtered), "--setenv", "BASH_ENV", f"/proc/self/fd/{first}", *start.inside]
            holding = mounted and start.owner is None
            if holding:
                hold = [_found("mount"), mounted, str(folder), str(told)]
                line = [*MOUNTING_AS_USER, _found("sh"), "-c", HOLD, "sh", *hold, *line]

            def begun() -> "tuple[subprocess.Popen[bytes], int | None]":
                disk = None
                if start.owner is not None:
                    disk = kept(mounting.enter(folder, mounted, start.parts, bubblewrap, start.shown))
                    become(start.owner)
                process = subprocess.Popen(  # noqa: S603 - what runs in it is the point
                    line,
                    stdin=gate,  # where what bubblewrap starts waits as well
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=start.environ,
                    cwd="/",
                    umask=0o022,  # what the server keeps to itself is no custom of commands
                    pass_fds=[given, told, gate, filtered, first, *read],
                )
                return process, disk

            process, disk = spawn(lambda: own.submit(begun)).result()
        namespace = Namespace(process, own, arguments, reports, opener)
        stack.callback(namespace.close)
        if holding:
            namespace.line()
        if start.group:
            start.group.join(process.pid)
        if disk is None:
            seen = f"/proc/{process.pid}/root{folder}" if holding else folder
            try:
                disk = kept(os.open(seen, os.O_RDONLY | os.O_DIRECTORY))
            except OSError as error:  # it has ended already
                raise namespace.failed(f"their disk cannot be opened: {error.strerror}") from error
        yield namespace, Path(f"/proc/self/fd/{disk}")


def _ended(first: int) -> bool:
    """Kill a namespace by its first process; say whether all of it has ended."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(first, signal.SIGKILL)
    ended = select.poll()
    ended.register(first, select.POLLIN)
    return bool(ended.poll(ENDS_WITHIN * 1000))


def _filters(pid: int) -> list[bytes]:
    """Say which filters of system calls bind a process (proc_pid_status(5)); nothing for one that is gone."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_bytes().split(b"\n")
        return [line for line in lines if line.startswith(b"Seccomp")]
    return []


def _found(name: str) -> str:
    return shutil.which(name) or name
