"""A command in a container: what it finds where, how much it may take, and what is kept of what it leaves."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from walkaway_core.ports import paths
from walkaway_core.ports.containers import (
    MOST_BYTES,
    MOST_ENTRIES,
    MOST_OUTPUTS,
    OUTPUTS,
    PLACES,
    UPLOADS,
    UPLOADS_LINK,
    OutputFile,
)
from walkaway_core.ports.sandbox import Finished
from walkaway_core.ports.workspace import Workspace
from walkaway_local.sandbox import cloning, mounted, mounting, mounts, points
from walkaway_local.sandbox.containers import IN_TREE, REMOVED, TREE, Containers, Work
from walkaway_local.sandbox.growth import Growth
from walkaway_sandbox import kept, tree

CLEAR = "Delete what is not needed, or put it into an archive"
Heard = Callable[[bytes], None]


class Contained:
    """One command, its clone or generation, and what is mounted there."""

    def __init__(self, containers: Containers, work: Work, workspace: Workspace) -> None:
        """Bring what is mounted."""
        self._containers, self._work = containers, work
        self._mounted = mounted.prepare(work, workspace)
        self._made: list[str] = []
        self._growth = Growth(work.tree, [mounts.SCRATCH["shm"]]) if work.container.keeps else None
        self._outputs: Mapping[str, int] = {}

    @property
    def shown(self) -> Path | None:
        """The tree, where it is a generation that is only read, and so not in the command's own folder."""
        return None if self._work.tree.is_relative_to(self._work.place) else self._work.tree

    def parts(self) -> Iterator[mounts.Part]:
        """What is to be seen beside the system."""
        yield from (mounts.Folder(place) for place in PLACES)
        yield mounts.Link(UPLOADS_LINK, UPLOADS)
        yield from (mounts.Bind(place, str(copy)) for place, copy in self._mounted.outside.items())

    def arguments(self, parts: Sequence[mounts.Part], *, ahead: bool) -> Iterator[str]:
        """Mount everything, for bubblewrap; `ahead`: where root shows it. Makes what is mounted on."""
        place, clone = self._work.place, self._work.tree
        if ahead:
            place, clone = Path(mounting.DISK), Path(mounting.SHOWN) if self.shown else Path(mounting.DISK) / TREE
        bind = "--bind" if self._work.container.keeps else "--ro-bind"
        written = [part for name, folder in IN_TREE.items() for part in (bind, str(clone / folder), name)]
        written += ["--perms", "1777", "--size", str(mounts.TMP_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108 - inside
        covered, files = self._covered(parts)
        if not ahead:  # root has the parts ready below one directory
            written += [part for top in covered for part in ("--perms", "0755", "--tmpfs", top)]
        yield from mounts.arguments(parts, written, mounting.TREE if ahead else "", PLACES)
        if not ahead:
            yield from (part for top in covered for part in ("--remount-ro", top))
        yield from ("--ro-bind", str(place / mounted.UPLOADED), UPLOADS)
        yield from (
            part for name, number in files for part in ("--ro-bind", f"{place}/{mounted.SINGLE}/{number}", name)
        )

    def _covered(self, parts: Sequence[mounts.Part]) -> tuple[list[str], list[tuple[str, str]]]:
        """Let there be what is mounted on; give what of the system lies in PLACES, and the files with their numbers."""
        tops = mounts.tops(parts, PLACES)
        for folder in (*tops, UPLOADS, OUTPUTS):
            made = self._containers.pointed(self._work, _in_tree(folder), folder=True, force=True)
            self._made += made if folder in tops else ()
        files = []
        for place, number in self._mounted.single.items():
            try:
                self._made += self._containers.pointed(self._work, _in_tree(place), folder=False)
                files.append((place, number))
            except points.InTheWay:
                self._work.lost.append(f"{place} is not mounted: something else is there, or on the way to it")
        return tops, files

    def outgrown(self, first: int) -> str:
        """Say what it has too much of while it runs; empty if nothing. What cannot be looked into is too much.

        `first` is a process that sees its processes and places.
        """
        if not self._growth:
            return ""
        with suppress(FileNotFoundError):
            said = self._too_much(first, self._growth)
            if self._work.place.exists():
                return said
        return REMOVED

    def _too_much(self, first: int, growth: Growth) -> str:
        if cloning.free(self._work.place) == 0:
            return "the server's disk has too little room left"
        if not growth.too_much(first, MOST_ENTRIES, MOST_BYTES):
            return ""
        most = f"{MOST_ENTRIES} files, {MOST_BYTES} bytes or {tree.DEEPEST} directories in each other"
        return f"the container had more than {most}"

    def finished(self, code: int | None, killed: str, heard: Heard) -> Finished:
        """Keep what it has left, if it can be kept; give what came of it."""
        if not self._work.container.keeps:
            return Finished(code, killed, lost=tuple(self._work.lost))
        generation = ""
        try:
            generation = cloning.attended(self._kept, heard)
        except (kept.TooMuch, OSError) as error:
            if self._work.place.exists():
                why = error.strerror or str(error) if isinstance(error, OSError) else f"{error}. {CLEAR}"
                self._work.lost.append(f"nothing that the command changed was kept, the container is as before: {why}")
            elif not killed:
                self._work.lost.append(REMOVED)
        outputs = tuple(self._found()) if generation else ()
        return Finished(code, killed, lost=tuple(self._work.lost), generation=generation, outputs=outputs)

    def _kept(self) -> str:
        work = self._work
        assert work.clone
        points.remove(work.tree, self._made)
        left = kept.Kept(seen=work.clone.seen)
        kept.settle(work.tree, left, MOST_ENTRIES, MOST_BYTES)
        work.lost += kept.said(left.gone)
        work.about.size = left.size
        known, self._outputs = work.about.outputs, self._look(work.lost)
        new = {path for path in self._outputs if path not in known or self._named(path) in work.clone.touched}
        work.about.outputs = {
            path: _sha256(work.tree, self._named(path)) if path in new else known[path] for path in self._outputs
        }
        return self._containers.keep(work)

    def _found(self) -> Iterator[OutputFile]:
        folder, known = self._work.tree, self._work.about.outputs
        for path, size in self._outputs.items():
            name = self._named(path)
            yield OutputFile(path, size, known[path], lambda name=name: tree.contents(folder, name))  # type: ignore[misc]

    def _look(self, lost: list[str]) -> Mapping[str, int]:
        """Give the outputs that a path can name, with their sizes."""
        found: dict[str, int] = {}
        odd: list[str] = []
        for path, info in kept.files(self._work.tree, _in_tree(OUTPUTS)):
            if not _addressable(path):
                odd.append(path)
            elif len(found) == MOST_OUTPUTS:
                lost.append(f"there are more than {MOST_OUTPUTS} files below {OUTPUTS}; the others do not come out")
                break
            else:
                found[path] = info.st_size
        lost += _unnamed(odd)
        return found

    def _named(self, path: str) -> str:
        return f"{_in_tree(OUTPUTS)}/{path}"


def _unnamed(odd: Sequence[str]) -> list[str]:
    """Say what no path outside can name, in a sentence that a model can read however much it is."""
    more = f" and {len(odd) - kept.SHOWN} more" if len(odd) > kept.SHOWN else ""
    names = ", ".join(repr(paths.shown(path[:200])) for path in odd[: kept.SHOWN])
    return (
        [f"not brought out, of what is in {OUTPUTS}: {names}{more}, names that no file can have outside"] if odd else []
    )


def _addressable(path: str) -> bool:
    parent, _, name = path.rpartition("/")
    return paths.addressable(parent, name)


def _in_tree(place: str) -> str:
    """Name something in the places by its path in the tree."""
    top = next(top for top in PLACES if place.startswith(f"{top}/"))
    return IN_TREE[top] + place[len(top) :]


def _sha256(folder: Path, path: str) -> str:
    digest = hashlib.sha256()
    for chunk in tree.contents(folder, path):
        digest.update(chunk)
    return digest.hexdigest()


def user(root: str) -> int:
    """Give the user to whom a container's files belong where this program is root: another for each, nearly."""
    return FIRST_USER + int.from_bytes(hashlib.sha256(os.fsencode(root)).digest()[:4]) % USERS


FIRST_USER, USERS = 1_000_000, 1_000_000
"""Users without a name, as whom commands in containers run: from one to the next of a container it is the same."""
