"""Where the places of a container really are: below scratch space, and by links where the image has them."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

NAME = ".container"
"""Of the folder beside the temporary files: hidden, so that `rm -rf /tmp/*` leaves the rest of the container."""
LINK = Path("/opt/container")
"""A link to it, in the layer and in the image."""
UPLOADS, OUTPUTS = "mnt/session/uploads", "mnt/session/outputs"
TEMPORARY = "tmp"
"""The temporary folder is the scratch space itself."""
PLACES = {"/workspace": "workspace", "/mnt": "mnt", "/home/user": "home/user"}
"""The places for which the image has links, and what they are in the tree."""
BEGUN = (*PLACES.values(), "home", "mnt/session", UPLOADS, OUTPUTS)
"""Folders that are always there."""


@dataclass(frozen=True, slots=True)
class Places:
    """The tree of a container: paths in it are those that a command sees, without the first slash."""

    root: Path
    """The scratch space."""

    @property
    def base(self) -> Path:
        """Where all lies but temporary files."""
        return self.root / NAME

    @property
    def seen(self) -> Path:
        """The same, by its shorter name if there is one."""
        return LINK if LINK.exists() and LINK.resolve() == self.base.resolve() else self.base

    def real(self, path: str) -> Path:
        """Find a path of the tree."""
        folder, below = self.part(path)
        return folder / below

    def part(self, path: str) -> tuple[Path, str]:
        """Find the folder in which a path of the tree is, and its path from there."""
        first, _, below = path.partition("/")
        return (self.root, below) if first == TEMPORARY else (self.base, path)

    def parts(self) -> Iterator[tuple[str, Path, str]]:
        """Give the folders that make up the tree: the beginning of their paths, where they are, what to pass over."""
        yield "", self.base, TEMPORARY
        yield f"{TEMPORARY}/", self.root, NAME

    def elsewhere(self, mounts: Iterable[str]) -> dict[str, str]:
        """Say where commands find the places, and files that are mounted elsewhere, as far as it is not there."""
        if not self._linked():
            places = {place: str(self.seen / path) for place, path in PLACES.items()}
            places |= {"/uploads": str(self.seen / UPLOADS), "/tmp": str(self.root)}  # noqa: S108 - a place's name
        else:
            places = {}
        homes = (*(f"{path}/" for path in PLACES.values()), f"{TEMPORARY}/")
        places |= {f"/{path}": str(self.seen / path) for path in mounts if not path.startswith(homes)}
        return {place: real for place, real in places.items() if place != real}

    def environment(self, mounts: Iterable[str]) -> dict[str, str]:
        """Give the variables of commands; WALKAWAY_PLACES says as JSON where what has another name is."""
        places = self.elsewhere(mounts)
        return {
            "HOME": places.get("/home/user", "/home/user"),
            "TMPDIR": str(self.root),
            "PWD": str(self.working(places)),
            **({"WALKAWAY_PLACES": json.dumps(places)} if places else {}),
        }

    def working(self, places: dict[str, str]) -> Path:
        """Give the folder in which commands begin."""
        return Path(places.get("/workspace", "/workspace"))

    def _linked(self) -> bool:
        return all(os.path.realpath(place) == os.path.realpath(self.base / path) for place, path in PLACES.items())


def above(path: str) -> Iterator[str]:
    """Give the folders on the way to something in the tree."""
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))
