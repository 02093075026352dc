"""What a command finds in its file system: parts of this machine, and arguments for bubblewrap."""

import os
import site
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
SCRATCH = {"tmp": "/tmp", "shm": "/dev/shm"}  # noqa: S108 - inside
"""Directories that anybody may write in, by their names on the command's disk."""
FIRST_COVERED = ("--perms", "0555", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1")
"""The memory of the namespace's first process, which is bubblewrap's, can be written there by its user."""
SETTINGS_CLOSED = ("--remount-ro", "/proc")
"""Limits of the IPC namespace, which are its owner's to change, and who ends first when memory runs out."""
PYTHON = ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg")
"""What Python needs of where it stands. Other things may stand there too: a home, or the data folder."""


@dataclass(frozen=True, slots=True)
class Bind:
    """What is at `source`, with all below it, read-only."""

    place: str
    source: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link."""

    place: str
    target: str


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty directory, read-only, in place of one that lies in what is bound."""

    place: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory in which something will be mounted."""

    place: str


Part = Bind | Link | Empty | Folder


def system(private: Path, *, network: bool) -> Iterator[Part]:
    """The system and the Python environment of this program.

    Where `private` lies within what is seen, an empty directory stands in its place.
    """
    for name in SYSTEM:
        if os.path.islink(name):
            yield Link(name, os.readlink(name))
        elif os.path.exists(name):
            yield Bind(name, name)
    for name in (*ETC, *(NETWORK if network else ())):
        yield from _linked(name, ["/usr"])
    own = list(map(str, environment()))
    for name in own:
        yield from _linked(name, own)
    for place in _within(private):
        yield Empty(str(place))


def _linked(name: str, seen: Sequence[str]) -> Iterator[Part]:
    """Bind it, if it is there; a link that leads to what is seen anyway stays one, since a mount costs more."""
    if os.path.islink(name) and _leads(target := os.path.join(os.path.dirname(name), os.readlink(name)), seen):
        yield Link(name, target)
    elif os.path.exists(name):
        yield Bind(name, name)


def _leads(target: str, seen: Sequence[str]) -> bool:
    return (
        any(_below(target, folder) for folder in seen)
        and os.path.realpath(target, strict=False) == target
        and os.path.exists(target)
    )


def _below(name: str, folder: str) -> bool:
    return name == folder or name.startswith(f"{folder}/")


def arguments(
    parts: Sequence[Part], written: Iterable[str], tree: str = "", folders: Sequence[str] = tuple(SCRATCH.values())
) -> Iterator[str]:
    """Mount the parts, and what the kernel makes; `written` are arguments for `folders`, which may be written.

    If the parts have been made below `tree` already, that is mounted whole.
    """
    if tree:
        yield from ("--ro-bind", tree, "/")
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from (*FIRST_COVERED, *SETTINGS_CLOSED)
    yield from written
    if tree:
        for top in tops(parts, folders):
            yield from ("--ro-bind", tree + top, top)
    else:
        yield from (*_each(parts), *_parents(MOUNT), "--dir", MOUNT, "--remount-ro", "/")
    yield from ("--remount-ro", "/dev")  # as `/`, it has no size, and may be the command's own


def _each(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        match part:
            case Bind(place, source):
                yield from (*_parents(place), "--ro-bind-try", source, place)
            case Link(place, target):
                yield from (*_parents(place), "--symlink", target, place)
            case Empty(place):
                yield from ("--perms", "0755", "--tmpfs", place, "--remount-ro", place)
            case Folder(place):
                yield from (*_parents(place), "--perms", "0755", "--dir", place)


def tops(parts: Iterable[Part], folders: Sequence[str]) -> list[str]:
    """Name what lies in folders that may be written and must be seen all the same, as where Python stands in /tmp."""
    below = [(part.place, folder) for part in parts for folder in folders if part.place.startswith(f"{folder}/")]
    return list(dict.fromkeys("/".join(place.split("/")[: folder.count("/") + 2]) for place, folder in below))


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


def scratch(disk: Path | None) -> Iterator[str]:
    """SCRATCH on the command's disk, or of a size of its own."""
    for name, path in SCRATCH.items():
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


def _parents(place: str) -> Iterator[str]:
    parts = place.split("/")
    for length in range(2, len(parts)):
        yield from ("--perms", "0755", "--dir", "/".join(parts[:length]))


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
