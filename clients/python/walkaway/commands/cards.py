"""The card that a waiting call is shown as, and the answer that is taken for it."""

import time
from typing import TYPE_CHECKING

import click

from walkaway import errors
from walkaway.commands import cleaning, times

if TYPE_CHECKING:
    from walkaway import Call, Turn
    from walkaway.commands.app import App

MOST = 1000
"""Letters of arguments that are shown."""


class Left(Exception):
    """Whoever was asked has left."""


def show(app: "App", turn: "Turn", call: "Call") -> None:
    """Show a call, ask, and answer it; `skip` leaves it to somebody else. Raises Left on Ctrl-C."""
    out = app.out
    tell(app, call)
    try:
        said = _approval(turn, call) if call.needs == "approval" else _output(turn, call)
    except (click.Abort, KeyboardInterrupt):
        out.note("")
        raise Left from None
    except (errors.AlreadyAnswered, errors.NotWaiting):
        said = "somebody else was first"
    out.note(f"└ {said}", fg="yellow")


def tell(app: "App", call: "Call") -> None:
    """Show a call."""
    wants = "asks for a yes" if call.needs == "approval" else "asks you for its output"
    left = f" · {times.spell(call.expires_at - time.time())} left" if call.expires_at > time.time() else ""
    app.out.note(f"┌ {cleaning.line(call.name)} {wants}{left}", fg="yellow", bold=True)
    for row in _arguments(call):
        app.out.note(f"│ {row}")


def _arguments(call: "Call") -> list[str]:
    import json

    rows: list[str] = []
    for name, value in call.arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        shown = cleaning.text(text[:MOST]) + (f" … {len(text) - MOST} more" if len(text) > MOST else "")
        first, *more = shown.split("\n")
        rows += [f"{cleaning.line(name)}: {first}", *(f"  {each}" for each in more)]
    return rows


def _approval(turn: "Turn", call: "Call") -> str:
    choice = _asked("│ [y]es [n]o [e]dit reason [s]kip", "ynes")
    if choice == "y":
        turn.approve(call)
        return "yes"
    if choice == "s":
        return "skipped: it still waits"
    reason = _line("│ reason") if choice == "e" else ""
    turn.deny(call, reason)
    return f"no{f': {reason}' if reason else ''}"


def _output(turn: "Turn", call: "Call") -> str:
    choice = _asked("│ [a]nswer [s]kip", "as")
    if choice == "s":
        return "skipped: it still waits"
    turn.answer(call, _line("│ output"))
    return "answered"


def _asked(question: str, choices: str) -> str:
    while True:
        said = _line(question).strip().lower()[:1]
        if said and said in choices:
            return said


def _line(question: str) -> str:
    found: str = click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True)
    return found
