"""What is said of a turn at its end, and how turns are told before."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from walkaway import errors
from walkaway.commands import cleaning, exits, times
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


def out_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--out`, a folder that the files of a turn are saved in."""
    kind = click.Path(path_type=Path)
    added = click.option("--out", type=kind, metavar="DIR", callback=_folder, help="Save the files that it makes.")
    return added(command)


def _folder(_: click.Context, __: click.Parameter, out: Path | None) -> Path | None:
    if out and out.exists() and not out.is_dir():
        raise click.UsageError(f"--out {out} is a file; name a folder")
    return out


def saved(app: "App", turn: "Turn", out: Path | None) -> tuple[Sequence[Path] | None, int]:
    """Save the files of a turn that has ended, where that is wanted; give them, and an exit code."""
    if out is None or not turn.ended:
        return None, exits.DONE
    try:
        return turn.result(on_waiting="wait", raise_on_failure=False, tools=False).save(out), exits.DONE
    except errors.FilesRefused as error:
        for why in error.refused.values():
            app.out.note(f"Not saved: {why}", fg="red")
        return list(error.saved), exits.FAILED
    except errors.FilesChanged as error:
        app.out.note(f"Changed or deleted since, and not saved: {', '.join(error.changed)}", fg="red")
        return list(error.saved), exits.FAILED


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
    took = times.between(raw.get("started_at") or raw.get("created_at"), raw.get("ended_at"))
    facts = [
        f"{turn.status}{f' in {took}' if took else ''}",
        times.many(int(raw.get("steps") or 0), "step"),
        times.money(turn.cost_usd),
    ]
    if turn.error:
        code = f" ({raw['error_code']})" if raw.get("error_code") else ""
        facts.insert(1, f"{cleaning.line(str(turn.error))}{code}")
    facts.append(_files(turn) + (f" → {folder}/" if saved else ""))
    mark, colour = {"completed": ("✔", "green"), "failed": ("✘", "red")}.get(turn.status, ("■", "yellow"))
    app.out.note(f"{mark} {' · '.join(filter(None, facts))}", fg=colour)


def _files(turn: "Turn") -> str:
    written = [each for each in turn.files or () if each.get("op") != "deleted"]
    shown = [
        f"{cleaning.name(str(each['path']))} {times.size(each.get('size'))}".rstrip() for each in written[:MOST_FILES]
    ]
    return ", ".join(shown + ([f"{len(written) - MOST_FILES} more"] if len(written) > MOST_FILES else []))
