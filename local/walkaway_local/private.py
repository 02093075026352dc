"""Keeps a data folder from the other users of the machine: it holds conversations, files, and webhooks' secrets."""

import os
import stat
from pathlib import Path

from walkaway_local.table import DATABASE

OURS = ("lock", "clock", "version", "workspace", "sandbox", "containers", DATABASE)
"""What the names of all that we put into a data folder begin with."""
UMASK = 0o077


def umask() -> None:
    """Let nobody else read what this process writes from now on."""
    os.umask(UMASK)


def folder(data: Path) -> str | None:
    """Make a data folder that only its owner can enter, or make one so that is there; say what others may still see.

    A folder that holds other things too, as a home does, stays as it is: what we put into it is closed instead.
    Raises OSError for a folder that cannot be made.
    """
    if not data.exists():
        data.mkdir(mode=0o700, parents=True)
        return None
    entries = list(data.iterdir())
    own = [entry for entry in entries if entry.name.startswith(OURS)]
    try:
        for path in (data, *own) if len(own) == len(entries) else own:
            _close(path)
    except PermissionError as error:
        return f"{data} may be read by other users of this machine: {error.strerror}; chmod it as its owner"
    return None


def _close(path: Path) -> None:
    """Take what others may do; a link is none of ours."""
    mode = path.lstat().st_mode
    if not stat.S_ISLNK(mode) and mode & UMASK:
        path.chmod(stat.S_IMODE(mode) & ~UMASK)
