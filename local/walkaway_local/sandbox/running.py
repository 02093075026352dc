"""A command that runs: what it writes is passed on, and it is killed when it takes too much of anything."""

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from walkaway_sandbox import tree

TICK, LOOK_EVERY = 0.1, 0.5
CHUNK = 64 * 1024
MEMORY = 2 * 1024**3
ENTRIES = 20_000
PAGE = os.sysconf("SC_PAGE_SIZE")


class Running:
    """One process of bubblewrap, with everything below it. Killing it kills all of that: it is their pid 1's parent."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", copy: Path, timeout: float, heard: Callable[[bytes], None]
    ) -> None:
        self._process = process
        self._copy = copy
        self._heard = heard
        self._timeout = timeout
        self._began = self._looked = time.monotonic()

    def wait(self) -> tuple[str, int | None]:
        """Wait for its end; give why it was killed, `""` if it was not, and its exit code if it has one."""
        assert self._process.stdout
        killed, ended = "", False
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._process.stdout, selectors.EVENT_READ)
                while not (killed or ended):
                    ready = selector.select(TICK)
                    data = os.read(self._process.stdout.fileno(), CHUNK) if ready else b""
                    self._heard(data)
                    ended = bool(ready) and not data  # bubblewrap holds the output open for as long as it runs
                    killed = "" if ended else self._too_much()
        finally:
            if not ended:
                self._process.kill()
            self._process.wait()
            self._process.stdout.close()
        return killed, None if killed else self._process.returncode

    def _too_much(self) -> str:
        now = time.monotonic()
        if now > self._began + self._timeout:
            return f"it took more than {self._timeout:g} seconds"
        if now < self._looked + LOOK_EVERY:
            return ""
        self._looked = now
        if memory(self._process.pid) > MEMORY:
            return f"it used more than {MEMORY} bytes of memory"
        if tree.outgrown(self._copy, ENTRIES):
            most = f"{ENTRIES} files, {tree.MOST_BYTES} bytes or {tree.DEEPEST} directories in each other"
            return f"it made more than {most} in the workspace"
        return ""


def memory(pid: int) -> int:
    """Add up the memory of a process and all below it, in bytes; pages that they share count for each."""
    total, waiting = 0, [pid]
    while waiting:
        here = waiting.pop()
        try:
            total += int(Path(f"/proc/{here}/statm").read_text().split()[1]) * PAGE
            for task in Path(f"/proc/{here}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, IndexError):
            continue
    return total


def remove(folder: Path) -> None:
    """Delete what a command has left, however deep, also directories that it has closed to everyone."""
    subprocess.run(["rm", "-rf", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)  # noqa: S603, S607
    if folder.exists():
        subprocess.run(["chmod", "-R", "u+rwx", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)  # noqa: S603, S607
        subprocess.run(["rm", "-rf", "--", str(folder)], check=True)  # noqa: S603, S607
