"""Mounts a disk where nobody else sees it: in a mount namespace of the thread that asks (mount_namespaces(7))."""

import ctypes
import os
from pathlib import Path

from walkaway_core.ports.sandbox import SandboxRefused

CLONE_NEWNS = 0x20000
MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x4000, 0x40000
_libc = ctypes.CDLL(None, use_errno=True)


def mount(folder: Path, options: str) -> None:
    """Mount a tmpfs at a folder, for this thread and what it starts from now on. Only root can.

    Raises SandboxRefused.
    """
    _asked(_libc.unshare(CLONE_NEWNS))
    _asked(_libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV)
    _asked(_libc.mount(b"walkaway", os.fsencode(folder), b"tmpfs", flags, options.encode()))


def _asked(answer: int) -> None:
    if answer < 0:
        reason = os.strerror(ctypes.get_errno())
        raise SandboxRefused(f"Commands cannot be run here: their disk cannot be mounted: {reason}")
