"""`walkaway run` and `walkaway send`: give a task, watch it, and say what it made."""

import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from walkaway import errors
from walkaway.commands import completing, endings, exits, known, options, watching
from walkaway.commands.app import App, pass_app
from walkaway.commands.times import Amount, Duration

if TYPE_CHECKING:
    from walkaway import Session, Turn


def _how(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of what is sent and looked on at."""
    for option in reversed(
        (
            click.option(
                "--attach", multiple=True, metavar="FILE", help="A file of this machine for the model to see."
            ),
            click.option(
                "--file", "files", multiple=True, metavar="LOCAL[:PATH]", help="Put a file into the workspace."
            ),
            click.option("--detach", is_flag=True, help="Do not look on; print the turn's reference."),
            endings.out_option,
            click.option(
                "--timeout", type=Duration(), metavar="TIME", help="Look on so long (exit code 124); it goes on."
            ),
            click.option("--cancel-on-interrupt", "cancels", is_flag=True, help="Ctrl-C ends the turn as well."),
            click.option("--thinking", is_flag=True, help="Show all that the model thinks."),
            click.option("--edit", is_flag=True, help="Write the message in $EDITOR."),
        )
    ):
        command = option(command)
    return command


@options.command(
    examples=(
        'walkaway run "Write a short report on the tides of Porto to tides.md" --out porto',
        'git diff | walkaway run "Review this"',
    )
)
@click.argument("message", default="")
@click.option("--agent", metavar="NAME", shell_complete=completing.agents, help="The agent that does it.")
@click.option("--model", metavar="MODEL", help="The model that answers.")
@click.option("--approve", multiple=True, metavar="TOOL", help="Ask before calls of this tool.")
@click.option("--budget", type=Amount(), metavar="USD", help="What it may cost at most.")
@_how
@pass_app
def run(
    app: App,
    /,
    *,
    message: str,
    agent: str | None,
    model: str | None,
    approve: tuple[str, ...],
    budget: float | None,
    **how: Any,
) -> None:
    """Give a task to a new session, watch it, and say what it made.

    MESSAGE is the task: `-` is standard input, `@FILE` a file, and what is piped in beside it is attached. Ctrl-C ends
    the looking on and nothing else.
    """
    text = _text(message, how)
    settings: dict[str, Any] = {"approve": list(approve), "model": model, "max_cost_usd": budget}
    with known.named(app, agent, model):
        session = app.client.sessions.create(agent=agent or "", **{name: it for name, it in settings.items() if it})
    try:
        _go(app, session, text, message, how)
    except (errors.Refused, errors.FileMissing, errors.FileRefused):
        if app.state.sessions[:1] != [session.id]:  # nothing was sent to it, and nobody knows of it
            with suppress(errors.WalkawayError):
                session.delete()
        raise


@options.command(
    examples=('walkaway send @ "And now as a table"', 'walkaway send @ "One more thing" --on-busy enqueue --detach')
)
@click.argument("words", nargs=-1, metavar="[SESSION] MESSAGE", shell_complete=completing.sessions)
@click.option(
    "--on-busy",
    type=click.Choice(["reject", "enqueue", "steer", "interrupt"]),
    default="reject",
    help="What becomes of it while a turn runs.",
)
@_how
@pass_app
def send(app: App, /, *, words: tuple[str, ...], on_busy: str, **how: Any) -> None:
    """Send a message to a session, watch it, and say what it made.

    Without SESSION it goes to the session that was used last here, `@`.
    """
    from walkaway.commands import names

    if len(words) > 2:
        raise click.UsageError("Write the message in quotes: walkaway send [SESSION] MESSAGE")
    if len(words) == 1 and not how["edit"] and _names_a_session(words[0]):
        raise click.UsageError(f"There is no message: walkaway send {shlex.quote(words[0])} MESSAGE")
    message = words[-1] if words and not (how["edit"] and len(words) == 1 and names.is_last(words[0])) else ""
    name = words[0] if len(words) == 2 or (words and not message) else "@"
    text = _text(message, how)
    session = names.session(app, name)
    _go(app, session, text, message, how, on_busy=on_busy)


def _names_a_session(word: str) -> bool:
    """Whether a word that stands alone is a session and no message: an id, or @ where no file is meant."""
    from walkaway.commands import names

    is_place = word.startswith("@") and names.is_last(word) and not Path(word[1:] or "/").is_file()
    return is_place or names.SESSION.fullmatch(word) is not None


def _text(message: str, how: Mapping[str, Any]) -> str:
    """Read the message, and look at what can be wrong before anything is asked for."""
    from walkaway import paths
    from walkaway.commands import texts

    for each in how["files"]:
        paths.file(each.partition(":")[0])
    for each in how["attach"]:
        paths.file(each)
    return texts.given(message, edit=how["edit"])


def _go(app: App, session: "Session", text: str, message: str, how: Mapping[str, Any], **more: Any) -> None:
    """Send, and look on unless that is not wanted; end with the exit code."""
    from walkaway.commands import texts

    for each in how["files"]:
        local, _, path = each.partition(":")
        session.files.upload(local, path)
    attached: list[Path | tuple[str, bytes]] = [*map(Path, how["attach"]), *texts.beside(app, message)]
    patient = app.client.with_options(retries=5).session(session.id)
    try:
        turn = patient.send(text, attachments=attached, **more)
    except KeyboardInterrupt:
        app.state.use(session.id)
        looking = f"walkaway turns list {session.id} says whether it arrived"
        app.out.problem(exits.LEFT, f"Interrupted while it was sent. {looking}")
        app.end(exits.DETACHED)
    app.state.use(session.id, turn.id)
    if how["detach"]:
        _leave(app, turn, how["out"])
        return
    _look_on(app, turn, how)


def _leave(app: App, turn: "Turn", out: Path | None) -> None:
    raw = {"session_id": turn.session_id, "response_id": turn.id, "status": turn.status, "outcome": turn.outcome}
    app.out.record(raw, lambda: app.out.text(turn.ref), turn.ref)
    if app.out.is_plain:
        does = "It waits for the turn that runs" if turn.outcome == "queued" else "It runs"
        app.out.note(f"{does}. walkaway tail {turn.ref}{watching.saved_to(out)}", dim=True)


def _look_on(app: App, turn: "Turn", how: Mapping[str, Any]) -> None:
    if app.said.quiet:
        app.out.text(turn.ref)
    elif app.out.is_plain:
        app.out.note(f"● {turn.session_id}  ·  walkaway tail @", dim=True)
    telling = endings.telling(app, thinking=how["thinking"])
    given = {"timeout": how["timeout"], "cancels": how["cancels"], "out": how["out"]}
    code = watching.watch(app, turn, telling, **given)
    saved, wrong = endings.saved(app, turn, how["out"])
    endings.tell(app, turn, saved, how["out"])
    app.end(code or wrong)
