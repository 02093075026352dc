"""What `walkaway apply` would do: for each declared thing a step. And its doing, of which it remembers what it made."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from walkaway import kept
from walkaway.commands import differing, exits, state, yamls
from walkaway.commands.declared import Document, places
from walkaway.commands.kinds import KINDS, Kind
from walkaway.errors import NameTaken, NotFound, SettingInvalid, WalkawayError

if TYPE_CHECKING:
    from walkaway.commands.app import App

DONE = {"create": "made", "change": "changed", "delete": "deleted", "same": "the same"}


class NotApplied(click.ClickException):
    """A step was refused, or nobody knows what became of it. `done`: whether anything was done before it."""

    def __init__(self, step: "Step", error: WalkawayError | click.ClickException, *, done: bool) -> None:
        said = exits.sentence(error).rstrip(".")
        so_far = "What stands before it is done" if done else "Nothing else is done"
        super().__init__(f"{step.place}: {said}. {so_far}; once this is mended, apply it again")
        self.exit_code = exits.code(error)  # type: ignore[misc]  # click has it for the class alone


@dataclass
class Step:
    """A step. `raw`: the thing as the server has it; empty: it has to be made. `change`: what becomes different."""

    action: str
    kind: Kind
    name: str
    place: str
    raw: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    secret: str = ""

    @property
    def what(self) -> str:
        """Say what it is about."""
        return f"{self.kind.name} {self.name}"

    @property
    def record(self) -> dict[str, Any]:
        """Give it as an object, for programs."""
        about = {"action": self.action, "kind": self.kind.name, "name": self.name, "id": self.raw.get("id")}
        return about | {"change": self.change} | ({"secret": self.secret} if self.secret else {})

    def lines(self, app: "App") -> Iterator[str]:
        """Give the lines of its difference."""
        old, new = (yamls.write(each) if each else "" for each in (self.before, self.after))
        first = self.kind.label(self.raw) if self.before else f"no {self.what}"
        return differing.lines(app, old, new, first, self.place if self.after else f"no {self.what}")


def steps(app: "App", documents: Sequence[Document], *, prune: bool) -> list[Step]:
    """Compare what is declared with what there is; pruning, with what was made here as well.

    Raises UsageError that names every document that the server would refuse, as far as it can be asked.
    """
    made = Made(app)
    needed = [kind for kind in KINDS.values() if prune or any(each.kind is kind for each in documents)]
    every = {kind.name: kind.every(app) for kind in needed}
    found = [
        _step(app, document.kind, document.name, document.place, document.said, every[document.kind.name])
        for document in documents
    ]
    if wrong := list(_refused(app, found)):
        raise click.UsageError("\n".join([*wrong, "Nothing is done"]))
    declared = set(places(documents))
    for kind in needed if prune else ():
        for raw in every[kind.name]:
            if made.has(kind, raw["id"]) and (kind.name, raw["name"]) not in declared:
                before = kind.settings(app, raw)
                found.append(Step("delete", kind, raw["name"], kind.label(raw), raw, before))
    return found


def _refused(app: "App", found: Sequence[Step]) -> Iterator[str]:
    """Say what the server would refuse, and where that stands."""
    agents = set[str]()
    for step in found:
        if step.change and (said := step.kind.refused(app, step.after, step.change, agents)):
            yield f"{step.place}: {said}"
        if step.kind.name == "agent":
            agents.add(step.name)


def _step(  # noqa: PLR0917 - what a document says, and what there is
    app: "App", kind: Kind, name: str, place: str, said: dict[str, Any], every: list[dict[str, Any]]
) -> Step:
    raw = next((raw for raw in every if raw["name"] == name), None)
    if raw is None:
        return Step("create", kind, name, place, after=said, change=said)
    before = kind.settings(app, raw)
    after = kind.wanted(said, before)
    change = {field: after[field] for field in after if after[field] != before[field]}
    action = "change" if change else "same"
    return Step(action, kind, name, place, raw, before, after, change)


def take(app: "App", planned: Sequence[Step]) -> Iterator[Step]:
    """Do what is planned, and give each step that is done. Raises NotApplied."""
    made, done = Made(app), False
    for step in planned:
        try:
            taken = _taken(app, made, step)
        except (WalkawayError, click.ClickException) as error:
            raise NotApplied(step, error, done=done) from None
        done = done or taken.action != "same"
        yield taken


def _taken(app: "App", made: "Made", step: Step) -> Step:
    """Do a step; give it, or what it has come to where somebody else has done it meanwhile."""
    if step.action == "create":
        try:
            step.raw = step.kind.create(app, step.change)
        except NameTaken:
            now = _step(app, step.kind, step.name, step.place, step.change, step.kind.every(app))
            if now.action != "same":
                raise
            return now
        step.secret = str(step.raw.get("secret") or "")
        made.keep(step.kind, step.raw["id"])
    elif step.action == "change":
        step.kind.change(app, step.raw, step.change)
    elif step.action == "delete":
        with suppress(NotFound):
            step.kind.delete(app, step.raw)
        made.forget(step.kind, step.raw["id"])
    return step


class Made:
    """The ids of what was made here by earlier calls, by kind: one small file for each profile or server."""

    def __init__(self, app: "App") -> None:
        self._path, self._warn = state.file("applied", app.place), app.out.note
        self._ids = self._read()

    def has(self, kind: Kind, id_: str) -> bool:
        """Whether it was made here."""
        return id_ in self._ids.get(kind.name, ())

    def keep(self, kind: Kind, id_: str) -> None:
        """Remember that it was made here."""
        self._change(lambda ids: ids.setdefault(kind.name, []).append(id_))

    def forget(self, kind: Kind, id_: str) -> None:
        """Forget it: it is gone."""
        self._change(lambda ids: ids.update({kind.name: [each for each in ids.get(kind.name, ()) if each != id_]}))

    def _change(self, change: Callable[[dict[str, list[str]]], object]) -> None:
        """Change what is remembered, as it is by now: other commands may run."""
        try:
            with kept.alone(self._path):
                self._ids = self._read()
                change(self._ids)
                kept.write(self._path, json.dumps(self._ids))
        except OSError as error:
            self._warn(f"What was made is not remembered, so that --prune leaves it: {error}")

    def _read(self) -> dict[str, list[str]]:
        try:
            said = kept.json(self._path) or {}
            return {str(kind): [str(id_) for id_ in ids] for kind, ids in said.items()}
        except (SettingInvalid, TypeError):
            self._warn(f"{self._path} is ignored, as it cannot be read; nothing is pruned")
            return {}
