"""What root makes ahead of a command, in a mount namespace of one thread: what it sees of the machine, and its disk."""

import ctypes
import os
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

from walkaway_core.ports.paths import MOUNT
from walkaway_core.ports.sandbox import SandboxRefused
from walkaway_local.sandbox.mounts import SYSTEM, Bind, Empty, Folder, Link, Part

TREE, DISK, SHOWN = "/tree", "/disk", "/shown"
"""Where the thread finds these."""
SMALL = 1_000_000
"""Bytes of a file that is copied: each mount costs bubblewrap a longer look at all of them, a dozen times."""
CLONE_NEWNS, MNT_DETACH = 0x20000, 2
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 0x1, 0x2, 0x4, 0x8, 0x1000, 0x4000, 0x40000
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_libc = ctypes.CDLL(None, use_errno=True)


def enter(place: Path, options: str, parts: Iterable[Part], program: str, shown: Path | None = None) -> int:
    """Let this thread, and what it starts from now on, see nothing else, but `program`; give the disk, opened.

    The disk is a tmpfs with `options`, or what is at `place` if they are empty. `shown` is seen at SHOWN. Only root
    can. Raises SandboxRefused.
    The thread has a root, a directory and a umask of its own from then on (CLONE_NEWNS in unshare(2)).
    """
    try:
        _asked(_libc.unshare(CLONE_NEWNS))
        _mount("none", "/", "", MS_REC | MS_PRIVATE)
        os.umask(0o022)
        below = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _mount("walkaway", str(place), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
            os.chdir(place)
            disk = _made("" if options else f"/proc/self/fd/{below}", options)
            if shown:
                os.mkdir(SHOWN[1:])
                _mount(str(shown), SHOWN[1:], "", MS_BIND)
        finally:
            os.close(below)
        try:
            _filled(parts, program)
            _asked(_libc.syscall(PIVOT_ROOT[platform.machine()], b".", b"."))
            _asked(_libc.umount2(b".", MNT_DETACH))
            os.chdir("/")
        except OSError:
            os.close(disk)
            raise
    except OSError as error:
        raise SandboxRefused(f"Commands cannot be run here: their disk cannot be mounted: {error.strerror}") from error
    return disk


def _made(source: str, options: str) -> int:
    """Make the disk and what the kernel makes. The thread stands where its root will be, and so names have no `/`."""
    for name in ("disk", "proc", "dev", "tmp", "tree"):
        os.mkdir(name)
    if options:
        _mount("walkaway", "disk", "tmpfs", MS_NOSUID | MS_NODEV, options)
    else:
        _mount(source, "disk", "", MS_BIND)
    _mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _mount("/dev", "dev", "", MS_BIND)
    return os.open("disk", os.O_RDONLY | os.O_DIRECTORY)


def _filled(parts: Iterable[Part], program: str) -> None:
    """Make what commands see, and what bubblewrap itself needs."""
    for name in ("proc", "dev", "tmp", MOUNT[1:]):
        os.makedirs(f"tree/{name}")
    for part in parts:
        _make(part, f"tree{part.place}")
        if part.place in SYSTEM:
            _make(part, f".{part.place}")
    os.symlink("tree/etc", "etc")
    if not os.path.lexists(f".{program}"):
        _make(Bind(program, program), f".{program}")


def _make(part: Part, name: str) -> None:
    match part:
        case Empty():
            _mount("walkaway", name, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=0755")
        case Folder():
            os.makedirs(name, exist_ok=True)
        case Link(_, target):
            os.makedirs(os.path.dirname(name), exist_ok=True)
            os.symlink(target, name)
        case Bind(_, source) if os.path.isdir(source):
            os.makedirs(name, exist_ok=True)
            _mount(source, name, "", MS_BIND | MS_REC)
        case Bind(_, source):
            os.makedirs(os.path.dirname(name), exist_ok=True)
            if os.path.getsize(source) <= SMALL:
                shutil.copy(source, name)
            else:
                os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
                _mount(source, name, "", MS_BIND)


def _mount(source: str, place: str, kind: str, flags: int, options: str = "") -> None:
    words = (os.fsencode(word) for word in (source, place, kind))
    _asked(_libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(options)))


def _asked(answer: int) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
