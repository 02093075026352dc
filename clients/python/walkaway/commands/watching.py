"""Follows a turn for whoever looks on: tells it, asks what it waits for, and says how it ended."""

import logging
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from walkaway import errors
from walkaway.commands import cards, exits
from walkaway.events import Event, ToolCallRequested

if TYPE_CHECKING:
    from walkaway import Turn
    from walkaway.commands.app import App
    from walkaway.commands.telling import Telling

ENDS = {"completed": exits.DONE, "failed": exits.FAILED, "cancelled": exits.CANCELLED}
TIMED_OUT = "timed_out"
"""As `exits.word` has it for the client's error."""
GRACE = 2.0
"""Seconds in which a worker may answer a call before somebody is asked for its output."""


class TimeOver(Exception):
    """The time of `--timeout` is over."""


def watch(
    app: "App",
    turn: "Turn",
    telling: "Telling",
    *,
    after: str | int | None = None,
    timeout: float | None = None,
    cancels: bool = False,
    out: Path | None = None,
) -> int:
    """Follow a turn to its end, and give the exit code. Whatever ends the looking on, the turn goes on by itself.

    `after`: behind which event it begins. `cancels`: an interrupt ends the turn as well. `out`: where its files are
    to go at its end, which the command to come back with then says as well.
    """
    with going_on(app, turn, telling, cancels=cancels, out=out) as left, within(timeout):
        for event in turn.events(after=after, tools=False):
            telling.take(event)
            if isinstance(event, ToolCallRequested) and (code := ask(app, turn, event, telling)):
                return code
        telling.close()
        if not turn.ended:
            turn.refresh()
    return left[0] if left else ENDS.get(turn.status, exits.FAILED)


@contextmanager
def going_on(
    app: "App", turn: "Turn", telling: "Telling", *, cancels: bool = False, out: Path | None = None
) -> Iterator[list[int]]:
    """Say how to come back when the looking on ends before the turn; give what then is the exit code."""
    left: list[int] = []
    saving = saved_to(out)
    try:
        with said_once(telling, app.out.note):
            yield left
    except TimeOver:
        telling.close()
        app.out.problem(TIMED_OUT, f"The time is over; it goes on. walkaway wait {turn.ref}{saving}")
        left.append(exits.OVER)
    except (KeyboardInterrupt, cards.Left):
        telling.close()
        if cancels:
            turn.cancel()
            app.out.problem(exits.LEFT, f"Cancelled. walkaway turns show {turn.ref}")
            left.append(exits.CANCELLED)
            return
        app.out.problem(exits.LEFT, f"Still running. walkaway tail {turn.ref}{saving}")
        left.append(exits.DETACHED)
    except errors.ConnectionLost as error:
        telling.close()
        come_back = f"walkaway tail {turn.ref} --from {error.cursor or 'start'}{saving}"
        app.out.problem(exits.word(error), f"{error}. {come_back}")
        left.append(exits.NOT_REACHED)
    finally:
        with suppress(BrokenPipeError):
            telling.close()


def saved_to(out: Path | None) -> str:
    """Say the option that saves the files of a turn."""
    return f" --out {shlex.quote(str(out))}" if out else ""


def ask(app: "App", turn: "Turn", event: Event, telling: "Telling") -> int:
    """Ask for what a call waits for, if it still does. Give an exit code where nobody can be asked, else 0."""
    turn.refresh()
    call = next((each for each in turn.pending if each.call_id == event.data.get("call_id")), None)
    if call is None:
        return 0
    watched = cards.Watched(app, turn, call, event.number)
    try:
        if call.needs != "approval" and watched.gone(GRACE):
            return 0
        if not app.asks:
            telling.close()
            waiting = errors.TurnWaiting(turn, turn.pending)
            app.out.problem(exits.word(waiting), exits.sentence(waiting))
            return exits.WAITING
        telling.pause()
        cards.show(app, turn, watched)
        telling.go_on()
    finally:
        watched.close()
    return 0


def stands(app: "App", turn: "Turn") -> int:
    """Say how a turn stands that nobody follows, unless it has ended. Give an exit code where it waits for somebody."""
    if turn.refresh().ended:
        return exits.DONE
    call = next(iter(turn.pending), None)
    if call is None:
        if app.out.is_plain:
            app.out.note(f"Still running. walkaway tail -f {turn.ref}", dim=True)
        return exits.DONE
    watched = cards.Watched(app, turn, call, turn.cursor or -1)
    try:
        if call.needs != "approval" and watched.gone(GRACE):
            return stands(app, turn)
    finally:
        watched.close()
    waiting = errors.TurnWaiting(turn, turn.pending)
    if app.asks:
        app.out.note(exits.sentence(waiting), fg="yellow")
        return exits.DONE
    app.out.problem(exits.word(waiting), exits.sentence(waiting))
    return exits.WAITING


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Let a block take so long at the most; then TimeOver is raised in it."""
    if seconds is None:
        yield
        return
    if not hasattr(signal, "SIGALRM"):
        raise click.UsageError("--timeout needs signals, which this system lacks; `walkaway wait --timeout` does not")

    def over(_: int, __: FrameType | None) -> NoReturn:
        raise TimeOver

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def said_once(telling: "Telling", say: Callable[..., None]) -> Iterator[None]:
    """Say that a connection was lost: once for each time, however often it is tried again."""

    class Heard(logging.Handler):
        place: Any = None

        def emit(self, record: logging.LogRecord) -> None:
            place = getattr(record, "cursor", None)
            if place is None or place == self.place or threading.current_thread() is not threading.main_thread():
                return
            self.place = place
            telling.pause()
            say(f"… connection lost, reading on from {f'event {place}' if place else 'the beginning'}", dim=True)
            telling.go_on()

    logger, heard = logging.getLogger("walkaway"), Heard(logging.DEBUG)
    before, passes = logger.level, logger.propagate
    logger.addHandler(heard)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(heard)
        logger.setLevel(before)
        logger.propagate = passes
