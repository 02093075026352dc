"""How a command ends: the exit code of each error, and its sentence in the words of the command line."""

import errno
import re
import shlex
from typing import Any, Final

import click

from walkaway import advice, errors
from walkaway.commands import wording

DONE, FAILED, USAGE, WAITING, CANCELLED, NOT_REACHED, NOT_AUTHORISED, NOT_FOUND = range(8)
OVER, DETACHED, PIPE_CLOSED = 124, 130, 141
"""As `timeout`, a shell's Ctrl-C and a shell's SIGPIPE say it."""

LEFT: Final = "interrupted"
"""The short name, for programs, of what ended since somebody left."""

CODES: Final[dict[type[BaseException], int]] = {
    errors.WalkawayError: FAILED,
    errors.TurnWaiting: WAITING,
    errors.TurnCancelled: CANCELLED,
    errors.Unreachable: NOT_REACHED,
    errors.NotWalkaway: NOT_REACHED,
    errors.TimedOut: OVER,
    errors.Unauthorized: NOT_AUTHORISED,
    errors.Forbidden: NOT_AUTHORISED,
    errors.NotFound: NOT_FOUND,
    errors.SettingInvalid: USAGE,
    errors.FileMissing: USAGE,
    errors.ToolInvalid: USAGE,
    OSError: FAILED,
}
"""Each error counts as the nearest of its kinds that stands here."""

KEY: Final = "`walkaway status` says which key is used; `walkaway login` keeps another one, or set WALKAWAY_KEY"
SERVER: Final = (
    "Start one here: `walkaway serve`; or name another: --url, WALKAWAY_URL, or `walkaway login`, which keeps it"
)


ERRNO: Final = re.compile(r"\[Errno -?\d+\] ")
TOLD: Final = "`walkaway {}` tells what there is"
INSTEAD: Final = {
    "cursor.invalid": "Read from the beginning: without --from",
    "session.busy": "Or say what becomes of it: --on-busy enqueue, steer or interrupt",
    "session.not_found": TOLD.format("sessions list"),
    "response.not_found": TOLD.format("turns list SESSION"),
    "file.not_found": TOLD.format("files tree"),
    "agent.name_taken": "`walkaway agents edit` changes it",
    "webhook.name_taken": "`walkaway webhooks edit` changes it",
    "schedule.name_taken": "`walkaway schedules edit` changes it",
    "agent.not_found": TOLD.format("agents list"),
    "webhook.not_found": TOLD.format("webhooks list"),
    "schedule.not_found": TOLD.format("schedules list"),
    "delivery.not_found": TOLD.format("webhooks deliveries WEBHOOK"),
    "tool_call.not_found": TOLD.format("inbox"),
}
"""By the code of an error: what to do in commands, where the client names a method or an argument."""


class NameUnknown(click.ClickException):
    """Nothing has this name."""

    exit_code = NOT_FOUND


class NameShared(click.ClickException):
    """More than one thing has this name."""

    exit_code = USAGE


def code(error: BaseException) -> int:
    """Give the exit code of an error."""
    if isinstance(error, click.ClickException):
        return error.exit_code
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), FAILED)


def sentence(error: BaseException) -> str:
    """Say what is wrong and what to do next, for whoever types commands."""
    said = str(error) or type(error).__name__
    match error:
        case click.ClickException():
            said = error.format_message()
        case errors.TurnWaiting() | errors.TurnCancelled() | errors.TimedOut():
            said = _of_a_turn(error)
        case errors.Refused() if error.code in INSTEAD:
            plain = error.message.removesuffix(f"; {advice.DOING[error.code]}").rstrip(".")
            said = f"{wording.said(plain)}. {INSTEAD[error.code]}"
        case errors.Unauthorized():
            said = f"{error.message.partition('. No key was sent')[0].partition('. The key came')[0]}. {KEY}"
        case errors.Unreachable(sent=False) if not isinstance(error, errors.ConnectionLost):
            said = f"No server: {ERRNO.sub('', said.partition('. Is it running?')[0])}. {SERVER}"
        case errors.Refused():
            of_the_log = (
                f" ({error.request_id} in the server's log)" if error.status >= 500 and error.request_id else ""
            )
            said = wording.said(error.message) + of_the_log
        case errors.NotWalkaway():
            said = f"{said} Name another: --url, WALKAWAY_URL, or `walkaway login`"
        case errors.WalkawayError():
            said = wording.said(said)
        case OSError():
            said = _of_this_machine(error)
    return said


def _is_full(error: BaseException) -> bool:
    """Whether there was no room for what was to be written."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _of_this_machine(error: OSError) -> str:
    if _is_full(error):
        return f"{error.filename or 'The output'} cannot be written: {error.strerror}"
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)


def _of_a_turn(error: errors.TurnWaiting | errors.TurnCancelled | errors.TimedOut) -> str:
    match error:
        case errors.TurnWaiting():
            return f"{error.turn.ref} waits for you: " + "; ".join(map(how_to_answer, error.calls))
        case errors.TimedOut():
            return f"The time is over; it goes on. walkaway wait {error.turn.ref}"
    return f"{error.turn.ref} was cancelled"


def how_to_answer(call: Any) -> str:
    """Say which command answers a call."""
    answer = f"walkaway answer {shlex.quote(f'{call.session}/{call.call_id}')}"
    return (
        f"{call.name}: {answer} --yes, or {answer} --no"
        if call.needs == "approval"
        else f"{call.name}: {answer} OUTPUT"
    )


def word(error: BaseException) -> str:
    """Give the short name of an error, for programs: the server's, or that of its kind."""
    if isinstance(error, errors.Refused):
        return error.code or f"http_{error.status}"
    if isinstance(error, errors.TurnFailed) and error.code:
        return error.code
    if _is_full(error):
        return "not_written"
    if type(error) in {click.ClickException, OSError}:
        return "failed"
    name = "usage" if isinstance(error, click.UsageError) else type(error).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
