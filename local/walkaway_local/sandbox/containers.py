"""The containers of sessions, on the server's disk: of each its generations, and clones on which commands work.

`folder/TENANT/SESSION/GENERATION/` holds `tree/`, with a directory for each of PLACES, and `about.json`;
`folder/TENANT/SESSION/mounted/` copies of what is mounted; `.new-…` what a command works on. `folder/.going-…` goes.
"""

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError

from walkaway_core.ports.containers import PLACES, Container
from walkaway_core.ports.sandbox import SandboxRefused
from walkaway_local.sandbox import cloning, points, running
from walkaway_local.sandbox.about import About
from walkaway_local.sandbox.clones import Clone
from walkaway_local.sandbox.stored import Stored

NEW, GOING, MOUNTED, TREE = ".new-", ".going-", "mounted", "tree"
IN_TREE = {place: place.split("/")[1] for place in PLACES}
"""The directory of each place in a tree."""
REMOVED = "the container was removed while the command worked in it"
GONE = "the container's files are no longer on the server's disk: somebody has removed them there, and it began empty"


class Work:
    """What one command works on: `tree`, and `place`, a folder that nobody else has."""

    def __init__(self, home: Path, place: Path, container: Container, owner: int | None) -> None:
        """Take a session's folder, one in it, and whose the files are; None where they are this program's user's."""
        self.home, self.place, self.container, self.owner = home, place, container, owner
        self.tree = place / TREE if container.keeps else home / (container.generation or "") / TREE
        self.clone: Clone | None = None
        self.about = About()
        self.lost: list[str] = []


class Containers:
    """Makes clones of generations, and generations of clones."""

    def __init__(self, folder: Path, most: int | None) -> None:
        """Work in `folder`, where a tenant may have so many bytes; what was worked on when a server died goes."""
        self._folder = folder
        self._stored = Stored(folder, most)
        self._marking = threading.Lock()
        _remove([*folder.glob(f"{GOING}*"), *map(self._away, folder.glob(f"*/*/{NEW}*"))])

    def home(self, root: str) -> Path:
        """Name the folder of a container."""
        tenant, _, session = root.split("/")
        return self._folder / tenant / session

    @contextmanager
    def opened(self, container: Container, owner: int | None, heard: Callable[[bytes], None]) -> Iterator[Work]:
        """Have a clone of a generation, or, for what keeps nothing, the generation itself. Raises SandboxRefused."""
        home = self.home(container.root)
        place = home / f"{NEW}{secrets.token_hex(8)}"
        work = Work(home, place, container, owner)
        try:
            place.mkdir(parents=True)
            place.chmod(0o711)  # bubblewrap may be somebody else
            self._filled(work, heard)
            yield work
        except FileNotFoundError as error:
            raise error if work.place.exists() else SandboxRefused(REMOVED[0].upper() + REMOVED[1:]) from None
        finally:
            if place.exists():
                _remove([self._away(place)])

    def _filled(self, work: Work, heard: Callable[[bytes], None]) -> None:
        source = work.home / work.container.generation
        there = bool(work.container.generation) and (source / TREE).is_dir()
        if work.container.generation and not there:
            work.lost.append(GONE)
        if not there:
            work.tree = work.place / TREE
            _empty(work.tree, work.owner)
            work.clone = Clone(None, work.tree)
            return
        work.about = About.read(source)
        if work.container.keeps:
            cloning.clone(source / TREE, work.tree, work.about.size, heard)
            _given(work.tree, work.owner)
            points.remove(work.tree, work.about.points)
            work.about.points = []
            work.clone = cloning.attended(lambda: Clone(source / TREE, work.tree), heard)

    def pointed(self, work: Work, path: str, *, folder: bool, force: bool = False) -> list[str]:
        """Let there be something in the tree to mount on; give what was made. Raises points.InTheWay."""
        with self._marking:  # calls that only read have the generation itself
            made = points.make(work.tree, path, folder=folder, owner=work.owner, force=force)
            if made and work.tree.parent != work.place:
                about = About.read(work.tree.parent)
                about.points += made
                about.write(work.tree.parent)
            return made

    def keep(self, work: Work) -> str:
        """Make a generation of a clone, and see that it is on the disk; give its name. Raises OSError, TooMuch."""
        assert work.clone
        self._stored.take(work.home, work.about.size)
        name = secrets.token_hex(8)
        work.about.write(work.place)
        for entry in work.place.iterdir():
            if entry.name not in (TREE, About.NAME):
                running.remove(entry)
        work.place.chmod(0o700)
        work.clone.written(work.tree)
        for path in (work.place / About.NAME, work.place):
            cloning.synced(path)
        work.place.rename(work.home / name)
        work.place, work.tree = work.home / name, work.home / name / TREE
        for folder in (work.home, work.home.parent, self._folder):
            cloning.synced(folder)
        return name

    def discard(self, root: str, keep: str) -> None:
        """Remove all generations but one, and with `""` everything; what commands work on meanwhile stays theirs."""
        home = self.home(root)
        if not keep:
            self._stored.let_go(home)
            if home.exists():
                _remove([self._away(home)])
            return
        with suppress(FileNotFoundError):
            entries = [entry for entry in home.iterdir() if entry.name not in (keep, MOUNTED)]
            _remove([self._away(entry) for entry in entries if not entry.name.startswith(NEW)])

    def _away(self, path: Path) -> Path:
        """Take something out of its place, at once."""
        return path.rename(self._folder / f"{GOING}{secrets.token_hex(8)}")


def _remove(paths: Sequence[Path]) -> None:
    """Remove what was taken out of its place, while others go on; what is left by a crash goes at the next start."""
    if paths:
        threading.Thread(target=_removed, args=[paths], name="removal", daemon=True).start()


def _removed(paths: Sequence[Path]) -> None:
    for path in paths:
        with suppress(CalledProcessError):  # a command that still writes there leaves it to the next start
            running.remove(path)


def _empty(tree: Path, owner: int | None) -> None:
    """Make the tree of a container in which nobody has worked."""
    tree.mkdir()
    tree.chmod(0o755)
    for place, name in IN_TREE.items():
        (tree / name).mkdir()
        (tree / name).chmod(0o1777 if place == "/tmp" else 0o755)  # noqa: S108 - inside
        if owner is not None:
            os.chown(tree / name, owner, owner)


def _given(tree: Path, owner: int | None) -> None:
    """Give a clone to its owner, if a server of somebody else has made it."""
    if owner is None or (tree / IN_TREE[PLACES[0]]).stat().st_uid == owner:
        return
    for path in tree.rglob("*"):
        os.chown(path, owner, owner, follow_symlinks=False)
