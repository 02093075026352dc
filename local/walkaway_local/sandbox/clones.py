"""What a command has not touched of its clone is the generation's own file again: it need not be written once more."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from walkaway_local.sandbox import cloning
from walkaway_sandbox import kept, tree

FEW = 200
"""Files and directories that are put onto the disk one by one; more of them with all that waits to be written."""
MANY, LARGE = 1_000, 64_000
"""Of more files than MANY, only those of LARGE bytes are shared: a link costs what a small file does."""


class Clone:
    """A clone of a tree in which nobody has worked yet, and what was found in it later."""

    def __init__(self, source: Path | None, clone: Path) -> None:
        """Remember how the files are; None: it is a clone of nothing.

        The kernel's clock for files ticks a hundred times a second at least: no command begins as soon as that.
        """
        self._source = source or clone
        self._files = {path: tree.identity(info) for path, info in kept.files(clone, "")} if source else {}
        self.touched: set[str] = set()
        """Paths of files that are new, or no longer as they were."""

    def seen(self, here: int, name: str, path: str, info: os.stat_result) -> None:
        """Put the generation's file into the place of one that is as it was."""
        if self._files.get(path) != tree.identity(info):
            self.touched.add(path)
            return
        if len(self._files) > MANY and info.st_size < LARGE:
            return
        other = f".{secrets.token_hex(8)}"
        with suppress(OSError):  # no more links to one file than the file system takes
            os.link(self._source / path, other, dst_dir_fd=here, follow_symlinks=False)
            os.rename(other, name, src_dir_fd=here, dst_dir_fd=here)

    def written(self, clone: Path) -> None:
        """Wait until all that is new is on the disk. Raises OSError."""
        folders = [Path(folder) for folder, _, _ in os.walk(clone)]
        if len(self._files) > MANY or len(folders) + len(self.touched) > FEW:
            cloning.written(clone)
            return
        for path in (*(clone / path for path in self.touched), *folders):
            cloning.synced(path)
