"""The Workspace port: files, read in ranges and written under conditions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

COUNTED = "/files"
"""How the roots end of which tenants have a share (`paths.files`)."""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file or directory: `name` is its basename, `modified` in seconds since the epoch.

    `version` changes whenever the contents do; it is empty for a directory. `sha256` of the contents, in hexadecimal
    digits; empty where nobody has asked for it (`hashed`), or it is not known.
    """

    name: str
    is_directory: bool
    size: int
    modified: float
    version: str = ""
    sha256: str = field(default="", compare=False)


class Workspace(Protocol):
    """Files below named roots. Roots and paths are clean (`a/b.txt`, `""` for the root itself): see `paths.py`.

    Links are never followed, and neither links nor special files are listed or read: they count as missing. What the
    storage refuses, such as what somebody has taken the server's rights to away from, raises Refused from every method;
    what it does not do at present raises NotWritten, or Unknown where a write may have happened all the same.
    """

    def stat(self, root: str, path: str) -> FileInfo | None:
        """Describe a file or directory; None when it is missing. The root itself is always there."""

    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        """List a directory's own entries by name; None when it is missing or a file. The root is always there.

        An entry that no path leads to (`paths.addressable`) is passed over.
        """

    def below(self, root: str, path: str, after: str, limit: int) -> list[FileInfo]:
        """List files below a directory, by the bytes of their paths: those behind the path `after`, so many at most.

        Here `name` is a file's path from the root. Empty too when the directory is missing, or a file.
        """

    def hashed(self, root: str, paths: Sequence[str]) -> list[FileInfo | None]:
        """Describe files, with their `sha256` where it was kept as they were written, or where they can be read here.

        None for one that is missing or a directory. A file is read to its end at the most once for each version.
        """

    def read(self, root: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes] | None:
        """Read bytes `start` to `end` (exclusive; None: to the end) in chunks; None when there is no such file.

        A file replaced meanwhile is read to its end as it was.
        """

    def address(self, root: str, path: str, media: str, seconds: int, disposition: str = "") -> str | None:
        """Give an address where anybody reads the file, as of this media type, for so long; None: there is no other.

        `disposition` is the answer's Content-Disposition there; empty: it has none.
        """

    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        """Write the whole file at once, or, if `chunks` raises, nothing. Parents come into being as needed.

        With `version`, only over exactly that version (`""`: only where no file is): else raises Changed.
        Raises NotAFile when the path, or one above it, is of another kind, and Full where tenants have a share.
        """

    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        """Delete a file; False when there was none. A directory that becomes empty disappears.

        With `version`, only exactly that version: else raises Changed.
        """


class Changed(Exception):
    """The file is no longer the version that was asked for; nothing was written."""


class NotAFile(Exception):
    """The path, or one above it, is a directory, a link or a special file; nothing was written."""


class Refused(Exception):
    """The storage does not allow it, or cannot hold such a name; nothing was written. The message says which."""


class Full(Exception):
    """The tenant may store no more; nothing was written. `most` and `stored`: bytes that it may have, and has."""

    def __init__(self, most: int, stored: int) -> None:
        super().__init__(f"all files together may have {most} bytes, and have {stored}")
