"""The Workspace in a folder. Every name on the way is opened without following links, so nothing leads outside."""

import contextlib
import errno
import os
import secrets
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from walkaway_core.ports import paths, patience
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.workspace import Changed, FileInfo, NotAFile, Refused
from walkaway_local import entries
from walkaway_local.hashes import Hashes
from walkaway_local.trouble import ROOM, free

MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
UNHOLDABLE = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL)
"""What file systems that take fewer or shorter names than Linux's own say of one."""
STAGING = ".staging"
"""Beside the roots, on the same file system: what is half written is never in a listing."""


REMEMBERED = 10.0
"""Seconds for which a write that failed says that the folder is in trouble."""


class FolderWorkspace:
    """Workspace: files below `folder/{root}/`. The folder itself may be a link: that is followed once, here.

    What the disk or the system does not do raises NotWritten from every method, which says why.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._placing = threading.RLock()
        self._hashes = Hashes()
        self._ill, self._ill_since = "", 0.0
        (self._folder / STAGING).mkdir(parents=True, exist_ok=True)
        for left in (self._folder / STAGING).iterdir():
            left.unlink()

    def trouble(self) -> str:
        """Say why the last write failed, if that was just now; empty else, and when a full disk has room again."""
        if self._ill == patience.FULL:
            with contextlib.suppress(OSError):
                if free(self._folder / STAGING) >= ROOM:
                    return ""
        return self._ill if time.monotonic() < self._ill_since + REMEMBERED else ""

    def stat(self, root: str, path: str) -> FileInfo | None:
        """Describe a file or directory."""
        if not path:
            return FileInfo("", is_directory=True, size=0, modified=0.0)
        parent, _, name = path.rpartition("/")
        with self._directory(root, parent) as folder:
            return None if folder is None else entries.info(folder, name)

    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        """List a directory."""
        with self._directory(root, path) as folder:
            if folder is None:
                return None if path else []
            names = sorted(name for name in os.listdir(folder) if paths.addressable(path, name))  # noqa: PTH208 - by descriptor, not by path
            infos = (entries.info(folder, name) for name in names)
            return [info for info in infos if info]

    def below(self, root: str, path: str, after: str, limit: int) -> list[FileInfo]:
        """List files below a directory."""
        return list(islice(self._below(root, path, after), limit))

    def _below(self, root: str, path: str, after: str) -> Iterator[FileInfo]:
        """Go down in the order of whole paths: there a directory's name ends with a slash."""
        found = self.listing(root, path) or ()
        for info in sorted(found, key=lambda each: f"{each.name}{'/' * each.is_directory}".encode()):
            there = f"{path}/{info.name}" if path else info.name
            if not info.is_directory:
                if there.encode() > after.encode():
                    yield replace(info, name=there)
            elif f"{there}/".encode() > after.encode() or after.startswith(f"{there}/"):
                yield from self._below(root, there, after)

    def hashed(self, root: str, paths: Sequence[str]) -> list[FileInfo | None]:
        """Describe files: what is not known of their versions is read."""
        return [self._hashes.described(self, root, path) for path in paths]

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
        chunks = entries.chunks(os.fdopen(file, "rb"), start, end)
        first = next(chunks, None)  # what cannot be read is said before anything is sent
        return iter(()) if first is None else chain((first,), chunks)

    def address(self, root: str, path: str, media: str, seconds: int, disposition: str = "") -> str | None:
        """Nobody reads the folder but this server."""
        del root, path, media, seconds, disposition
        return None

    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        """Write a whole file: beside the workspace first, then in one move. Raises NotWritten without room."""
        try:
            info = self._write(root, path, chunks, version)
        except OSError as error:
            if not error.errno:
                raise  # of `chunks`
            raise self._noted(entries.trouble(error)) from error  # no name here: it would keep `chunks` open
        except NotWritten as trouble:
            self._noted(trouble)
            raise
        self._ill = ""
        return info

    def _write(self, root: str, path: str, chunks: Iterable[bytes], version: str | None) -> FileInfo:
        staged = self._folder / STAGING / secrets.token_hex(16)
        try:
            with self._begun(staged) as out:
                for chunk in chunks:
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            with self._placing:
                return self._place(staged, root, path, version)
        finally:
            staged.unlink(missing_ok=True)

    def _noted(self, trouble: NotWritten) -> NotWritten:
        self._ill, self._ill_since = str(trouble), time.monotonic()
        return trouble

    def _begun(self, staged: Path) -> BinaryIO:
        """Begin a file. The folders for it are made again if somebody has removed them, but not what they stand in."""
        try:
            return staged.open("xb")
        except FileNotFoundError:
            self._folder.mkdir(exist_ok=True)
            staged.parent.mkdir(exist_ok=True)
            return staged.open("xb")

    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        """Delete a file, and the directories that become empty."""
        parent, _, name = path.rpartition("/")
        with self._placing, self._directory(root, parent) as folder:
            info = entries.info(folder, name) if folder is not None and name else None
            if info is None or info.is_directory:
                return False
            if version is not None and version != info.version:
                raise Changed(path)
            try:
                os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                return False
        with contextlib.suppress(Refused, NotWritten):  # it is deleted, whatever keeps an empty directory
            self._prune(root, parent)
        return True

    def _place(self, staged: Path, root: str, path: str, version: str | None) -> FileInfo:
        parent, _, name = path.rpartition("/")
        with self._directory(root, parent, make=True) as folder:
            if folder is None or entries.kind(folder, name) not in (None, stat.S_IFREG):
                raise NotAFile(path)
            current = entries.info(folder, name)
            if version is not None and version != (current.version if current else ""):
                raise Changed(path)
            os.replace(staged, name, dst_dir_fd=folder)
            os.fsync(folder)
            info = entries.info(folder, name)
            assert info
            return info

    @contextlib.contextmanager
    def _directory(self, root: str, path: str, *, make: bool = False) -> Iterator[int | None]:
        """Open a directory name by name; None when it is missing or something else is in its place.

        Raises Refused for what the operating system does not allow here, or with what is opened; NotWritten for what
        it does not do.
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
            raise entries.trouble(error) from error
        finally:
            if folder is not None:
                os.close(folder)

    def _open(self, root: str, path: str, *, make: bool) -> int | None:
        try:
            current = os.open(self._folder, DIRECTORY)
        except FileNotFoundError:
            if make or not self._folder.parent.exists():  # a disk that was taken away has not lost its files
                raise
            return None
        except OSError as error:
            raise entries.trouble(error) from error
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
