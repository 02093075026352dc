"""Which paths exist in a workspace, and which of them a session may touch."""

from collections.abc import Sequence
from dataclasses import dataclass

from walkaway_core.errors import PathForbidden, PathInvalid
from walkaway_wire import filenames

MOUNT = "/opt/sandbox/workspace"
"""Where the agent sees the workspace's root (contract A.3)."""
MAX_NAME_BYTES, MAX_DEPTH = filenames.MAX_NAME_BYTES, filenames.MAX_DEPTH
LONGEST_ENDING = 10
SCOPES_SHOWN = 10


def files(tenant: str) -> str:
    """Name the workspace root of a tenant's files."""
    return f"{tenant}/files"


def container(tenant: str, session: str) -> str:
    """Name the root of a session's container."""
    return f"{tenant}/containers/{session}"


def clean(path: str) -> str:
    """Check the path of something that may stand there, give its normal form (`""` is the root).

    Raises PathInvalid with the reason. Names that could be written once and no longer can pass: see `clean_new`.
    """
    if path.startswith("/"):
        raise PathInvalid(f"{filenames.shown(path)} begins with '/'; paths are relative to the workspace")
    if said := filenames.trouble(path):
        raise PathInvalid(said)
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def clean_new(path: str) -> str:
    """Check a path that is to be written, or that a scope names; give its normal form. Raises PathInvalid."""
    path = clean(path)
    if said := filenames.trouble_of_new(path):
        raise PathInvalid(said)
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
    return filenames.UNFIT.sub(lambda unfit: f"\\u{ord(unfit[0]):04x}", path)


def clean_agent(path: str) -> str:
    """Check a path as the agent writes it: relative, or absolute below the mount."""
    if path == MOUNT or path.startswith(MOUNT + "/"):
        path = path[len(MOUNT) :].lstrip("/")
    return clean(path)


def _listed(scopes: Sequence[str]) -> str:
    more = f" and {len(scopes) - SCOPES_SHOWN} more" if len(scopes) > SCOPES_SHOWN else ""
    return f"[{', '.join(map(filenames.shown, scopes[:SCOPES_SHOWN]))}]{more}"


@dataclass(frozen=True, slots=True)
class Scope:
    """A session's file_access: clean paths, each standing for itself and all below it; `""` is everything."""

    read: Sequence[str] = ("",)
    write: Sequence[str] = ("",)

    def check_read(self, path: str) -> None:
        """Raise PathForbidden unless the path may be read."""
        if not covers(self.read, path):
            raise PathForbidden(f"{filenames.shown(path)} is outside what this session may read: {_listed(self.read)}")

    def check_write(self, path: str) -> None:
        """Raise PathForbidden unless the path may be written."""
        if not covers(self.write, path):
            raise PathForbidden(
                f"{filenames.shown(path)} is outside what this session may write: {_listed(self.write)}"
            )

    def may_read(self, path: str) -> bool:
        """Whether the path, or something below it, may be read: directories on the way are shown."""
        return covers(self.read, path) or any(not path or scope.startswith(path + "/") for scope in self.read)


def covers(scopes: Sequence[str], path: str) -> bool:
    """Whether a clean path is one of these, or below one; `""` is everything."""
    return any(not scope or path == scope or path.startswith(scope + "/") for scope in scopes)
