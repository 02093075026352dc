"""The Workspace in a folder. Every name on the way is opened without following links, so nothing leads outside."""

import contextlib
import errno
import os
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from walkaway_core.ports import paths, patience
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.workspace import Changed, FileInfo, NotAFile, Refused

CHUNK = 256 * 1024
MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
LAST_SECOND = 253402300799.0
"""Of the year 9999, after which HTTP has no dates (RFC 9110, 5.6.7)."""
UNHOLDABLE = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL)
"""What file systems that take fewer or shorter names than Linux's own say of one."""
STAGING = ".staging"
"""Beside the roots, on the same file system: what is half written is never in a listing."""


class FolderWorkspace:
    """Workspace: files below `folder/{root}/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._placing = threading.Lock()
        (folder / STAGING).mkdir(parents=True, exist_ok=True)
        for left in (folder / STAGING).iterdir():
            left.unlink()

    def stat(self, root: str, path: str) -> FileInfo | None:
        """Describe a file or directory."""
        if not path:
            return FileInfo("", is_directory=True, size=0, modified=0.0)
        parent, _, name = path.rpartition("/")
        with self._directory(root, parent) as folder:
            return None if folder is None else _info(folder, name)

    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        """List a directory."""
        with self._directory(root, path) as folder:
            if folder is None:
                return None if path else []
            names = sorted(name for name in os.listdir(folder) if paths.addressable(path, name))  # noqa: PTH208 - by descriptor, not by path
            infos = (_info(folder, name) for name in names)
            return [info for info in infos if info]

    def read(self, root: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes] | None:
        """Read bytes of a file."""
        parent, _, name = path.rpartition("/")
        with self._directory(root, parent) as folder:
            if folder is None or not name:
                return None
            try:
                file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            except OSError as error:
                if error.errno in (*MISSING, errno.ENXIO):
                    return None
                raise
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            return None
        return _chunks(os.fdopen(file, "rb"), start, end)

    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        """Write a whole file: beside the workspace first, then in one move. Raises NotWritten without room."""
        try:
            return self._write(root, path, chunks, version)
        except OSError as error:
            if reason := patience.reason(error):
                raise NotWritten(reason) from error
            raise

    def _write(self, root: str, path: str, chunks: Iterable[bytes], version: str | None) -> FileInfo:
        staged = self._folder / STAGING / secrets.token_hex(16)
        try:
            with staged.open("xb") as out:
                for chunk in chunks:
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            with self._placing:
                return self._place(staged, root, path, version)
        finally:
            staged.unlink(missing_ok=True)

    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        """Delete a file, and the directories that become empty."""
        parent, _, name = path.rpartition("/")
        with self._placing, self._directory(root, parent) as folder:
            info = _info(folder, name) if folder is not None and name else None
            if info is None or info.is_directory:
                return False
            if version is not None and version != info.version:
                raise Changed(path)
            try:
                os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                return False
        self._prune(root, parent)
        return True

    def _place(self, staged: Path, root: str, path: str, version: str | None) -> FileInfo:
        parent, _, name = path.rpartition("/")
        with self._directory(root, parent, make=True) as folder:
            if folder is None or _kind(folder, name) not in (None, stat.S_IFREG):
                raise NotAFile(path)
            current = _info(folder, name)
            if version is not None and version != (current.version if current else ""):
                raise Changed(path)
            os.replace(staged, name, dst_dir_fd=folder)
            os.fsync(folder)
            info = _info(folder, name)
            assert info
            return info

    @contextlib.contextmanager
    def _directory(self, root: str, path: str, *, make: bool = False) -> Iterator[int | None]:
        """Open a directory name by name; None when it is missing or something else is in its place.

        Raises Refused for what the operating system does not allow here, or with what is opened.
        """
        folder = None
        try:
            folder = self._open(root, path, make=make)
            yield folder
        except PermissionError as error:
            raise Refused("the server has no right to it in the workspace's folder") from error
        except OSError as error:
            if error.errno in UNHOLDABLE:
                raise Refused("the workspace's file system cannot hold such a name") from error
            raise
        finally:
            if folder is not None:
                os.close(folder)

    def _open(self, root: str, path: str, *, make: bool) -> int | None:
        current = os.open(self._folder, DIRECTORY)
        try:
            for name in (*root.split("/"), *filter(None, path.split("/"))):
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, dir_fd=current)
                below = os.open(name, DIRECTORY, dir_fd=current)
                os.close(current)
                current = below
        except OSError as error:
            os.close(current)
            if error.errno not in MISSING:
                raise
            return None
        return current

    def _prune(self, root: str, path: str) -> None:
        with self._placing:  # or a directory could go while a file is on its way into it
            while path:
                parent, _, name = path.rpartition("/")
                with self._directory(root, parent) as folder:
                    if folder is None:
                        return
                    try:
                        os.rmdir(name, dir_fd=folder)
                    except OSError:
                        return
                path = parent


def _kind(folder: int, name: str) -> int | None:
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def _info(folder: int, name: str) -> FileInfo | None:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        return FileInfo(name, is_directory=True, size=0, modified=_time(status))
    if not stat.S_ISREG(status.st_mode):
        return None
    version = f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
    return FileInfo(name, is_directory=False, size=status.st_size, modified=_time(status), version=version)


def _time(status: os.stat_result) -> float:
    """When it was modified, within the years of a calendar: by hand, a file can be given any time."""
    return min(max(status.st_mtime, 0.0), LAST_SECOND)


def _chunks(source: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    with source:
        source.seek(start)
        left = None if end is None else end - start
        while left is None or left > 0:
            chunk = source.read(CHUNK if left is None else min(CHUNK, left))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk
