"""The copy on which a command works: made of what it may read, and looked through when it is over.

What a command leaves behind is hostile. It is read by descriptors that follow no links, when no process of it is left;
only regular files count, by their own bytes.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from walkaway_core.ports import Workspace
from walkaway_core.sandbox import Command, FileChange, SandboxRefused

MOST = 2_000
MOST_BYTES = 1_000_000_000
DEEPEST = 100
CHUNK = 1024 * 1024
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
Identity = tuple[int, int, int]
"""What changes whenever a file does: inode, time of the last change of its inode, size."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file of the copy: the version that it was made of, and its identity then."""

    version: str
    identity: Identity


def stage(workspace: Workspace, command: Command, folder: Path, owner: int | None) -> dict[str, Staged]:
    """Copy what the command may read into an empty folder, for `owner` if one is named.

    Raises SandboxRefused when it is too much.
    """
    staged: dict[str, Staged] = {}
    size = 0
    for path, version, bytes_ in _readable(workspace, command):
        size += bytes_
        if len(staged) >= MOST or size > MOST_BYTES:
            raise SandboxRefused(
                f"The session may read more than {MOST} files or {MOST_BYTES} bytes, too much for a command. "
                "A session whose file_access names only the directories that it needs can run one"
            )
        chunks = workspace.read(command.root, path)
        if chunks is None:
            continue  # it has gone meanwhile
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            for chunk in chunks:
                out.write(chunk)
        staged[path] = Staged(version, (0, 0, 0))
    for scope in command.write:
        info = workspace.stat(command.root, scope)
        place = folder / scope if info and info.is_directory else (folder / scope).parent
        if scope not in staged and scope:
            place.mkdir(parents=True, exist_ok=True)
    if owner is not None:
        _give(folder, owner)
    return {path: Staged(found.version, _identity(os.lstat(folder / path))) for path, found in staged.items()}


def _readable(workspace: Workspace, command: Command) -> Iterator[tuple[str, str, int]]:
    """Every file that may be read: path, version, size."""
    for scope in _outermost(command.read):
        info = workspace.stat(command.root, scope)
        if info is None:
            continue
        if info.is_directory:
            yield from _below(workspace, command.root, scope)
        else:
            yield scope, info.version, info.size


def _outermost(scopes: tuple[str, ...]) -> list[str]:
    return [s for s in set(scopes) if not any(s != o and (not o or s.startswith(o + "/")) for o in scopes)]


def _below(workspace: Workspace, root: str, path: str) -> Iterator[tuple[str, str, int]]:
    for entry in workspace.listing(root, path) or ():
        below = f"{path}/{entry.name}" if path else entry.name
        if entry.is_directory:
            yield from _below(workspace, root, below)
        else:
            yield below, entry.version, entry.size


def _give(folder: Path, owner: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner, follow_symlinks=False)


def _identity(found: os.stat_result) -> Identity:
    return found.st_ino, found.st_ctime_ns, found.st_size


def outgrown(folder: Path, entries: int) -> bool:
    """Whether a copy that is being worked on has more entries, bytes or depth than it may; holes in files count."""
    size, waiting = 0, [(str(folder), 0)]
    while waiting:
        path, depth = waiting.pop()
        try:
            for entry in os.scandir(path):
                entries -= 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))
                else:
                    size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # gone meanwhile, or closed to us: what is in it is found when it is over
        if entries < 0 or size > MOST_BYTES or depth > DEEPEST:
            return True
    return False


def changes(folder: Path, staged: dict[str, Staged], command: Command) -> tuple[list[FileChange], list[str]]:
    """Compare the copy with what it was; give the changes, and sentences about what cannot be one."""
    found: list[FileChange] = []
    lost: list[str] = []
    closed: list[str] = []
    seen: set[str] = set()
    for path, info in _left(folder, lost, closed):
        before = staged.get(path)
        seen.add(path)
        if before and before.identity == _identity(info):
            continue
        if not _opens(folder, path):
            lost.append(f"not kept: {path!r} cannot be opened")
            continue
        version = before.version if before else "" if _covers(command.read, path) else None
        found.append(FileChange(path, version, info.st_size, lambda path=path: _contents(folder, path)))  # type: ignore[misc]
    gone = {path: before for path, before in staged.items() if path not in seen and not _covers(tuple(closed), path)}
    return [*found, *(FileChange(path, before.version) for path, before in gone.items())], lost


def _opens(folder: Path, path: str) -> bool:
    descriptor = _open(folder, path, FILE)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _covers(scopes: tuple[str, ...], path: str) -> bool:
    return any(not scope or path == scope or path.startswith(scope + "/") for scope in scopes)


def _left(folder: Path, lost: list[str], closed: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Walk through what a command has left: the regular files; and say which directories cannot be looked into."""
    waiting = [("", 0)]
    while waiting:
        path, depth = waiting.pop()
        if depth > DEEPEST:
            lost.append(f"not kept: what lies deeper than {DEEPEST} directories")
            closed.append(path)
            continue
        descriptor = _open(folder, path, DIRECTORY)
        if descriptor is None:
            lost.append(f"not kept: {path!r} cannot be opened")
            closed.append(path)
            continue
        try:
            for name in sorted(os.listdir(descriptor)):  # noqa: PTH208 - by descriptor, not by path
                info = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                below = f"{path}/{name}" if path else name
                if stat.S_ISDIR(info.st_mode):
                    waiting.append((below, depth + 1))
                elif stat.S_ISREG(info.st_mode):
                    yield below, info
                else:
                    lost.append(f"not kept: {below!r} is no regular file")
        finally:
            os.close(descriptor)


def _open(folder: Path, path: str, flags: int) -> int | None:
    """Open something of the copy name by name, following no link; None when that cannot be done."""
    parts = path.split("/") if path else []
    current = os.open(folder, DIRECTORY)
    for index, name in enumerate(parts):
        try:
            below = os.open(name, flags if index == len(parts) - 1 else DIRECTORY, dir_fd=current)
        except OSError:
            return None
        finally:
            os.close(current)
        current = below
    return current


def _contents(folder: Path, path: str) -> Iterator[bytes]:
    descriptor = _open(folder, path, FILE)
    if descriptor is None:
        raise OSError(f"{path!r} of a command's copy cannot be read")
    with os.fdopen(descriptor, "rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
