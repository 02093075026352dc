"""The files that are mounted in a container: copies of the workspace's, made once, and where a command finds them."""

import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from walkaway_core.ports.containers import PLACES, UPLOADS, UPLOADS_LINK, Mount
from walkaway_core.ports.workspace import Refused, Workspace
from walkaway_local.sandbox import mounts
from walkaway_local.sandbox.containers import MOUNTED, NEW, Work

UPLOADED, SINGLE = "uploads", "single"
"""In the folder that a command has: all of UPLOADS, and the files that stand in others of PLACES."""
_tidying = threading.Lock()


@dataclass
class Mounted:
    """Where files are: in `UPLOADED`; by their places in `SINGLE`; and, outside of PLACES, by their places at all."""

    single: dict[str, str] = field(default_factory=dict)
    outside: dict[str, Path] = field(default_factory=dict)


def prepare(work: Work, workspace: Workspace) -> Mounted:
    """Bring what is to be mounted to where it can be; what cannot be is said in `work.lost`."""
    mounted = Mounted()
    (work.place / UPLOADED).mkdir()
    (work.place / SINGLE).mkdir()
    with _tidying:
        copies = dict(_copies(work, workspace))
        for number, (mount, copy) in enumerate(copies.items()):
            try:
                _put(work, mount, copy, str(number), mounted)
            except OSError as error:
                work.lost.append(f"{mount.place} is not there: {error.strerror}")
        _tidy(work, set(copies.values()))
    for folder in (work.place / UPLOADED, work.place / SINGLE, *(work.place / UPLOADED).rglob("*/")):
        folder.chmod(0o755)  # whatever the umask is
    return mounted


def _put(work: Work, mount: Mount, copy: Path, number: str, mounted: Mounted) -> None:
    if mount.place.startswith(f"{UPLOADS}/"):
        target = work.place / UPLOADED / mount.place[len(UPLOADS) + 1 :]
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(copy, target)
    elif any(mount.place.startswith(f"{place}/") for place in PLACES):
        os.link(copy, work.place / SINGLE / number)
        mounted.single[mount.place] = number
    elif mount.place == UPLOADS_LINK or mount.place.startswith(f"{UPLOADS_LINK}/"):
        work.lost.append(f"{mount.place} is not there: it would be behind a link")
    elif _taken(Path(mount.place), mounted):
        work.lost.append(f"{mount.place} is not there: another file, or the server's Python, is there or on the way")
    else:
        mounted.outside[mount.place] = copy


def _taken(place: Path, mounted: Mounted) -> bool:
    """Whether one of these would have to be a file and a directory, and so no command could begin."""
    own = mounts.environment()
    return not mounted.outside.keys().isdisjoint(map(str, place.parents)) or any(
        place.is_relative_to(folder) or folder.is_relative_to(place) for folder in own
    )


def _copies(work: Work, workspace: Workspace) -> Iterator[tuple[Mount, Path]]:
    """Give each mount with its copy, in the order of places: a file is before what would have to lie below it."""
    for mount in sorted({mount.place: mount for mount in work.container.mounts}.values(), key=lambda each: each.place):
        name = hashlib.sha256(f"{mount.root}\0{mount.path}\0{mount.version}".encode()).hexdigest()[:32]
        copy = work.home / MOUNTED / name
        if copy.exists() or _copied(mount, copy, workspace):
            yield mount, copy
        else:
            work.lost.append(f"{mount.place} is not there: the file that was mounted is gone")


def _copied(mount: Mount, copy: Path, workspace: Workspace) -> bool:
    try:
        info = workspace.stat(mount.root, mount.path)
        chunks = workspace.read(mount.root, mount.path)
    except Refused:
        return False
    if info is None or chunks is None or mount.version not in ("", info.version):
        return False
    copy.parent.mkdir(exist_ok=True)
    new = copy.with_name(f"{NEW}{secrets.token_hex(8)}")
    with new.open("xb") as out:
        for chunk in chunks:
            out.write(chunk)
    new.chmod(0o444)
    new.replace(copy)
    return True


def _tidy(work: Work, needed: set[Path]) -> None:
    """Remove copies of what is not mounted any more; whoever has one still mounted reads on."""
    if work.container.keeps and (work.home / MOUNTED).is_dir():
        for path in (work.home / MOUNTED).iterdir():
            if path not in needed:
                path.unlink()
