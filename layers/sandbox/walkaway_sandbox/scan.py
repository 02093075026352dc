"""Looks through the tree of a container, which is hostile: by descriptors, and no link is followed."""

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from walkaway_sandbox import tree
from walkaway_sandbox.places import Places

SENTENCES = 20
"""About what cannot be kept: so many at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the tree. `target` is a link's."""

    info: os.stat_result
    target: str = ""

    @property
    def mode(self) -> int:
        """The rights, without those that change the user."""
        return self.info.st_mode & 0o1777

    @property
    def kind(self) -> str:
        """Tell folders, links and files."""
        return "folder" if stat.S_ISDIR(self.info.st_mode) else "link" if self.target else "file"


def scan(places: Places) -> tuple[dict[str, Entry], dict[str, str]]:
    """Give all folders, links and regular files by their paths, a folder before what is in it; and why not the rest.

    Folders that are closed to their owner are opened; the mode that is given is the one that they had.
    """
    found: dict[str, Entry] = {}
    odd: dict[str, str] = {}
    for before, folder, passed in places.parts():
        for path, entry in _below(folder, passed):
            if isinstance(entry, Entry):
                found[before + path] = entry
            else:
                odd[before + path] = entry
    return found, odd


def sentences(odd: Mapping[str, str]) -> list[str]:
    """Say what is not kept, and of the rest how much it is."""
    said = [f"not kept: /{path[:200]} {why}" for path, why in islice(odd.items(), SENTENCES)]
    return said + ([f"not kept: {len(odd) - SENTENCES} more"] if len(odd) > SENTENCES else [])


def _below(folder: Path, passed: str) -> Iterator[tuple[str, Entry | str]]:
    """Walk through a folder; instead of an entry, why there is none."""
    waiting = [("", 0)]
    while waiting:
        path, depth = waiting.pop()
        descriptor = tree.entered(folder, path)
        if descriptor is None:
            yield path, "cannot be looked into"
            continue
        try:
            for name in sorted(os.listdir(descriptor)):  # noqa: PTH208 - by descriptor, not by path
                if not path and name == passed:
                    continue
                below = f"{path}/{name}" if path else name
                entry = _entry(descriptor, name)
                if isinstance(entry, Entry) and entry.kind == "folder":
                    if depth == tree.DEEPEST or len(os.fsencode(below)) > tree.LONGEST:
                        entry = f"is deeper than {tree.DEEPEST} directories"
                    else:
                        waiting.append((below, depth + 1))
                if entry is not None:
                    yield below, entry
        finally:
            os.close(descriptor)


def _entry(above: int, name: str) -> Entry | str | None:
    with contextlib.suppress(FileNotFoundError):
        info = os.stat(name, dir_fd=above, follow_symlinks=False)
        if stat.S_ISLNK(info.st_mode):
            return Entry(info, os.readlink(name, dir_fd=above))
        if stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode):
            return Entry(info)
        return "is no regular file"
    return None
