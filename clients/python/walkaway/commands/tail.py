"""`walkaway tail`: follow what happens, from anywhere in the log."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walkaway.commands import completing, endings, exits, names, options, watching
from walkaway.commands.app import App, pass_app
from walkaway.commands.times import Duration
from walkaway.events import ToolCallRequested

if TYPE_CHECKING:
    from walkaway import Turn
    from walkaway.commands.telling import Telling


@options.command(examples=("walkaway tail @ --out porto", "walkaway tail @ --events --from 10"))
@click.argument("name", default="@", metavar="[SESSION|TURN]", shell_complete=completing.sessions)
@click.option(
    "--from", "start", default="start", metavar="N|start|now", help="Begin behind event N, or with what comes."
)
@click.option("--events", is_flag=True, help="Print the events themselves.")
@click.option("--thinking", is_flag=True, help="Show all that the model thinks.")
@click.option("--until-done", is_flag=True, help="End with the turn, not with the session.")
@click.option(
    "-f/-F",
    "--follow/--no-follow",
    default=None,
    help="Wait for what comes; by default on a terminal, and with --until-done, --timeout or --out.",
)
@click.option("--timeout", type=Duration(), metavar="TIME", help="Look on so long (exit code 124).")
@endings.out_option
@pass_app
def tail(
    app: App,
    /,
    *,
    name: str,
    start: str,
    events: bool,
    thinking: bool,
    until_done: bool,
    follow: bool | None,
    timeout: float | None,
    out: Path | None,
) -> None:
    """Follow what happens in a turn, or in a session with all turns that come.

    Ctrl-C ends the looking on and nothing else. With --out it ends with the turn, once its files are saved. What does
    not wait for what comes says how the turn stands; one that waits for you is exit code 3 where nobody can be asked.
    With --json each event is an object on a line.
    """
    if start not in {"start", "now"} and not (start.isascii() and start.isdecimal() and len(start) < 19):
        raise click.UsageError("--from takes the number of an event, start, or now")
    if follow is False and (until_done or timeout is not None):
        raise click.UsageError("--until-done and --timeout wait for what comes; leave out --no-follow")
    ends_later = until_done or timeout is not None or out is not None
    goes_on = (app.out.is_terminal or ends_later) if follow is None else follow
    telling = endings.telling(app, thinking=thinking, events=events or not app.out.is_plain)
    turn = names.turn(app, name)
    if "/" in name and not turn.raw:  # who names it whole may name what is not there
        turn.refresh()
    app.state.use(turn.session_id, turn.id)
    after: str | int = -1 if start == "start" else start if start != "now" else _now(turn)
    if not goes_on:
        for event in turn.events(after=after, follow=False, tools=False):
            telling.take(event)
        telling.close()
        code = watching.stands(app, turn)
        app.end(endings.saved(app, turn, out)[1] or code)
    ends = None if timeout is None else time.monotonic() + timeout
    code = watching.watch(app, turn, telling, after=after, timeout=timeout, out=out)
    saved, wrong = endings.saved(app, turn, out)
    if turn.ended and not (events or app.said.json or app.said.field):
        endings.tell(app, turn, saved, out)
    if until_done or out or "/" in name or not turn.ended:
        app.end(code or wrong)
    left = None if ends is None else ends - time.monotonic()
    app.end(_go_on(app, turn, left, thinking=thinking, events=events))


def _now(turn: "Turn") -> str | int:
    for _ in turn.events(after=-1, follow=False, tools=False):
        pass
    return turn.cursor or -1


def _go_on(app: App, turn: "Turn", seconds: float | None, *, thinking: bool, events: bool) -> int:
    """Follow the turns that come behind this one, until the session is gone, or for so long."""
    session = app.client.session(turn.session_id)

    def begun() -> "Telling":
        return endings.telling(app, thinking=thinking, events=events or not app.out.is_plain)

    telling: Telling | None = None
    if app.out.is_plain:
        app.out.note("What comes next is shown here; Ctrl-C leaves", dim=True)
    try:
        with watching.within(seconds):
            for event in session.events(after=f"{turn.id}:{turn.cursor}"):
                telling = telling or begun()
                telling.take(event)
                if event.turn_id and event.turn_id != turn.id:
                    turn = session.turn(event.turn_id)
                if isinstance(event, ToolCallRequested) and (code := watching.ask(app, turn, event, telling)):
                    return code
                if event.at_end:
                    telling.close()
                    telling = None
                    if app.out.is_plain and not events:
                        endings.tell(app, turn.refresh())
    except (KeyboardInterrupt, watching.TimeOver) as why:
        if telling:
            telling.close()
        return _left(app, turn, runs=telling is not None, over=isinstance(why, watching.TimeOver))
    return exits.DONE


def _left(app: App, turn: "Turn", *, runs: bool, over: bool) -> int:
    if over:
        app.out.problem(watching.TIMED_OUT, "The time is over")
        return exits.OVER
    if app.out.is_plain:
        app.out.note("")
    elif runs:
        app.out.problem(exits.LEFT, f"Still running. walkaway tail {turn.ref}")
    return exits.DETACHED if runs else exits.DONE
