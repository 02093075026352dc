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
MAX_DEPTH = 100
"""Directories in each other: as many as a command may leave behind (`walkaway_sandbox.tree.DEEPEST`)."""
LONGEST_ENDING = 10
SCOPES_SHOWN = 10
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
UNFIT = re.compile(r"[\x80-\x9f\u2028\u2029\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What makes a name look other than it is: C1 controls, line and paragraph separators, the byte order mark, and what
turns the direction of writing (Unicode, Bidi_Control). Joiners are no such thing: emoji are made with them."""


def files(tenant: str) -> str:
    """Name the workspace root of a tenant's files."""
    return f"{tenant}/files"


def clean(path: str) -> str:
    """Check the path of something that may stand there, give its normal form (`""` is the root).

    Raises PathInvalid with the reason. Names that could be written once and no longer can pass: see `clean_new`.
    """
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


def clean_new(path: str) -> str:
    """Check a path that is to be written, or that a scope names; give its normal form. Raises PathInvalid."""
    path = clean(path)
    if unfit := UNFIT.search(path):
        raise PathInvalid(
            f"{_shown(path)} contains U+{ord(unfit[0]):04X}, a control or formatting character that cannot be seen; "
            "leave it out"
        )
    if path.count("/") > MAX_DEPTH:
        raise PathInvalid(f"the path has {path.count('/')} directories in each other; the limit is {MAX_DEPTH}")
    return path


def addressable(folder: str, name: str) -> bool:
    """Whether what stands in a clean folder under this name can be asked for: only that is listed.

    By hand, or in a bucket's console, names can be made that no path leads to: of bytes that are no UTF-8 (half
    surrogates here), with control characters, empty, too long.
    """
    path = f"{folder}/{name}" if folder else name
    try:
        return clean(path) == path and name != "" and "/" not in name
    except PathInvalid:
        return False


def shortened(name: str, characters: int) -> str:
    """Cut a name to so many characters, and to the bytes that one may have; its ending stays if it is a short one."""
    stem, dot, suffix = name.rpartition(".")
    stem, ending = (stem, dot + suffix) if stem and len(suffix) <= LONGEST_ENDING else (name, "")
    stem = stem[: characters - len(ending)]
    room = MAX_NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending


def shown(path: str) -> str:
    r"""Write a path for the model: what cannot be seen in it is escaped as JSON would, `\u202e`."""
    return UNFIT.sub(lambda unfit: f"\\u{ord(unfit[0]):04x}", path)


def clean_agent(path: str) -> str:
    """Check a path as the agent writes it: relative, or absolute below the mount."""
    if path == MOUNT or path.startswith(MOUNT + "/"):
        path = path[len(MOUNT) :].lstrip("/")
    return clean(path)


def _shown(path: str) -> str:
    return repr(path if len(path) <= 80 else path[:77] + "…").replace("\\ufffd", "?")


def _listed(scopes: Sequence[str]) -> str:
    more = f" and {len(scopes) - SCOPES_SHOWN} more" if len(scopes) > SCOPES_SHOWN else ""
    return f"[{', '.join(map(_shown, scopes[:SCOPES_SHOWN]))}]{more}"


@dataclass(frozen=True, slots=True)
class Scope:
    """A session's file_access: clean paths, each standing for itself and all below it; `""` is everything."""

    read: Sequence[str] = ("",)
    write: Sequence[str] = ("",)

    def check_read(self, path: str) -> None:
        """Raise PathForbidden unless the path may be read."""
        if not covers(self.read, path):
            raise PathForbidden(f"{_shown(path)} is outside what this session may read: {_listed(self.read)}")

    def check_write(self, path: str) -> None:
        """Raise PathForbidden unless the path may be written."""
        if not covers(self.write, path):
            raise PathForbidden(f"{_shown(path)} is outside what this session may write: {_listed(self.write)}")

    def may_read(self, path: str) -> bool:
        """Whether the path, or something below it, may be read: directories on the way are shown."""
        return covers(self.read, path) or any(not path or scope.startswith(path + "/") for scope in self.read)


def covers(scopes: Sequence[str], path: str) -> bool:
    """Whether a clean path is one of these, or below one; `""` is everything."""
    return any(not scope or path == scope or path.startswith(scope + "/") for scope in scopes)
