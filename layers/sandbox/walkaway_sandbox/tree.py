"""Looks through what a command has left, which is hostile: by descriptors that follow no link, regular files alone.

It is for when no process of the command is left; `outgrown` alone looks while one runs.
"""

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

DEEPEST = 100
"""The same as `MAX_DEPTH` of `walkaway_core.ports.paths`, so that what may be uploaded a command can work with."""
LONGEST = 1024
"""Bytes of a directory's path: what lies below a longer one has no place in a workspace, and could fill memory."""
MOST_BYTES = 1_000_000_000
CHUNK = 1024 * 1024
BLOCK = 512
"""Bytes in `st_blocks` (stat(2)): space can be taken beyond the end of a file."""
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Identity = tuple[int, int, int]
"""What changes whenever a file does: inode, time of the last change of its inode, size."""


def identity(info: os.stat_result) -> Identity:
    """Tell a file from what it may become."""
    return info.st_ino, info.st_ctime_ns, info.st_size


def compare(
    folder: Path, before: Mapping[str, Identity], lost: list[str]
) -> tuple[dict[str, os.stat_result], list[str]]:
    """Give the files that are new or no longer what they were, and those that have gone.

    `lost` gets sentences about what is neither: what cannot be opened, or is no regular file.
    """
    changed: dict[str, os.stat_result] = {}
    closed: list[str] = []
    seen: set[str] = set()
    for path, info, above in _left(folder, lost, closed):
        seen.add(path)
        if before.get(path) == identity(info):
            continue
        if _opens(above, path.rpartition("/")[2]):
            changed[path] = info
        else:
            lost.append(f"not kept: {_named(path)} cannot be opened")
    return changed, [path for path in before if path not in seen and not _below_any(closed, path)]


def contents(folder: Path, path: str, size: int = CHUNK, start: int = 0) -> Iterator[bytes]:
    """Give the bytes of a file in chunks of this size, all but the last one full. Raises OSError."""
    descriptor = _open(folder, path, FILE)
    if descriptor is None:
        raise OSError(f"{path!r} of a command's copy cannot be read")
    with os.fdopen(descriptor, "rb") as source:
        source.seek(start)
        while chunk := source.read(size):
            yield chunk


def entered(folder: Path, path: str) -> int | None:
    """Open a directory below a folder, which is on a path without links; None when it is not there."""
    return _open(folder, path, DIRECTORY)


def outgrown(folder: Path, entries: int, size: int = MOST_BYTES) -> bool:
    """Whether a copy that is being worked on has more entries, bytes or depth than it may; holes in files count.

    It is looked through by descriptors, so no path is too long; what cannot be looked into counts as too much.
    """
    left = [entries, size]
    try:
        return _too_much(os.open(folder, DIRECTORY), left, 0)
    except OSError:
        return True


def _too_much(descriptor: int, left: list[int], depth: int) -> bool:
    """Take what is in a directory, which is closed, from how many entries and bytes may still be. Raises OSError."""
    try:
        with os.scandir(descriptor) as listed:
            for entry in listed:
                left[0] -= 1
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # gone meanwhile, or another by now
                    if entry.is_dir(follow_symlinks=False):
                        if depth == DEEPEST:
                            return True
                        below = os.open(entry.name, DIRECTORY, dir_fd=descriptor)
                        if _too_much(below, left, depth + 1):
                            return True
                    else:
                        info = entry.stat(follow_symlinks=False)
                        left[1] -= max(info.st_size, info.st_blocks * BLOCK)
                if min(left) < 0:
                    return True
    except FileNotFoundError:
        pass  # the directory itself has gone
    finally:
        os.close(descriptor)
    return False


def _left(folder: Path, lost: list[str], closed: list[str]) -> Iterator[tuple[str, os.stat_result, int]]:
    """Walk through the regular files, with their directories' descriptors; say which of those cannot be looked into."""
    waiting = [("", 0)]
    while waiting:
        path, depth = waiting.pop()
        far = _too_deep if depth > DEEPEST else _too_long if len(os.fsencode(path)) > LONGEST else ""
        descriptor = None if far else _open(folder, path, DIRECTORY)
        if descriptor is None:
            closed.append(path)
            lost.append(far or f"not kept: {_named(path)} cannot be opened")
            continue
        try:
            for name in sorted(os.listdir(descriptor)):  # noqa: PTH208 - by descriptor, not by path
                info = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                below = f"{path}/{name}" if path else name
                if stat.S_ISDIR(info.st_mode):
                    waiting.append((below, depth + 1))
                elif stat.S_ISREG(info.st_mode):
                    yield below, info, descriptor
                else:
                    lost.append(f"not kept: {_named(below)} is no regular file")
        except PermissionError:
            closed.append(path)
            lost.append(f"not kept: {_named(path)} cannot be looked into")
        finally:
            os.close(descriptor)


_too_deep = f"not kept: what lies deeper than {DEEPEST} directories"


_too_long = f"not kept: what lies in directories whose path has more than {LONGEST} bytes"


def _named(path: str) -> str:
    return repr(path[:200])


def _opens(above: int, name: str) -> bool:
    try:
        os.close(_entered(above, name, FILE))
    except OSError:
        return False
    return True


def _open(folder: Path, path: str, flags: int) -> int | None:
    """Open something of the copy name by name, following no link; None when that cannot be done.

    What the command has closed to its owner, who is this program's user, is opened again.
    """
    parts = path.split("/") if path else []
    above, current = None, None
    try:
        current = _entered(None, str(folder), flags if not parts else DIRECTORY)
        for index, name in enumerate(parts):
            above, current = current, None
            current = _entered(above, name, flags if index == len(parts) - 1 else DIRECTORY)
            os.close(above)
            above = None
    except OSError:
        if above is not None:
            os.close(above)
        return None
    return current


def _entered(above: int | None, name: str, flags: int) -> int:
    """Open what has a name in a directory, with rights for its owner if it has none. Raises OSError."""
    mode = os.stat(name, dir_fd=above, follow_symlinks=False).st_mode
    wanted = stat.S_IRWXU if stat.S_ISDIR(mode) else stat.S_IRUSR if stat.S_ISREG(mode) else 0
    if mode & wanted != wanted:
        with contextlib.suppress(PermissionError):  # it is not ours
            os.chmod(name, stat.S_IMODE(mode) | wanted, dir_fd=above)  # no link: nobody is left to make it one
    return os.open(name, flags, dir_fd=above)


def _below_any(scopes: list[str], path: str) -> bool:
    return any(not scope or path.startswith(scope + "/") for scope in scopes)
