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
from walkaway_local.sandbox import limits, mounting
from walkaway_local.sandbox.spawning import spawn

HOLD = """\
echo 1000 > /proc/self/oom_score_adj
[ -z "$6" ] || echo 0 > "$6" || exit
[ -z "$1" ] || "$2" -t tmpfs -o "$1,nosuid,nodev" walkaway "$3" || exit
echo > "/proc/self/fd/$4"
read -r _ < "/proc/self/fd/$5" || exit
shift 6
exec "$@"
"""
"""What runs before bubblewrap: it joins its control group, mounts the disk and waits until that is filled.

Out of memory, the kernel ends it first."""
BEGINS_WITHIN, ENDS_WITHIN = 60.0, 30.0
"""Seconds that a namespace may take to be made, and the kernel to end processes that it has killed."""


class Namespace:
    """Bubblewrap, and the first process of the namespace that it makes. With that one's end all others have ended.

    The kernel says so: pid 1 of a namespace is not over until it has killed and reaped the rest (pid_namespaces(7)),
    and its descriptor is readable only then. Bubblewrap itself ends before: it goes as soon as its command has.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", arguments: int, status: BinaryIO, gate: int) -> None:
        self.process = process
        self._arguments = arguments
        self._status = status
        self._gate = gate
        self.first = 0
        """The number of the namespace's first process, once it has begun."""
        self._first: int | None = None

    def begin(self, arguments: Sequence[str], most: Mapping[str, int]) -> None:
        """Let bubblewrap begin, with its arguments and limits. Raises SandboxRefused when it cannot."""
        os.write(self._arguments, b"\0".join(os.fsencode(part) for part in arguments) + b"\0")
        os.lseek(self._arguments, 0, os.SEEK_SET)
        self._open_gate()
        self.first = json.loads(self.line())["child-pid"]
        try:
            self._first = os.pidfd_open(self.first)  # it waits at the gate, so it is this one
            limits.bind(self.first, most)
            priority.stand_back(self.first)  # the server has others to answer
        except ProcessLookupError:  # it has failed on its way there
            while True:
                self.line()
        except PermissionError as error:
            raise SandboxRefused(f"Commands cannot be run here: their limits cannot be set: {error}") from error
        self._open_gate()
        self._bound_to_us()
        self._open_gate()

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
            self.process.kill()
            words = self.process.communicate()[0].decode(errors="replace").strip()[-300:]
            raise SandboxRefused(f"Commands cannot be run here: {words or 'bubblewrap has failed'}")
        return line

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
    """What a command is started by, each with its arguments, and what filters it."""

    own: Sequence[str]
    """Makes the namespace in which the disk is mounted, and whose root may mount it; nothing for root itself."""
    inside: Sequence[str]
    """What bubblewrap starts."""
    rules: bytes
    """Bubblewrap's filter of system calls."""
    procs: str = ""
    """The file by which one joins the command's control group, if it has one."""


@contextmanager
def opened(folder: Path, mounted: str, start: Start) -> Iterator[tuple[Namespace, Path]]:
    """Make a command's disk at `folder`, and give where it is seen from here; what is to run waits to be begun.

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
        with os.fdopen(told, "wb"), os.fdopen(gate, "rb"):
            kept(opener)
            arguments, filtered = kept(os.memfd_create("arguments")), kept(os.memfd_create("filter"))
            os.write(filtered, start.rules)
            os.lseek(filtered, 0, os.SEEK_SET)
            fds = ["--args", str(arguments), "--json-status-fd", str(told), "--block-fd", str(gate)]
            fds += ["--seccomp", str(filtered)]
            ours = bool(mounted) and not start.own
            given = ["" if ours else mounted, _found("mount"), str(folder), str(told), str(gate), start.procs]
            hold = [_found("sh"), "-c", HOLD, "sh", *given, _found("bwrap"), *fds, *start.inside]

            def begun() -> "subprocess.Popen[bytes]":
                if ours:
                    mounting.mount(folder, mounted)  # two programs less to start
                return subprocess.Popen(  # noqa: S603 - what runs in it is the point
                    [*(start.own if mounted else ()), *hold],
                    stdin=gate,  # where what bubblewrap starts waits as well
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env={},
                    cwd="/",
                    umask=0o022,  # what the server keeps to itself is no custom of commands
                    pass_fds=[arguments, told, gate, filtered],
                )

            process = spawn(lambda: own.submit(begun)).result()
        namespace = Namespace(process, arguments, reports, opener)
        stack.callback(namespace.close)
        namespace.line()
        disk = kept(os.open(f"/proc/{process.pid}/root{folder}", os.O_RDONLY | os.O_DIRECTORY))
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
