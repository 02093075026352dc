"""The card that a waiting call is shown as, and the answer that is taken for it."""

import select
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from walkaway import errors
from walkaway.commands import cleaning, times, typed

if TYPE_CHECKING:
    from walkaway import Call, Turn
    from walkaway.commands.app import App

MOST = 1000
"""Letters of arguments that are shown."""


APPROVAL: Final = {"y": "y", "yes": "y", "n": "n", "no": "n", "e": "e", "s": "s", "skip": "s"}
OUTPUT: Final = {"a": "a", "answer": "a", "s": "s", "skip": "s"}
"""What can be said at a card, in any case, and the letter that it stands for."""

LOOK = 0.2
"""Seconds between looks at whether somebody else has answered, while the keyboard is waited for."""


class Left(Exception):
    """Whoever was asked has left."""


class Gone(Exception):
    """Nobody is waited for any more."""


class Watched:
    """A call that is watched from beside: whether it still waits. `after`: the event behind which that is read."""

    def __init__(self, app: "App", turn: "Turn", call: "Call", after: str | int) -> None:
        self.call = call
        self._turn, self._after = app.client.session(turn.session_id).turn(turn.id), after
        self._gone, self._over = threading.Event(), threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def gone(self, seconds: float = 0.0) -> bool:
        """Whether it waits no more, or does not after so long."""
        return self._gone.wait(seconds)

    def close(self) -> None:
        """Watch no more."""
        self._over.set()

    def _read(self) -> None:
        with suppress(errors.WalkawayError):  # whoever looks on tells of it
            for _ in self._turn.events(after=self._after, tools=False):
                if self._over.is_set():
                    return
                if all(each.call_id != self.call.call_id for each in self._turn.refresh().pending):
                    break
            self._gone.set()


def show(app: "App", turn: "Turn", watched: Watched) -> None:
    """Show a call, ask, and answer it; `skip` leaves it to somebody else. Raises Left on Ctrl-C."""
    out, call = app.out, watched.call
    tell(app, call)
    typed.throw_away()  # it was meant for something else
    try:
        said = _approval(turn, watched) if call.needs == "approval" else _output(turn, watched)
    except (click.Abort, KeyboardInterrupt):
        out.note("")
        raise Left from None
    except Gone:
        out.note("")
        said = "it was answered elsewhere"
    except (errors.AlreadyAnswered, errors.NotWaiting):
        said = "somebody else was first"
    out.note(f"└ {said}", fg="yellow")


def tell(app: "App", call: "Call") -> None:
    """Show a call."""
    wants = "asks for a yes" if call.needs == "approval" else "asks you for its output"
    left = f" · {times.spell(call.expires_at - time.time())} left" if call.expires_at > time.time() else ""
    app.out.note(f"┌ {cleaning.line(call.name)} {wants}{left}", fg="yellow", bold=True)
    from walkaway.commands.screen import width, wrap

    room = max(width() - 3, 10)
    for row in (part for each in _arguments(call) for part in wrap(each, room)):
        app.out.note(f"│ {row}".rstrip())


def _arguments(call: "Call") -> list[str]:
    import json

    rows: list[str] = []
    for name, value in call.arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        shown = cleaning.text(text[:MOST]) + (f" … {len(text) - MOST} more" if len(text) > MOST else "")
        first, *more = shown.split("\n")
        rows += [f"{cleaning.line(name)}: {first}", *(f"  {each}" for each in more)]
    return rows


def _approval(turn: "Turn", watched: Watched) -> str:
    call = watched.call
    choice = _asked("│ [y]es [n]o [e] no with a reason [s]kip, and Enter:", APPROVAL, watched.gone)
    if choice == "y":
        turn.approve(call)
        return "yes"
    if choice == "s":
        return "skipped: it still waits"
    reason = _line("│ reason", watched.gone) if choice == "e" else ""
    turn.deny(call, reason)
    return f"no{f': {reason}' if reason else ''}"


def _output(turn: "Turn", watched: Watched) -> str:
    choice = _asked("│ [a]nswer [s]kip, and Enter:", OUTPUT, watched.gone)
    if choice == "s":
        return "skipped: it still waits"
    turn.answer(watched.call, _line("│ output", watched.gone))
    return "answered"


def _asked(question: str, choices: Mapping[str, str], gone: Callable[[], bool]) -> str:
    """Ask until one of the words is said, and nothing beside it; give the letter that it stands for."""
    while (said := _line(question, gone).strip().lower()) not in choices:
        pass
    return choices[said]


def _line(question: str, gone: Callable[[], bool]) -> str:
    """Ask for a line. Raises Gone as soon as nobody waits for it, and Abort where standard input ends."""
    if sys.platform == "win32":  # whose terminals cannot be selected
        found: str = click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True)
        return found
    click.echo(f"{question} ", nl=False, err=True)
    while not select.select([sys.stdin], [], [], LOOK)[0]:
        if gone():
            raise Gone
    if not (line := sys.stdin.readline()):
        raise click.Abort
    return line.rstrip("\n")
