"""The copy on which a command works: made of what it may read, and compared with that when it is over."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from walkaway_core.ports import Workspace
from walkaway_core.sandbox import Command, FileChange, SandboxRefused
from walkaway_sandbox import tree

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Staged:
    """A file of the copy: the version that it was made of, and its identity then."""

    version: str
    identity: tree.Identity


def stage(workspace: Workspace, command: Command, folder: Path, owner: int | None) -> dict[str, Staged]:
    """Copy what the command may read into an empty folder, for `owner` if one is named.

    Raises SandboxRefused when it is too much.
    """
    staged: dict[str, Staged] = {}
    size = 0
    for path, version, bytes_ in _readable(workspace, command):
        size += bytes_
        if len(staged) >= MOST or size > tree.MOST_BYTES:
            raise SandboxRefused(
                f"The session may read more than {MOST} files or {tree.MOST_BYTES} bytes, too much for a command. "
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
    return {path: Staged(found.version, tree.identity(os.lstat(folder / path))) for path, found in staged.items()}


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


def changes(folder: Path, staged: dict[str, Staged], command: Command) -> tuple[list[FileChange], list[str]]:
    """Compare the copy with what it was; give the changes, and sentences about what cannot be one."""
    lost: list[str] = []
    changed, gone = tree.compare(folder, {path: found.identity for path, found in staged.items()}, lost)
    found: list[FileChange] = []
    for path, info in changed.items():
        version = staged[path].version if path in staged else "" if _covers(command.read, path) else None
        found.append(FileChange(path, version, info.st_size, lambda path=path: tree.contents(folder, path)))  # type: ignore[misc]
    return [*found, *(FileChange(path, staged[path].version) for path in gone)], lost


def _covers(scopes: tuple[str, ...], path: str) -> bool:
    return any(not scope or path == scope or path.startswith(scope + "/") for scope in scopes)
