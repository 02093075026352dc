"""Copies a tree that nobody works on, while somebody listens, and sees that what was written is on the disk."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

from walkaway_core.apart import priority
from walkaway_core.ports.sandbox import SandboxRefused

T = TypeVar("T")
TICK = 0.5
LEFT, PART = 1_000_000_000, 20
"""What stays free on the server's disk, whatever containers take: so many bytes, or that part of it if it is small."""
CLONE = ("cp", "-dR", "--preserve=mode,ownership,timestamps", "--reflink=auto", "--no-target-directory", "--")
"""Links are copied as links; where the file system can share blocks, no bytes are."""
NO_ROOM = "The server's disk has no room for another copy of the container ({} bytes); tell whoever runs the server"
_libc = ctypes.CDLL(None, use_errno=True)


def clone(source: Path, target: Path, size: int, heard: Callable[[bytes], None]) -> None:
    """Copy a tree of so many bytes. When `heard` raises, that ends. Raises SandboxRefused without room."""
    if free(target.parent) < size:
        raise SandboxRefused(NO_ROOM.format(size))
    with tempfile.TemporaryFile() as told:
        command = [*CLONE, str(source), str(target)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=told) as process:  # noqa: S603
            priority.roam(process.pid)
            try:
                while _code(process) is None:
                    heard(b"")
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            told.seek(0)
            raise SandboxRefused(
                f"The container could not be copied: {told.read(300).decode(errors='replace').strip()}"
            )


def _code(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(TICK)
    except subprocess.TimeoutExpired:
        return None


def free(folder: Path) -> int:
    """Give how many bytes containers may still take of the disk of a folder; none below zero."""
    usage = shutil.disk_usage(folder)
    return max(0, usage.free - min(LEFT, usage.total // PART))


def synced(path: Path) -> None:
    """Wait until a file or a directory is on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def written(folder: Path) -> None:
    """Wait until all that was written on a folder's file system is on its disk (syncfs(2)). Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(descriptor) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def attended(work: Callable[[], T], heard: Callable[[bytes], None]) -> T:
    """Do something that takes its time while `heard` is called; what that raises comes when it is done."""
    with ThreadPoolExecutor(1, "container") as own:
        doing = own.submit(work)
        while not wait([doing], TICK).done:
            heard(b"")
        return doing.result()
