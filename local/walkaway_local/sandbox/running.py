"""A command that runs: what it writes is passed on, and it is killed when it takes too much of anything."""

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from walkaway_core.apart import priority
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox import locks, usage
from walkaway_local.sandbox.cgroups import Group
from walkaway_local.sandbox.namespace import Namespace

TICK, LOOK_EVERY = 0.1, 0.5
CHUNK = 64 * 1024
MEMORY = 2 * 1024**3


class Running:
    """A command in its namespace."""

    def __init__(
        self,
        namespace: Namespace,
        command: Command,
        heard: Callable[[bytes], None],
        together: dict[int, int],
        *,
        group: Group | None,
        outgrown: Callable[[], str],
    ) -> None:
        """Follow it. `together` has the memory of all commands; `outgrown` says what its disk has too much of.

        `group` is its control group, which must be there until it has ended.
        """
        self._group = group
        self._namespace = namespace
        self._process = namespace.process
        self._outgrown = outgrown
        self._heard = heard
        self._timeout = command.timeout
        self._sockets = None if command.network else namespace.first
        self._together = together
        self._began = self._looked = time.monotonic()

    def wait(self) -> tuple[str, int | None]:
        """Wait for its end, which is that of all its processes; give why it was killed, `""` if not, and its exit code.

        Raises TimeoutError when they do not end.
        """
        assert self._process.stdout
        output, killed = self._process.stdout.fileno(), ""
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(output, selectors.EVENT_READ)
                while not killed:
                    ready = selector.select(TICK)
                    data = os.read(output, CHUNK) if ready else b""
                    self._heard(data)
                    if ready and not data:
                        break  # bubblewrap holds the output open for as long as it runs
                    killed = self._too_much()
        finally:
            self._together.pop(id(self), None)
        self._heard(self._namespace.end())
        if not killed and self._group and self._group.ended():
            killed = f"it used more than {MEMORY} bytes of memory, or the last that this machine had"
        return killed, None if killed else self._process.returncode

    def _too_much(self) -> str:
        now = time.monotonic()
        if now > self._began + self._timeout:
            return f"it took more than {self._timeout:g} seconds"
        if now < self._looked + LOOK_EVERY:
            return ""
        self._looked = now
        usage.stand_back(self._process.pid, priority.NICE)
        if memory := self._too_much_memory():
            return memory
        if usage.locks(self._process.pid) > locks.MOST:
            return f"it held more than {locks.MOST} locks on files"
        return self._outgrown()

    def _too_much_memory(self) -> str:
        taken = self._together[id(self)] = usage.used(self._process.pid, self._sockets)
        if taken > MEMORY:
            return f"it used more than {MEMORY} bytes of memory"
        if usage.short() and taken == max(self._together.values()):
            return "this machine has little memory left, and of all commands it used the most"
        return ""


def remove(folder: Path) -> None:
    """Delete what a command has left, however deep, also directories that it has closed to everyone."""
    _do("rm", "-rf", "--", str(folder))
    if folder.exists():
        _do("chmod", "-R", "u+rwx", "--", str(folder))
        _do("rm", "-rf", "--", str(folder), check=True)


def _do(*command: str, check: bool = False) -> None:
    """Run a program on any processor. Raises CalledProcessError, if asked for; else it says nothing of what fails."""
    with subprocess.Popen(command, stderr=None if check else subprocess.DEVNULL) as process:  # noqa: S603
        priority.roam(process.pid)
        if process.wait() and check:
            raise subprocess.CalledProcessError(process.returncode, command)
