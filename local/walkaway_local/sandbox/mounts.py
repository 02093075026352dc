"""What a command finds in its file system, as arguments for bubblewrap."""

import site
import sys
from collections.abc import Iterator, Sequence
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
    "/etc/ssl",
)
NETWORK = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf")


def system(*, network: bool) -> Iterator[str]:
    """The system, read-only; the Python environment of this program; empty and sized directories to write in."""
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    yield from ("--perms", "0755", "--dir", "/etc")
    for name in (*ETC, *(NETWORK if network else ())):
        yield from ("--ro-bind-try", name, name)
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from ("--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/tmp")  # noqa: S108 - inside
    yield from ("--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/dev/shm")  # noqa: S108 - inside
    for path in environments():
        yield from _parents(path)
        yield from ("--ro-bind", str(path), str(path))
    yield from _parents(Path(MOUNT))


def environments() -> list[Path]:
    """Where this Python and its packages stand, if that is not in the system."""
    folders = [Path(sys.prefix), Path(sys.base_prefix), *map(Path, site.getsitepackages())]
    outside = [path for path in folders if not path.is_relative_to("/usr") and path.exists()]
    return [p for p in dict.fromkeys(outside) if not any(p != o and p.is_relative_to(o) for o in outside)]


def _parents(path: Path) -> Iterator[str]:
    for parent in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))


def workspace(folder: Path, write: Sequence[str]) -> Iterator[str]:
    """The copy of the workspace, read-only where it may only be read.

    Where a file that is not there may be written, its directory is writable, and everything else in it is not.
    """
    if "" in write:
        yield from ("--bind", str(folder), MOUNT)
        return
    yield from ("--ro-bind", str(folder), MOUNT)
    for scope in sorted(set(write), key=lambda scope: (scope.count("/"), scope)):
        if (folder / scope).is_dir():
            yield from ("--bind", str(folder / scope), f"{MOUNT}/{scope}")
        else:
            yield from _around(folder, scope.rpartition("/")[0], write)


def _around(folder: Path, parent: str, write: Sequence[str]) -> Iterator[str]:
    below = f"{parent}/" if parent else ""
    yield from ("--bind", str(folder / parent), f"{MOUNT}/{parent}".rstrip("/"))
    for entry in sorted((folder / parent).iterdir()):
        path = below + entry.name
        if not any(path == scope or path.startswith(scope + "/") for scope in write):
            yield from ("--ro-bind", str(folder / path), f"{MOUNT}/{path}")
