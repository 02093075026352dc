"""What is said of a turn at its end, and how turns are told before."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from walkaway.commands import cleaning, times
from walkaway.commands.telling import Events, Nothing, Telling, Texts

if TYPE_CHECKING:
    from walkaway import Turn
    from walkaway.commands.app import App

MOST_FILES = 5


def telling(app: "App", *, thinking: bool = False, events: bool = False) -> Telling:
    """Choose how a turn is told: `events`, each as it is; else for a person, for a pipe, or not at all."""
    if events:
        return Events(app.out)
    if not app.out.is_plain:
        return Nothing()
    if not app.out.is_terminal:
        return Texts(app.out)
    from walkaway.commands.view import View

    return View(app.out, thinking=thinking)


def tell(app: "App", turn: "Turn", saved: Sequence[Path] | None = None, folder: Path | None = None) -> None:
    """Say how a turn ended: as its record, or for a person. Nothing is said of one that goes on."""
    if app.said.json or app.said.field:
        if not turn.ended:
            turn.refresh()
        app.out.record(turn.raw, lambda: None)
        return
    if not turn.ended or app.said.quiet:
        return
    raw = turn.raw
    begun, ended = raw.get("started_at") or raw.get("created_at"), raw.get("ended_at")
    took = f" in {times.spell(ended - begun)}" if begun and ended else ""
    facts = [f"{turn.status}{took}", times.many(int(raw.get("steps") or 0), "step"), times.money(turn.cost_usd)]
    if turn.error:
        code = f" ({raw['error_code']})" if raw.get("error_code") else ""
        facts.insert(1, f"{cleaning.line(turn.error)}{code}")
    facts.append(_files(turn) + (f" → {folder}/" if saved else ""))
    mark, colour = {"completed": ("✔", "green"), "failed": ("✘", "red")}.get(turn.status, ("■", "yellow"))
    app.out.note(f"{mark} {' · '.join(filter(None, facts))}", fg=colour)


def _files(turn: "Turn") -> str:
    written = [each for each in turn.files or () if each.get("op") != "deleted"]
    shown = [f"{cleaning.line(str(each['path']))} {times.size(each.get('size'))}" for each in written[:MOST_FILES]]
    return ", ".join(shown + ([f"{len(written) - MOST_FILES} more"] if len(written) > MOST_FILES else []))
