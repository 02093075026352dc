"""What a command finds in its file system, as arguments for bubblewrap."""

import site
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from walkaway_core.ports.paths import MOUNT

TMP_BYTES = 256 * 1024 * 1024
SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin")
ETC = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)
NETWORK = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf")


PYTHON = ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg")
"""What Python needs of where it stands. Other things may stand there too: a home, or the data folder."""


def system(private: Path, disk: Path | None, *, network: bool) -> Iterator[str]:
    """The system and the Python environment of this program, read-only; `disk` has what may be written.

    Where `private` lies within what is mounted, an empty directory stands in its place.
    """
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    yield from ("--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", "/etc/ssl")
    for name in (*ETC, *(NETWORK if network else ())):
        yield from _linked(Path(name), [Path("/usr")]) or ("--ro-bind-try", name, name)
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from _scratch(disk)
    for path in environment():
        yield from _parents(path)
        yield from _linked(path, environment()) or ("--ro-bind", str(path), str(path))
    for place in _within(private):
        yield from ("--perms", "0755", "--tmpfs", str(place), "--remount-ro", str(place))
    yield from _parents(Path(MOUNT))
    yield from ("--dir", MOUNT, "--remount-ro", "/", "--remount-ro", "/dev")  # they have no size, and may be its own


def _linked(path: Path, seen: Sequence[Path]) -> Sequence[str]:
    """Make a link that leads to what is seen anyway; a mount costs more. Nothing for another one."""
    if not path.is_symlink():
        return ()
    target = path.parent / path.readlink()
    return ("--symlink", str(target), str(path)) if _leads(target, seen) else ()


def _leads(target: Path, seen: Sequence[Path]) -> bool:
    plain = ".." not in target.parts and target.exists() and target.resolve() == target
    return plain and any(map(target.is_relative_to, seen))


def mounted() -> list[Path]:
    """Give the directories of this machine that a command sees."""
    return [*_system(), *environment()]


@cache
def _system() -> list[Path]:
    folders = [path for path in map(Path, SYSTEM) if not path.is_symlink()]
    return [path for path in (*folders, *map(Path, ETC)) if path.exists()]


def _within(private: Path) -> Sequence[Path]:
    """Where a folder can be seen in what is mounted."""
    return _seen(private, tuple(mounted()))


@cache
def _seen(private: Path, mounted: Sequence[Path]) -> Sequence[Path]:
    real = [(path, path.resolve()) for path in mounted]
    return [path / private.relative_to(end) for path, end in real if private.is_relative_to(end)]


def _scratch(disk: Path | None) -> Iterator[str]:
    """Directories that anybody may write in: on the command's disk, or of a size of their own."""
    for name, path in (("tmp", "/tmp"), ("shm", "/dev/shm")):  # noqa: S108 - inside
        if disk:
            yield from ("--bind", str(disk / name), path)
        else:
            yield from ("--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", path)


def environment() -> list[Path]:
    """What this Python consists of, with its packages, as far as it is not in the system."""
    return _environment((sys.prefix, sys.base_prefix))


@cache
def _environment(standing: Sequence[str]) -> list[Path]:
    prefixes = list(map(Path, standing))
    folders = [*(prefix / name for prefix in prefixes for name in PYTHON), *map(Path, site.getsitepackages())]
    outside = [path for path in folders if not path.is_relative_to("/usr") and path.exists()]
    return [p for p in dict.fromkeys(outside) if not any(p != o and p.is_relative_to(o) for o in outside)]


def _parents(path: Path) -> Iterator[str]:
    for parent in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))


def workspace(seen: Path, folder: Path, write: Sequence[str]) -> Iterator[str]:
    """The copy of the workspace, read-only where it may only be read: at `seen` for us, at `folder` for bubblewrap.

    Where a file that is not there may be written, its directory is writable, and everything else in it is not.
    """
    if "" in write:
        yield from ("--bind", str(folder), MOUNT)
        return
    yield from ("--ro-bind", str(folder), MOUNT)
    for scope in sorted(set(write), key=lambda scope: (scope.count("/"), scope)):
        if (seen / scope).is_dir():
            yield from ("--bind", str(folder / scope), f"{MOUNT}/{scope}")
        else:
            yield from _around(seen, folder, scope.rpartition("/")[0], write)


def _around(seen: Path, folder: Path, parent: str, write: Sequence[str]) -> Iterator[str]:
    below = f"{parent}/" if parent else ""
    yield from ("--bind", str(folder / parent), f"{MOUNT}/{parent}".rstrip("/"))
    for entry in sorted((seen / parent).iterdir()):
        path = below + entry.name
        if not any(path == scope or path.startswith(scope + "/") for scope in write):
            yield from ("--ro-bind", str(folder / path), f"{MOUNT}/{path}")
