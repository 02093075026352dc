"""`walkaway wait` and `walkaway cancel`: the end of turns."""

import queue
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walkaway.commands import completing, endings, exits, names, options, watching
from walkaway.commands.app import App, pass_app
from walkaway.commands.telling import Nothing
from walkaway.commands.times import Duration
from walkaway.errors import WalkawayError

if TYPE_CHECKING:
    from walkaway import Turn


@options.command(examples=("walkaway wait @", "walkaway wait @ --timeout 10m --field output_text"))
@click.argument("turns", nargs=-1, metavar="TURN…", shell_complete=completing.sessions)
@click.option("--timeout", type=Duration(), metavar="TIME", help="Wait so long at the most (exit code 124).")
@click.option("--any", "first", is_flag=True, help="Wait for the first one alone.")
@endings.out_option
@pass_app
def wait(app: App, /, *, turns: tuple[str, ...], timeout: float | None, first: bool, out: Path | None) -> None:
    """Wait until turns have ended; the exit code says how.

    Of several the greatest one counts. A session stands for the turn that runs in it, or its last one. What one turn
    alone waits for is a card on a terminal, as `run` shows it; of several, and where nobody can be asked, it is code 3.
    """
    found = [names.turn(app, name) for name in turns or ("@",)]
    if len(found) == 1 and app.asks and (timeout is None or hasattr(signal, "SIGALRM")):
        code = watching.watch(app, found[0], Nothing(), after=-1, timeout=timeout, out=out)
        app.end(_tell(app, found[0], None, out, among=1) if found[0].ended else code)
    ended: queue.SimpleQueue[tuple[Turn, WalkawayError | None]] = queue.SimpleQueue()
    for turn in found:
        threading.Thread(target=_wait, args=(turn, timeout, ended), daemon=True).start()
    codes = list[int]()
    try:
        for _ in found[:1] if first else found:
            turn, error = ended.get()
            codes.append(_tell(app, turn, error, out, among=len(found)))
    except KeyboardInterrupt:
        come_back = f"walkaway wait {' '.join(each.ref for each in found)}{watching.saved_to(out)}"
        app.out.problem(exits.LEFT, f"Still running. {come_back}")
        codes = [exits.DETACHED]
    app.end(max(codes))


def _wait(turn: "Turn", timeout: float | None, ended: "queue.SimpleQueue[tuple[Turn, WalkawayError | None]]") -> None:
    try:
        turn.result(timeout, raise_on_failure=False, tools=False)
    except WalkawayError as error:
        ended.put((turn, error))
    else:
        ended.put((turn, None))


def _tell(app: App, turn: "Turn", error: WalkawayError | None, out: Path | None, *, among: int) -> int:
    if error is not None:
        if among == 1:
            raise error
        app.out.problem(exits.word(error), f"{turn.ref}: {exits.sentence(error)}", fg="red")
        return exits.code(error)
    saved, wrong = endings.saved(app, turn, out)
    if app.said.quiet:
        app.out.text(turn.ref)
    elif among > 1 and app.said.json:
        app.out.event(turn.raw)
    else:
        if among > 1 and app.out.is_plain:
            app.out.note(turn.ref)
        endings.tell(app, turn, saved, out)
    return watching.ENDS.get(turn.status, exits.FAILED) or wrong


@options.command(examples=("walkaway cancel @", "walkaway cancel @2"))
@click.argument("name", metavar="TURN|SESSION", shell_complete=completing.sessions)
@pass_app
def cancel(app: App, /, *, name: str) -> None:
    """End a turn now. What it has said and made stays."""
    turn = names.turn(app, name)
    before = turn.refresh().ended
    turn.cancel()
    ended = not before and turn.status == "cancelled"
    words = f"{turn.ref} is cancelled" if ended else f"{turn.ref} had ended before: {turn.status}"
    app.out.record(turn.raw, lambda: app.out.note(words), turn.ref)
