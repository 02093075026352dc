"""A Workspace of which each tenant has so many bytes for files; what it holds by itself (bodies) is not counted."""

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from walkaway_core.ports.workspace import COUNTED, FileInfo, Full
from walkaway_local.workspace import FolderWorkspace

COUNT_AGAIN = 60.0
"""Seconds after which files are counted anew before a write is refused: somebody may have deleted some by hand."""


@dataclass(slots=True)
class _Used:
    """What a root has, in bytes: in files, and in what is being written; and when that was counted (monotonic)."""

    stored: int
    counted: float
    coming: int = 0


class Quota(FolderWorkspace):
    """Workspace in a folder: raises Full for a write with which a root would have more than `most` bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        super().__init__(folder)
        self._most = most
        self._lock = threading.Lock()
        self._roots: dict[str, _Used] = {}

    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        """Write a whole file, if there is room for it."""
        if not root.endswith(COUNTED):
            return super().write(root, path, chunks, version=version)
        used, before = self._used(root), self._size(root, path)
        coming = _Coming()
        try:
            return super().write(root, path, self._counted(root, used, chunks, before, coming), version=version)
        finally:
            with self._lock:
                used.coming -= coming.size

    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        """Delete a file, and count it no more."""
        if root not in self._roots:
            return super().delete(root, path, version=version)
        with self._placing:  # else another one is counted than the one that goes
            before = self._size(root, path)
            deleted = super().delete(root, path, version=version)
            if deleted:
                self._add(root, -before)
            return deleted

    def _place(self, staged: Path, root: str, path: str, version: str | None) -> FileInfo:
        """Put a file in its place, and count what it really replaces there: that may be another than when it began."""
        if root not in self._roots:
            return super()._place(staged, root, path, version)
        added = staged.stat().st_size - self._size(root, path)
        stored = self._roots[root].stored
        if added > 0 and stored + added > self._most:
            raise Full(self._most, stored)
        info = super()._place(staged, root, path, version)
        self._add(root, added)
        return info

    def _add(self, root: str, size: int) -> None:
        with self._lock:
            self._roots[root].stored += size

    def _counted(
        self, root: str, used: _Used, chunks: Iterable[bytes], before: int, coming: "_Coming"
    ) -> Iterator[bytes]:
        """Give pieces on as long as there is room. Raises Full."""
        for chunk in chunks:
            with self._lock:
                used.coming += len(chunk)
            coming.size += len(chunk)
            if used.stored - before + used.coming > self._most:
                self._count_again(root, used)
                if used.stored - before + used.coming > self._most:
                    raise Full(self._most, used.stored)
            yield chunk

    def _size(self, root: str, path: str) -> int:
        info = self.stat(root, path)
        return info.size if info else 0

    def _used(self, root: str) -> _Used:
        with self._lock:
            if root not in self._roots:
                self._roots[root] = _Used(_bytes(self._folder / root), time.monotonic())
            return self._roots[root]

    def _count_again(self, root: str, used: _Used) -> None:
        with self._lock:
            if time.monotonic() >= used.counted + COUNT_AGAIN:
                used.stored, used.counted = _bytes(self._folder / root), time.monotonic()


@dataclass(slots=True)
class _Coming:
    """How many bytes of one file have come."""

    size: int = 0


def _bytes(folder: Path) -> int:
    """Add up the files below a folder, by descriptors that follow no link; what is closed is passed over."""
    size = 0
    with contextlib.suppress(FileNotFoundError):  # there is none yet
        for _, _, names, here in os.fwalk(folder, follow_symlinks=False):
            for name in names:
                with contextlib.suppress(OSError):
                    size += os.stat(name, dir_fd=here, follow_symlinks=False).st_size
    return size
