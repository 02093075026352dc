"""Sends what is new in a container's tree, and gives the index of the new generation."""

import base64
import hashlib
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from walkaway_sandbox import tree
from walkaway_sandbox.bringing import PIECES_AT_ONCE, Held
from walkaway_sandbox.index import File, Index
from walkaway_sandbox.places import BEGUN, OUTPUTS, Places, above
from walkaway_sandbox.scan import Entry, scan, sentences
from walkaway_sandbox.transfer import AT_ONCE, Post

CHUNK, PIECE = 8_000_000, 32_000_000
"""Bytes: of a large file, as much is sent again at the least; as much goes into one object."""
SMALL, MANY = 4_000_000, 50
"""When there are so many pieces, those smaller than this are put together."""
SAMPLE, WORTH = 1_000_000, 0.9
"""What does not become smaller by a tenth is sent as it is."""
ENTRIES, MOST_BYTES, MOST_OUTPUTS = 50_000, 2_000_000_000, 1_000
"""The same as in `walkaway_core.ports.containers`."""

Part = tuple[str, str, int]
"""A chunk that is to be sent: its digest, a file in which it is, and from where."""


class TooMuch(Exception):
    """Nothing is kept; the message says why."""


class Keeper:
    """One new generation, made of the one before and of what a command has left."""

    def __init__(self, places: Places, post: Post, before: Index, held: Held, name: str) -> None:
        """Send by `post`; what is new bears the name of the generation."""
        self._places = places
        self._post = post
        self._before = before
        self._held = held
        self._name = name
        self._index = Index()

    def keep(self, mounts: Collection[str], lost: list[str]) -> Index:
        """Send what is new; say in `lost` what is not kept. Raises TooMuch, OSError."""
        found, odd = scan(self._places)
        lost += sentences(odd)
        _check_size(entry.info.st_size for path, entry in found.items() if path not in mounts)
        lost += [_mounted(path) for path in mounts if path in self._held.mounts and path not in found]
        for path, entry in found.items():
            if path in mounts:
                self._look_at_mount(path, entry, lost)
            elif entry.kind == "folder":
                self._index.folders[path] = entry.mode
            elif entry.kind == "link":
                self._index.links[path] = entry.target
            else:
                self._take(path, entry, lost)
        self._pass_over_mounts(mounts)
        self._choose_outputs(lost)
        self._send_outputs()
        self._send_pieces()
        self._held.files = {
            path: (tuple(file.chunks), tree.identity(found[path].info)) for path, file in self._index.files.items()
        }
        return self._index

    def _look_at_mount(self, path: str, entry: Entry, lost: list[str]) -> None:
        held = self._held.mounts.get(path)
        if entry.kind != "file" or held is None or held[1] != tree.identity(entry.info):
            lost.append(_mounted(path))

    def _pass_over_mounts(self, mounts: Iterable[str]) -> None:
        """Leave out the folders that are there for what is mounted alone."""
        made = {folder for path in mounts for folder in above(path)} - set(self._before.folders) - set(BEGUN)
        others = [*self._index.files, *self._index.links, *(path for path in self._index.folders if path not in made)]
        for folder in made - {folder for path in others for folder in above(path)}:
            self._index.folders.pop(folder, None)

    def _take(self, path: str, entry: Entry, lost: list[str]) -> None:
        """Put a file into the index, with the digests of its contents."""
        held = self._held.files.get(path)
        try:
            if held and held[1] == tree.identity(entry.info):
                digests = list(held[0])
            else:
                digests = [_digest(chunk) for chunk in self._read(path)]
        except OSError as error:
            lost.append(f"not kept: {path[:200]!r}: {error}")
            return
        self._index.files[path] = File(entry.mode, entry.info.st_mtime_ns, entry.info.st_size, digests)

    def _read(self, path: str, start: int = 0) -> Iterator[bytes]:
        """Give the chunks of a file. Raises OSError."""
        place, below = self._places.part(path)
        return tree.contents(place, below, CHUNK, start)

    def _choose_outputs(self, lost: list[str]) -> None:
        """Give outputs an object of their own: the one that they had, or one that is yet to be sent."""
        outputs = sorted(path for path in self._index.files if path.startswith(OUTPUTS + "/"))
        if len(outputs) > MOST_OUTPUTS:
            lost.append(f"not brought out: more than {MOST_OUTPUTS} files in /{OUTPUTS}")
        for number, path in enumerate(outputs[:MOST_OUTPUTS], 1):
            file, before = self._index.files[path], self._before.files.get(path)
            same = before is not None and before.chunks == file.chunks
            file.object = (before.object if before and same else "") or f"{self._name}-{number}"

    def _send_outputs(self) -> None:
        def send(one: tuple[str, File]) -> None:
            path, file = one
            self._post.send(f"outputs/{file.object}", file.size, self._read(path))

        new = [one for one in self._index.files.items() if one[1].object.startswith(self._name + "-")]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(send, new))

    def _send_pieces(self) -> None:
        """Send the chunks that no piece has, or that are in one which is not worth keeping."""
        whole = [(path, file) for path, file in self._index.files.items() if not file.object]
        sizes = {digest: size for path, file in whole for digest, size in _sizes(file)}
        kept = self._worth_keeping(sizes)
        known = {digest: place for digest, place in self._before.chunks.items() if place[0] in kept}
        self._index.pieces = {piece: self._before.pieces[piece] for piece in kept}
        self._index.chunks = {digest: known[digest] for digest in sizes if digest in known}
        new = [
            (digest, path, number * CHUNK)
            for path, file in whole
            for number, digest in enumerate(file.chunks)
            if digest not in known
        ]
        batches = list(_batches({part[0]: part for part in new}.values(), sizes))
        with ThreadPoolExecutor(PIECES_AT_ONCE) as pool:
            list(pool.map(partial(self._send_piece, sizes), range(1, len(batches) + 1), batches))

    def _worth_keeping(self, sizes: dict[str, int]) -> set[str]:
        """Choose, of the pieces that there are, those of which at least half is needed; few of them small ones."""
        needed: Counter[str] = Counter()
        for digest, size in sizes.items():
            if digest in self._before.chunks:
                needed[self._before.chunks[digest][0]] += size
        kept = {piece for piece, size in needed.items() if size * 2 >= self._before.pieces[piece]}
        small = {piece for piece in kept if self._before.pieces[piece] < SMALL}
        return kept - small if len(small) > MANY else kept

    def _send_piece(self, sizes: dict[str, int], number: int, batch: list[Part]) -> None:
        name, offset, contents = f"{self._name}-{number}", 0, bytearray()
        for digest, path, start in batch:
            contents += next(iter(self._read(path, start)))
            self._index.chunks[digest] = name, offset, sizes[digest]
            offset += sizes[digest]
            if len(contents) != offset:
                raise OSError(f"{path[:200]!r} changed while it was sent")
        self._index.pieces[name] = offset
        body = packed(bytes(contents))
        self._post.send(f"pieces/{name}", len(body), [body])


