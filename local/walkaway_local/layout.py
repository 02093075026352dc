"""Looks at a data folder before anything in it is changed: what stands in the place of something else is named."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from walkaway_local.table import DATABASE
from walkaway_local.trouble import NO_RIGHT, CannotOpen, unusable

FILES = ("lock", "clock", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
FOLDERS = ("workspace", "workspace/.staging", "sandbox", "containers")
BELOW = (
    "{} is {}: links and other file systems are not followed below the workspace. Move what it holds into its place, "
    "or let the whole of {} be a link or a mount"
)


def check(data: Path) -> None:
    """See that a data folder, if it is there, can be used. Changes nothing. Raises CannotOpen with a sentence.

    The folder itself, `workspace`, `sandbox` and `containers` may be links, each to a folder that is there.
    """
    try:
        if _there(data):
            _folder(data)
            for name in FOLDERS:
                if _there(data / name):
                    _folder(data / name)
            for path in (data / name for name in FILES):
                if _there(path):
                    _file(path)
            _staging(data / "workspace")
            _tenants(data / "workspace")
    except OSError as error:
        raise CannotOpen(unusable(data, error)) from error


def _there(path: Path) -> bool:
    """Whether something has that name. Raises CannotOpen for a link that leads nowhere."""
    if path.is_symlink() and not path.exists():
        raise CannotOpen(
            f"{path} is a link to {path.readlink()}, which is not there. Mount or make what it leads to, or remove it"
        )
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _folder(path: Path) -> None:
    if not path.is_dir():
        raise CannotOpen(f"{path} is {_kind(path)}, where a folder of the server should be; move it away")
    _may(path, os.R_OK | os.W_OK | os.X_OK)


def _file(path: Path) -> None:
    if not path.is_file():
        raise CannotOpen(f"{path} is {_kind(path)}, where a file of the server should be; move it away")
    _may(path, os.R_OK | os.W_OK)


def _may(path: Path, rights: int) -> None:
    if os.access(path, rights, effective_ids=os.access in os.supports_effective_ids):
        return
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        raise CannotOpen(f"{path} is on a file system that is read-only; mount it so that it can be written")
    raise CannotOpen(NO_RIGHT.format(path, os.geteuid()))


def _staging(workspace: Path) -> None:
    """What is half written is a file: anything else in that folder is somebody's, and not thrown away."""
    for entry in _entries(workspace / ".staging"):
        if entry.is_dir(follow_symlinks=False):
            raise CannotOpen(f"{entry.path} is a directory, where the server keeps half-written files; move it away")


def _tenants(workspace: Path) -> None:
    """A tenant's folder, and each root in it, is a folder in its place, or its files would seem to be gone."""
    if not workspace.exists():
        return
    device = workspace.stat().st_dev
    for tenant in _entries(workspace):
        for entry in (tenant, *(() if tenant.is_symlink() else _entries(Path(tenant.path)))):
            if entry.is_symlink():
                raise CannotOpen(BELOW.format(entry.path, "a link", workspace))
            if entry.stat(follow_symlinks=False).st_dev != device:
                raise CannotOpen(BELOW.format(entry.path, "on another file system", workspace))


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _kind(path: Path) -> str:
    mode = path.stat().st_mode
    return "a directory" if stat.S_ISDIR(mode) else "a file" if stat.S_ISREG(mode) else "neither a file nor a folder"
