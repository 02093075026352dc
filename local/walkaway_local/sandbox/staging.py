"""The copy on which a command works: made of what it may read, and compared with that when it is over."""

import os
from dataclasses import dataclass
from pathlib import Path

from walkaway_core.ports.paths import MAX_DEPTH, covers
from walkaway_core.ports.sandbox import Command, FileChange, readable
from walkaway_core.ports.workspace import Refused, Workspace
from walkaway_sandbox import tree


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
    for path, info in readable(workspace, command):
        try:
            chunks = workspace.read(command.root, path)
        except Refused:
            continue
        if chunks is None:
            continue  # it has gone meanwhile
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            for chunk in chunks:
                out.write(chunk)
        staged[path] = Staged(info.version, (0, 0, 0))
    for scope in command.write:
        there = workspace.stat(command.root, scope)
        place = folder / scope if there and there.is_directory else (folder / scope).parent
        if scope not in staged and scope and len(place.relative_to(folder).parts) <= MAX_DEPTH:
            place.mkdir(parents=True, exist_ok=True)
    if owner is not None:
        _give(folder, owner)
    return {path: Staged(entry.version, tree.identity(os.lstat(folder / path))) for path, entry in staged.items()}


def _give(folder: Path, owner: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner, follow_symlinks=False)


def changes(folder: Path, staged: dict[str, Staged], command: Command) -> tuple[list[FileChange], list[str]]:
    """Compare the copy with what it was; give the changes, and sentences about what cannot be one."""
    lost: list[str] = []
    changed, gone = tree.compare(folder, {path: entry.identity for path, entry in staged.items()}, lost)
    written: list[FileChange] = []
    for path, info in changed.items():
        version = staged[path].version if path in staged else "" if covers(command.read, path) else None
        written.append(FileChange(path, version, info.st_size, lambda path=path: tree.contents(folder, path)))  # type: ignore[misc]
    return [*written, *(FileChange(path, staged[path].version) for path in gone)], lost
