"""What keeps the function's own process apart from the commands that it runs, and removes what they leave running."""

import ctypes
import os
import signal
import time
from pathlib import Path

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
SWEEP_SECONDS = 2.0


def keep_apart() -> None:
    """Hide this process's memory and environment from those of the same user, and adopt what its children leave.

    Without the first, `/proc/{parent}/environ` shows credentials (prctl(2), PR_SET_DUMPABLE). With the second, a
    process that forked twice and began a session of its own is still found below this one (PR_SET_CHILD_SUBREAPER).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_CHILD_SUBREAPER, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"prctl({option}) failed")


def sweep() -> bool:
    """Kill everything below this process, however often it forks; say whether nothing is left."""
    until = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < until:
        pids = below(os.getpid())
        if not pids:
            return True
        for pid in pids:
            try:
                os.kill(pid, signal.SIGSTOP)  # so that it cannot fork while the others are killed
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        reap()
    return not below(os.getpid())


def reap() -> None:
    """Take leave of the children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def below(pid: int) -> list[int]:
    """Find all living processes that descend from one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(entry)):
            state, parent = stat
            if state not in "ZX":
                parents.setdefault(parent, []).append(int(entry.name))
    descendants, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        descendants += children
        waiting += children
    return descendants


def _stat(entry: Path) -> tuple[str, int] | None:
    try:
        fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1])
