"""What can be typed in a chat: messages, answers to a call that waits, and words that begin with a slash."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from walkaway import errors
from walkaway.commands import cleaning, names, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from walkaway import Call
    from walkaway.commands.chat import Talk


def take(talk: "Talk", said: str) -> bool:
    """Do what was typed; give whether the chat goes on. Raises what goes wrong."""
    if said.startswith("//"):
        talk.say(said[1:])
    elif said.startswith("/"):
        word, _, rest = said[1:].partition(" ")
        if word == "quit":
            return False
        if word not in WORDS:
            raise click.UsageError(
                f"There is no /{word}: {', '.join(f'/{each}' for each in WORDS)}. // begins with a /"
            )
        WORDS[word][0](talk, rest.strip())
    elif talk.asks:
        _answer(talk, talk.asks, said)
    else:
        talk.say(said)
    return True


def _answer(talk: "Talk", call: "Call", said: str) -> None:
    """Answer the call that was asked for."""
    turn = talk.session.turn(call.turn) if call.turn else talk.session.refresh().current
    if turn is None:
        talk.calls.clear()
        return
    choice, _, reason = said.partition(" ")
    try:
        if call.needs != "approval":
            turn.answer(call, said)
        elif said.lower() in {"y", "yes"}:
            turn.approve(call)
        elif choice.lower() in {"n", "no"}:
            turn.deny(call, reason)
        elif said.lower() not in {"s", "skip"}:
            raise click.UsageError("y, n, n and a reason, or s, which leaves it to somebody else")
    except (errors.AlreadyAnswered, errors.NotWaiting):
        talk.app.out.note("Somebody else was first")
    if call in talk.calls:  # what ends the turn forgets them all
        talk.calls.remove(call)


def _words(rest: str) -> list[str]:
    """Split a line as a shell does. Raises UsageError for a quote that is not closed."""
    try:
        return shlex.split(rest)
    except ValueError as error:
        raise click.UsageError(f"{error}: close the quote, or write \\ before it") from None


def _attach(talk: "Talk", rest: str) -> None:
    for each in _words(rest):
        try:
            path = Path(each).expanduser()
            path.stat()
        except (RuntimeError, ValueError) as error:  # of ~nobody, and of what no file can be called
            raise click.UsageError(f"{each} is no file here: {error}") from None
        talk.attached.append(path)
    shown = ", ".join(map(str, talk.attached)) or "nothing: /attach FILE"
    talk.app.out.note(f"With the next message goes {shown}")


def _files(talk: "Talk", rest: str) -> None:
    found = talk.session.files.list(rest)
    for each in found:
        size = times.size(each.size) if each.is_file else ""
        talk.app.out.text(f"  {cleaning.name(each.path)}{'' if each.is_file else '/'}  {size}".rstrip())
    if not found:
        talk.app.out.note("There is nothing")


def _get(talk: "Talk", rest: str) -> None:
    path, *to = _words(rest) or [""]
    if not path or len(to) > 1:
        raise click.UsageError("/get PATH [LOCAL]")
    talk.app.out.note(f"Saved {talk.session.files.download(path, to[0] if to else '.')}")


def _on_busy(way: str) -> "Callable[[Talk, str], None]":
    def do(talk: "Talk", rest: str) -> None:
        if rest:
            talk.say(rest, way)
        elif way == "interrupt":
            raise click.UsageError("/interrupt MESSAGE; /cancel ends the turn and says nothing")
        else:
            talk.on_busy = way
            talk.app.out.note(f"While a turn runs, messages {'are told to it' if way == 'steer' else 'wait'} now")

    return do


def _cancel(talk: "Talk", _: str) -> None:
    running = talk.session.refresh().current
    if running is None:
        raise click.UsageError("Nothing runs")
    running.cancel()


def _cost(talk: "Talk", _: str) -> None:
    session = talk.session.refresh()
    newest = session.turns(limit=1).first(1)
    used = times.used(newest[0].usage) if newest else 0
    talk.app.out.note(f"{times.money(session.cost_usd) or 'nobody knows'}; the last turn {times.tokens(used)}")


def _model(talk: "Talk", rest: str) -> None:
    if rest:
        raise click.UsageError(f"A session keeps its model. Another one: walkaway chat --model {shlex.quote(rest)}")
    talk.app.out.note(str(talk.session.refresh().raw.get("model") or "the server's default"))


def _title(talk: "Talk", rest: str) -> None:
    session = talk.session.update(title=rest) if rest else talk.session.refresh()
    talk.app.out.note(session.title or names.short(session.id))


def _events(talk: "Talk", _: str) -> None:
    talk.shows_events = not talk.shows_events
    talk.app.out.note(f"From the next turn on events are shown {'as they are' if talk.shows_events else 'as words'}")


def _help(talk: "Talk", _: str) -> None:
    for word, (_do, about) in WORDS.items():
        talk.app.out.note(f"  /{word:<10} {about}")
    talk.app.out.note("  /quit       leave; what runs goes on, and `walkaway chat @` comes back")


WORDS: "Final[dict[str, tuple[Callable[[Talk, str], None], str]]]" = {
    "attach": (_attach, "FILE…: send files of this machine with the next message"),
    "files": (_files, "[PATH]: what is in the workspace"),
    "get": (_get, "PATH [LOCAL]: fetch a file of it"),
    "steer": (_on_busy("steer"), "[MESSAGE]: tell it to the turn that runs; without one, always"),
    "queue": (_on_busy("enqueue"), "[MESSAGE]: have it wait for the end of that turn; without one, always"),
    "interrupt": (_on_busy("interrupt"), "MESSAGE: end that turn, and begin with this"),
    "cancel": (_cancel, "end that turn"),
    "cost": (_cost, "what the session has cost"),
    "model": (_model, "which model answers"),
    "title": (_title, "[TITLE]: what the session is called"),
    "events": (_events, "show events as they are, or words again"),
    "help": (_help, "this"),
}