def _check_size(sizes: Iterable[int]) -> None:
    listed = list(sizes)
    if len(listed) > ENTRIES or sum(listed) > MOST_BYTES:
        had = f"{len(listed)} files, directories and links with {sum(listed)} bytes"
        raise TooMuch(f"nothing was kept: there were {had}, and a container may hold {ENTRIES} with {MOST_BYTES} bytes")


def _mounted(path: str) -> str:
    return f"not kept: /{path} is mounted to be read, and will be again what it was"


def packed(contents: bytes) -> bytes:
    """Make a piece, compressed if that is worth it."""
    if len(zlib.compress(contents[:SAMPLE], 1)) < WORTH * len(contents[:SAMPLE]):
        return b"z" + zlib.compress(contents, 1)
    return b"-" + contents


def _digest(chunk: bytes) -> str:
    return base64.b85encode(hashlib.blake2b(chunk, digest_size=20).digest()).decode()


def _sizes(file: File) -> Iterable[tuple[str, int]]:
    """Give the size of each chunk: all but the last are full."""
    return [(digest, min(CHUNK, file.size - at * CHUNK)) for at, digest in enumerate(file.chunks)]


def _batches(parts: Iterable[Part], sizes: dict[str, int]) -> Iterator[list[Part]]:
    batch: list[Part] = []
    room = PIECE
    for part in parts:
        if batch and sizes[part[0]] > room:
            yield batch
            batch, room = [], PIECE
        batch.append(part)
        room -= sizes[part[0]]
    if batch:
        yield batch
