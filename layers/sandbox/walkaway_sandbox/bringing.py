"""Makes a container's tree what its index says. What is there already is not fetched again."""

import os
import subprocess
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from walkaway_sandbox import tree
from walkaway_sandbox.index import File, Index
from walkaway_sandbox.places import BEGUN, TEMPORARY, UPLOADS, Places, above
from walkaway_sandbox.scan import Entry, scan
from walkaway_sandbox.transfer import Wanted, fetch_to, read

PIECES_AT_ONCE = 4
"""Each is in memory as a whole."""
ARGUMENTS = 200


@dataclass(slots=True)
class Held:
    """What this environment has of the container: of each file, which contents it had when its identity was this."""

    files: dict[str, tuple[tuple[str, ...], tree.Identity]] = field(default_factory=dict)
    mounts: dict[str, tuple[str, tree.Identity]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where everything is to be had, by addresses."""

    pieces: Mapping[str, str]
    outputs: Mapping[str, str]
    mounts: Mapping[str, tuple[str, str]]
    """By their paths in the tree: the version and the address."""


def bring(places: Places, index: Index, sources: Sources, held: Held) -> None:
    """Remove what is not in the index, make what is missing. Raises OSError, ValueError."""
    _clear_the_way(places)
    found, odd = scan(places)
    folders = {folder for path in (*sources.mounts, *index.files, *index.links) for folder in above(path)}
    folders |= {*index.folders, *BEGUN}
    links = {"uploads": UPLOADS, **index.links}
    wanted = dict.fromkeys(links, "link") | dict.fromkeys(index.files, "file")
    wanted |= dict.fromkeys(sources.mounts, "file") | dict.fromkeys(folders, "folder")
    _remove([places.real(path) for path in (*odd, *_unwanted(found, wanted, links))])
    for path in sorted(folders):
        places.real(path).mkdir(exist_ok=True)
        if path in found and found[path].mode & 0o700 != 0o700:
            places.real(path).chmod(found[path].mode | 0o700)
    for path, target in links.items():
        if wanted[path] == "link" and not os.path.lexists(places.real(path)):
            places.real(path).symlink_to(target)
    theirs = {path for path in index.files if wanted[path] != "file" or path in sources.mounts}
    _bring_files(places, index.without(theirs), sources, held, found)
    _bring_mounts(places, sources, held, found)
    for path in sorted(index.folders, reverse=True):
        places.real(path).chmod(index.folders[path])


def _clear_the_way(places: Places) -> None:
    """See to it that the tree's own folder is one, and can be looked into."""
    if os.path.lexists(places.base) and (places.base.is_symlink() or not places.base.is_dir()):
        places.base.unlink()
    places.base.mkdir(parents=True, exist_ok=True)
    for folder in (places.root, places.base):
        if folder.stat().st_mode & 0o700 != 0o700:
            folder.chmod(0o700)
    if os.path.lexists(places.base / TEMPORARY):
        _remove([places.base / TEMPORARY])


def _unwanted(found: Mapping[str, Entry], wanted: Mapping[str, str], links: Mapping[str, str]) -> list[str]:
    """Give what is to go: the uppermost of each."""
    gone: dict[str, bool] = {}
    for path, entry in found.items():
        parent = path.rpartition("/")[0]
        if parent in gone:
            gone[path] = False
        elif wanted.get(path) != entry.kind or (entry.kind == "link" and entry.target != links[path]):
            gone[path] = True
    return [path for path, uppermost in gone.items() if uppermost]


def _remove(paths: Iterable[Path]) -> None:
    """Remove files and trees, however deep and however closed. Raises OSError."""
    trees = []
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            trees.append(str(path))
        else:
            path.unlink(missing_ok=True)
    for start in range(0, len(trees), ARGUMENTS):
        some = trees[start : start + ARGUMENTS]
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", *some], check=False, capture_output=True)  # noqa: S603
    if left := [path for path in trees if os.path.lexists(path)]:
        raise OSError(f"{left[0]} cannot be removed")


def _bring_files(places: Places, index: Index, sources: Sources, held: Held, found: Mapping[str, Entry]) -> None:
    missing = {}
    for path, file in index.files.items():
        has = held.files.get(path)
        there = found.get(path)
        if there and has and has == (tuple(file.chunks), tree.identity(there.info)):
            _settle(places.real(path), file, there)
            continue
        missing[path] = file
        real = places.real(path)
        real.unlink(missing_ok=True)
        real.touch(0o600)
    objects = {path: file for path, file in missing.items() if file.object}
    fetch_to([(places.real(path), Wanted(path, "", sources.outputs[file.object])) for path, file in objects.items()])
    _bring_chunks(places, index, sources, {path: file for path, file in missing.items() if not file.object})
    for path, file in missing.items():
        _settle(places.real(path), file, None)
    held.files = {
        path: (tuple(file.chunks), tree.identity(os.lstat(places.real(path)))) for path, file in index.files.items()
    }


def _bring_chunks(places: Places, index: Index, sources: Sources, missing: Mapping[str, File]) -> None:
    """Unpack each piece once, and write what it has to wherever it belongs."""
    wanted: defaultdict[str, list[tuple[int, int, Path, int]]] = defaultdict(list)
    for path, file in missing.items():
        at = 0
        for digest in file.chunks:
            piece, offset, size = index.chunks[digest]
            wanted[piece].append((offset, size, places.real(path), at))
            at += size

    def bring_piece(piece: str) -> None:
        contents = unpacked(read(sources.pieces[piece]), index.pieces[piece])
        for offset, size, real, at in wanted[piece]:
            with real.open("r+b") as out:
                out.seek(at)
                out.write(contents[offset : offset + size])

    with ThreadPoolExecutor(PIECES_AT_ONCE) as pool:
        list(pool.map(bring_piece, wanted))


def unpacked(piece: bytes, size: int) -> bytes:
    """Open a piece: its first byte says whether it is compressed."""
    return zlib.decompressobj().decompress(piece[1:], size) if piece[:1] == b"z" else piece[1:]


def _settle(real: Path, file: File, there: Entry | None) -> None:
    """Give a file its rights and its time, if it has others."""
    if there is None or there.info.st_mtime_ns != file.modified:
        os.utime(real, ns=(file.modified, file.modified))
    if there is None or there.mode != file.mode:
        real.chmod(file.mode)


def _bring_mounts(places: Places, sources: Sources, held: Held, found: Mapping[str, Entry]) -> None:
    """Make files that are not the container's own, anew where a command has changed them."""
    missing = []
    for path, (version, address) in sources.mounts.items():
        there, has = found.get(path), held.mounts.get(path)
        if not (there and has == (version, tree.identity(there.info))):
            places.real(path).unlink(missing_ok=True)
            missing.append((places.real(path), Wanted(path, version, address)))
    fetch_to(missing, as_versioned=True)
    for real, _ in missing:
        if real.exists():
            real.chmod(0o444)
    held.mounts = {
        path: (version, tree.identity(os.lstat(places.real(path))))
        for path, (version, _) in sources.mounts.items()
        if places.real(path).exists()
    }
