"""How a tree grows on the server's disk while a command works in it: files with names and without, and their depth."""

import time
from collections.abc import Iterable
from pathlib import Path

from walkaway_local.sandbox import cloning, unnamed
from walkaway_sandbox import tree

SHARE = 10
"""It is looked at for no more than a SHARE-th part of the time."""
LOOKS = 3
"""In how many looks, one after the other, there must be what cannot be looked at before the disk itself is asked."""


class Growth:
    """Looks at one tree, and at the processes of the command."""

    def __init__(self, folder: Path, in_memory: Iterable[str]) -> None:
        """Begin before the command does: the tree is there. What it finds `in_memory` lies on no disk."""
        self._folder, self._in_memory = folder, tuple(in_memory)
        self._room = cloning.free(folder)
        self._next_look, self._hidden = 0.0, 0

    def too_much(self, first: int, entries: int, size: int) -> bool:
        """Whether there are more entries, bytes or depth than there may be; what cannot be looked into is too much.

        `first` is a process that sees those of the command. While they have what cannot be looked at, all that the
        disk has lost since the command began counts as its own.
        """
        began = time.monotonic()
        if began < self._next_look:
            return False
        try:
            return self._looked(unnamed.look(first, self._in_memory), entries, size)
        finally:
            self._next_look = time.monotonic() + SHARE * (time.monotonic() - began)

    def _looked(self, seen: unnamed.Seen, entries: int, size: int) -> bool:
        """Processes before the tree: what is deleted between the two is missed once, and not counted twice."""
        self._hidden = self._hidden + 1 if seen.hidden else 0
        if seen.held > size or tree.outgrown(self._folder, entries, size - seen.held):
            return True
        return self._hidden >= LOOKS and self._room - cloning.free(self._folder) > size
