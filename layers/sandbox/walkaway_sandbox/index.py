"""What is in a container: names, modes, links, and of which chunks its files are.

A file's contents are cut into chunks, which lie in pieces: objects that are never changed. A chunk is known by its
digest, so what was moved or copied is not sent again, and of a large file only what has changed. Files below the
outputs are objects of their own, since somebody else reads them.
"""

import json
import zlib
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace

MOST_BYTES = 100_000_000
"""Of an index, unpacked."""


@dataclass(slots=True)
class File:
    """A regular file. `chunks` are digests; an output has `object`, the name of its own, and one digest."""

    mode: int
    modified: int
    """Nanoseconds since the epoch."""
    size: int
    chunks: list[str]
    object: str = ""


@dataclass(slots=True)
class Index:
    """The tree of one generation. Paths have no first slash; names that are no text have half surrogates."""

    folders: dict[str, int] = field(default_factory=dict)
    """Their modes."""
    links: dict[str, str] = field(default_factory=dict)
    """Where they lead."""
    files: dict[str, File] = field(default_factory=dict)
    chunks: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """Where each lies: piece, offset in it, size."""
    pieces: dict[str, int] = field(default_factory=dict)
    """The bytes of each, unpacked."""

    def without(self, paths: Collection[str]) -> "Index":
        """Give an index that lacks these files."""
        return replace(self, files={path: file for path, file in self.files.items() if path not in paths})


def pack(index: Index) -> bytes:
    """Write an index."""
    return zlib.compress(json.dumps(asdict(index)).encode(), 1)


def unpack(packed: bytes) -> Index:
    """Read what `pack` has written. Raises ValueError."""
    opened = zlib.decompressobj()
    try:
        read = json.loads(opened.decompress(packed, MOST_BYTES))
        files = {path: File(**file) for path, file in read.pop("files").items()}
        chunks = {digest: (piece, offset, size) for digest, (piece, offset, size) in read.pop("chunks").items()}
        return Index(files=files, chunks=chunks, **read)
    except (zlib.error, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"the index of the container cannot be read: {error}") from None
