"""What a session's container is: the places that stay from command to command, what is mounted, what comes out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from walkaway_core.errors import PathInvalid
from walkaway_core.ports import paths

WORKING, HOME = "/workspace", "/home/user"
"""The directory in which a command begins, and its `HOME`."""
PLACES = (WORKING, "/mnt", "/tmp", HOME)  # noqa: S108 - inside
"""What a command may write, and finds again as it or another one left it: files, directories, symbolic links, modes."""
UPLOADS, OUTPUTS = "/mnt/session/uploads", "/mnt/session/outputs"
"""Where files appear that are mounted without a place of their own, and where those are left that come out."""
UPLOADS_LINK = "/uploads"
"""A link to UPLOADS."""
MOST_ENTRIES, MOST_BYTES = 50_000, 2_000_000_000
"""What a container may hold: files, directories and links together, and bytes. Above, a command keeps nothing."""
MOST_OUTPUTS = 1_000
"""How many files below OUTPUTS come out; there may be more."""
SYSTEM = (
    "bin",
    "boot",
    "dev",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "usr",
    "var",
)


@dataclass(frozen=True, slots=True)
class Mount:
    """A read-only copy of a version of a workspace's file, at an absolute `place` (as `mounted_at` gives it)."""

    place: str
    root: str
    path: str
    version: str


@dataclass(frozen=True, slots=True)
class Container:
    """The container of a session: `root` (`paths.container`), and which of its generations; `""` is an empty one.

    Unless it `keeps`, the command can only read it, and leaves nothing: that costs no clone.
    """

    root: str
    generation: str
    mounts: tuple[Mount, ...] = ()
    keeps: bool = True


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A regular file below OUTPUTS: its path from there, clean, its size in bytes, its SHA-256 in hexadecimal digits.

    `contents` gives the bytes up to the end of the command's context, and can be called again.
    """

    path: str
    size: int
    sha256: str
    contents: Callable[[], Iterable[bytes]]


def mounted_at(asked: str) -> str:
    """Give the absolute place of a mount: a relative path is below UPLOADS. Raises PathInvalid with the reason."""
    path = paths.clean_new(asked.removeprefix("/"))
    place = f"/{path}" if asked.startswith("/") else f"{UPLOADS}/{path}"
    if place.startswith(f"{UPLOADS_LINK}/"):  # however it was written: nothing may be made behind a link
        place = UPLOADS + place.removeprefix(UPLOADS_LINK)
    if not path or place == UPLOADS_LINK or any(_within(other, place) for other in (*PLACES, UPLOADS)):
        raise PathInvalid(f"{asked!r} names no file: a file can be mounted below {', '.join((*PLACES, UPLOADS))}")
    if _within(place, OUTPUTS) or _within(OUTPUTS, place):
        raise PathInvalid(f"{asked!r} is where the session's outputs are; mount it somewhere else")
    if place.split("/")[1] in SYSTEM:
        raise PathInvalid(f"{asked!r} is in a directory of the system; mount it below {WORKING} or {UPLOADS}")
    return place


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
