"""Which paths exist in a workspace, and which of them a session may touch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from walkaway_core.errors import PathForbidden, PathInvalid

MOUNT = "/opt/sandbox/workspace"
"""Where the agent sees the workspace's root (contract A.3)."""
MAX_PATH_BYTES = 1024 - 100
"""S3 keys end at 1,024 bytes, and a prefix stands before the path."""
MAX_NAME_BYTES = 255
"""A file name's limit on Linux."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def files(tenant: str) -> str:
    """Name the workspace root of a tenant's files."""
    return f"{tenant}/files"


def clean(path: str) -> str:
    """Check a path from outside, give its normal form (`""` is the root). Raises PathInvalid with the reason."""
    if path.startswith("/"):
        raise PathInvalid(f"{_shown(path)} begins with '/'; paths are relative to the workspace")
    if CONTROL.search(path):
        raise PathInvalid(f"{_shown(path)} contains a control character")
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        length = -1
    if length < 0 or "\ufffd" in path:
        raise PathInvalid("the path is not valid UTF-8")
    if length > MAX_PATH_BYTES:
        raise PathInvalid(f"the path has {length} bytes; the limit is {MAX_PATH_BYTES}")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for part in parts:
        if part == "..":
            raise PathInvalid(f"{_shown(path)} contains '..'; name the file from the workspace's root")
        if len(part.encode()) > MAX_NAME_BYTES:
            raise PathInvalid(f"a name in the path has {len(part.encode())} bytes; the limit is {MAX_NAME_BYTES}")
    return "/".join(parts)


def clean_agent(path: str) -> str:
    """Check a path as the agent writes it: relative, or absolute below the mount."""
    if path == MOUNT or path.startswith(MOUNT + "/"):
        path = path[len(MOUNT) :].lstrip("/")
    return clean(path)


def _shown(path: str) -> str:
    return repr(path if len(path) <= 80 else path[:77] + "…").replace("\\ufffd", "?")


@dataclass(frozen=True, slots=True)
class Scope:
    """A session's file_access: clean paths, each standing for itself and all below it; `""` is everything."""

    read: Sequence[str] = ("",)
    write: Sequence[str] = ("",)

    def check_read(self, path: str) -> None:
        """Raise PathForbidden unless the path may be read."""
        if not covers(self.read, path):
            raise PathForbidden(f"{_shown(path)} is outside what this session may read: {list(self.read)}")

    def check_write(self, path: str) -> None:
        """Raise PathForbidden unless the path may be written."""
        if not covers(self.write, path):
            raise PathForbidden(f"{_shown(path)} is outside what this session may write: {list(self.write)}")

    def may_read(self, path: str) -> bool:
        """Whether the path, or something below it, may be read: directories on the way are shown."""
        return covers(self.read, path) or any(not path or scope.startswith(path + "/") for scope in self.read)


def covers(scopes: Sequence[str], path: str) -> bool:
    """Whether a clean path is one of these, or below one; `""` is everything."""
    return any(not scope or path == scope or path.startswith(scope + "/") for scope in scopes)
