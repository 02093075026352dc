"""Brings what a command has changed on its copy into the workspace: under the call's fence, over nothing unseen."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from walkaway_core.agent.tools.tool import ToolContext
from walkaway_core.errors import PathConflict, PathForbidden, PathInvalid, QuotaReached
from walkaway_core.ports import paths
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.sandbox import FileChange
from walkaway_core.ports.workspace import Changed

MOST = 2_000
MOST_BYTES = 1_000_000_000
SHOWN = 50
"""How many files a result names."""


@dataclass
class Promoted:
    """What became of the changes: paths that were written and deleted, and what must be said about the others."""

    written: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Say it to the model."""
        for kind, names in (("written", self.written), ("deleted", self.deleted)):
            if names:
                more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
                yield f"[{kind}: {', '.join(map(paths.shown, names[:SHOWN]))}{more}]"
        yield from (f"[{note}]" for note in self.notes[:SHOWN])
        if len(self.notes) > SHOWN:
            yield f"[and {len(self.notes) - SHOWN} more like that]"


def promote(context: ToolContext, changes: Sequence[FileChange]) -> Promoted:
    """Carry the changes out, deletions first; what cannot be is noted. Raises Superseded."""
    done = Promoted()
    size = sum(change.size for change in changes)
    if len(changes) > MOST or size > MOST_BYTES:
        limit = f"{len(changes)} files and {size} bytes; the limits are {MOST} files and {MOST_BYTES} bytes"
        done.notes.append(f"nothing was kept: the command changed {limit}. Pack them into an archive, or change fewer")
        return done
    for change in sorted(changes, key=lambda change: (change.contents is not None, change.path)):
        try:
            _promote(context, change, paths.clean(change.path), done)
        except (PathInvalid, PathForbidden, PathConflict, QuotaReached) as error:
            done.notes.append(f"not kept: {error}")
        except NotWritten as error:
            done.notes.append(f"{change.path} was not kept: {error}")
    return done


def _promote(context: ToolContext, change: FileChange, path: str, done: Promoted) -> None:
    contents = change.contents
    if contents is None:
        try:
            context.delete(path, change.version)
            done.deleted.append(path)
        except Changed:
            done.notes.append(f"{paths.shown(path)} was not deleted: somebody else has changed it meanwhile")
        return
    try:
        context.place(path, contents, change.version, MOST_BYTES)
        done.written.append(path)
    except Changed:
        other = beside(path, contents())
        context.place(other, contents, None, MOST_BYTES)
        done.notes.append(
            f"{path} was changed by somebody else meanwhile: their version is at {path}, yours is kept at {other}"
        )


def beside(path: str, contents: Iterable[bytes]) -> str:
    """Name the place for a version of a file that cannot stand in its own: the same for the same contents."""
    digest = hashlib.sha256()
    for piece in contents:
        digest.update(piece)
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    stem, ending = (stem, dot + suffix) if stem else (name, "")
    mark = f".conflict-{digest.hexdigest()[:8]}"
    while len((stem + mark + ending).encode()) > paths.MAX_NAME_BYTES:
        stem, ending = (stem[:-1], ending) if stem else (stem, "")
    return folder + slash + stem + mark + ending
