"""Where something is mounted in a container's tree: made and removed by descriptors that follow no link.

No process of the container runs meanwhile. Paths are relative to the tree.
"""

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from walkaway_sandbox.tree import DIRECTORY

FOLDER = 0o755


class InTheWay(Exception):
    """Something else is at the place, or on the way to it."""


def make(tree: Path, path: str, *, folder: bool, owner: int | None, force: bool = False) -> list[str]:
    """Let there be a file or folder; give what was made for that, from the top. With `force` what is no folder goes.

    Raises InTheWay.
    """
    made: list[str] = []
    names = path.split("/")
    here = os.open(tree, DIRECTORY)
    try:
        for index, name in enumerate(names):
            last = index == len(names) - 1
            wanted = stat.S_IFREG if last and not folder else stat.S_IFDIR
            kind = _kind(here, name)
            if kind not in (None, wanted) and force and kind != stat.S_IFDIR:
                os.unlink(name, dir_fd=here)
                kind = None
            if kind not in (None, wanted):
                raise InTheWay(path)
            if kind is None:
                _add(here, name, wanted, owner)
                made.append("/".join(names[: index + 1]))
            if wanted == stat.S_IFDIR:
                below = os.open(name, DIRECTORY, dir_fd=here)
                os.close(here)
                here = below
    finally:
        os.close(here)
    return made


def remove(tree: Path, made: Iterable[str]) -> None:
    """Remove what was made, as far as it is there and empty."""
    for path in reversed(list(made)):
        parent, _, name = path.rpartition("/")
        with contextlib.suppress(OSError):
            here = _entered(tree, parent)
            try:
                info = os.stat(name, dir_fd=here, follow_symlinks=False)
                if stat.S_ISDIR(info.st_mode):
                    os.rmdir(name, dir_fd=here)
                elif stat.S_ISREG(info.st_mode) and info.st_size == 0:
                    os.unlink(name, dir_fd=here)
            finally:
                os.close(here)


def _add(here: int, name: str, kind: int, owner: int | None) -> None:
    if kind == stat.S_IFDIR:
        os.mkdir(name, dir_fd=here)
        os.chmod(name, FOLDER, dir_fd=here)  # whatever the umask is
    else:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=here))
    if owner is not None:
        os.chown(name, owner, owner, dir_fd=here, follow_symlinks=False)


def _kind(here: int, name: str) -> int | None:
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def _entered(tree: Path, path: str) -> int:
    here = os.open(tree, DIRECTORY)
    for name in filter(None, path.split("/")):
        try:
            below = os.open(name, DIRECTORY, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here
