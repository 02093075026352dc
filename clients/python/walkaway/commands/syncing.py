"""What `walkaway files sync` does: a part of the workspace becomes what a folder is, and only what differs is sent."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkaway import paths
from walkaway.commands import cleaning, times
from walkaway.commands.screen import Screen, fit
from walkaway.errors import FileRefused, NotFound

if TYPE_CHECKING:
    from walkaway._sync.files import Entry, Files
    from walkaway.commands.app import App

MOST_BYTES = 100_000_000
"""What a file of the workspace may have."""
TRIES = 5
"""How often a file is read that somebody writes meanwhile."""


@dataclass
class Plan:
    """What is to be done. `send`: files, and where they go. `delete`: paths of the workspace."""

    send: list[tuple[Path, str]] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    same: int = 0

    @property
    def in_the_way(self) -> list[str]:
        """What has to be deleted before: a file where a folder comes, files below where a file comes."""
        targets = {target for _, target in self.send}
        above = {each for target in targets for each in _above(target)}
        return [path for path in self.delete if path in above or not targets.isdisjoint(_above(path))]


def planned(there: "Files", folder: Path, path: str, *, delete: bool) -> Plan:
    """Compare: by size, and where that is the same by hash. A file whose hash the server does not know counts as other.

    Raises FileMissing, and FileRefused before anything is sent.
    """
    top = paths.normal(path)
    here = {target: source for source, target in _readable(folder, top)}
    try:
        remote = {each.path: each for each in there.walk(top, sha256=True)}
    except NotFound:
        remote = {}
    plan = Plan()
    for target, source in here.items():
        if target in remote and _is_same(source, remote[target]):
            plan.same += 1
        else:
            plan.send.append((source, target))
    plan.delete = sorted(remote.keys() - here.keys()) if delete else []
    return plan


def carried_out(app: "App", there: "Files", plan: Plan, *, dry_run: bool) -> None:
    """Do it, and tell each thing when it is done. Raises FileRefused for a file that never stands still."""
    first = plan.in_the_way
    done, sent, doing = 0, 0, ""

    def live(room: int) -> list[str]:
        count = len(plan.send) + len(plan.delete)
        return [fit(f"{done} of {count} · {times.size(sent)} sent · {cleaning.name(doing)}", room)]

    with closing(Screen(live)) as screen:
        for doing, source in _steps(plan, first):
            screen.redraw()
            size = None
            if source is not None:
                size = source.stat().st_size if dry_run else _sent(there, source, doing)
            elif not dry_run:
                _deleted(there, doing)
            _tell(app, screen, "delete" if source is None else "send", doing, size)
            done, sent = done + 1, sent + (size or 0)
    words = [f"{times.many(len(plan.send), 'file')} sent ({times.size(sent)})", f"{len(plan.delete)} deleted"]
    app.out.note(f"{', '.join(words)}, {plan.same} the same{'; nothing was done: --dry-run' * dry_run}", dim=True)


def _steps(plan: Plan, first: list[str]) -> Iterator[tuple[str, Path | None]]:
    yield from ((path, None) for path in first)
    yield from ((target, source) for source, target in plan.send)
    yield from ((path, None) for path in plan.delete if path not in set(first))


def _tell(app: "App", screen: Screen, action: str, path: str, size: int | None) -> None:
    raw: dict[str, Any] = {"action": action, "path": path, "size": size}
    if app.said.json or app.said.field:
        app.out.event(raw)
    elif app.said.quiet:
        app.out.text(path)
    elif app.out.is_terminal:
        screen.print(f"{action:6}  {cleaning.name(path)}  {times.size(size)}".rstrip())
    else:
        app.out.line("\t".join((action, cleaning.cell(path), times.size(size))))


def _readable(folder: Path, top: str) -> list[tuple[Path, str]]:
    """Give the files below a folder, and where they go. Raises FileRefused for one that the workspace cannot hold."""
    found = paths.targets(folder, top)
    for source, _ in found:
        if source.stat().st_size > MOST_BYTES:
            raise FileRefused(f"{source} has more than {MOST_BYTES} bytes, which a file may have; nothing was sent")
    return found


def _is_same(source: Path, entry: "Entry") -> bool:
    if source.stat().st_size != entry.size:
        return False
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256


def _sent(there: "Files", source: Path, target: str) -> int:
    """Send a file as it was at one moment."""
    for _ in range(TRIES):
        before = paths.mark(source)
        try:
            return there.upload(source, target).size
        except FileRefused:
            if paths.mark(source) == before:
                raise
    raise FileRefused(f"{source} changes while it is read, each time; the same command goes on where this one ends")


def _deleted(there: "Files", path: str) -> None:
    try:
        there.delete(path)
    except NotFound:
        return  # somebody else was faster


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
