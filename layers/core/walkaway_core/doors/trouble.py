"""What becomes of a step whose model call has failed: tried again after a wait, here or by the machine, or given up."""

import math
from dataclasses import dataclass, replace

from walkaway_core.doors import retries
from walkaway_core.doors.open_step import OpenStep, Remedies
from walkaway_core.engine import executions, limits
from walkaway_core.log import log
from walkaway_core.ports.items import Refused
from walkaway_core.ports.model import ModelBusy, ModelFailed, ModelRefused, ModelSilent, ThinkingRefused
from walkaway_core.store import due, turn_facts, turns
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import Ticket
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.events import STEP_RETRYING

SILENT = (
    "The model came to the end of its time {} times with nothing that can be kept: lower the effort, give it a smaller "
    "task, or more output tokens (max_output_tokens)"
)


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt that failed. It began at `began`, in an invocation that has been at work `since` (Clock.monotonic)."""

    step: OpenStep
    failure: ModelFailed
    since: float
    began: float

    @property
    def attempt(self) -> int:
        """Which attempt at its step it was, from 1."""
        return log.attempts(self.step.writer.era, self.step.step)

    @property
    def busy(self) -> bool:
        """Whether the service had too much to do."""
        return isinstance(self.failure, ModelBusy)

    @property
    def silent(self) -> bool:
        """Whether it had the time of a whole call, and nothing to show for it. One that came late had less."""
        whole = self.step.until - self.began >= retries.INVOCATION_SECONDS
        return isinstance(self.failure, ModelSilent) and whole


def after(services: Services, ticket: Ticket, failed: Failed) -> Ticket | None:
    """Tell readers that the step will be tried again, and wait; give a ticket when the invocation ends with that.

    Raises Superseded when the call broke off because the turn is over; ModelFailed to leave the step to the Retry of
    an execution whose states do not know how to wait.
    """
    clock, wait = services.clock, retries.wait(failed.attempt, failed.failure)
    late = clock.monotonic() + wait > failed.since + retries.INVOCATION_SECONDS
    leaves = ticket.free and (late or wait > retries.HERE_SECONDS)
    wait = float(math.ceil(wait)) if leaves else wait  # a Wait state takes whole seconds
    told = False
    while not told:
        turn = executions.current(services, ticket).turn
        if end := _end(turn, failed, turns.left(services, turn), wait):
            return ticket.fail(*end)
        told = _tell(services, turn, failed, wait, leaves=leaves)
    if leaves:
        return ticket.wait(int(wait))
    if late:
        raise failed.failure
    until = clock.monotonic() + wait
    while (left := until - clock.monotonic()) > 0:
        clock.sleep(min(1.0, left))
        executions.current(services, ticket)
    return None


def otherwise(services: Services, begun: OpenStep, refusal: ModelRefused) -> Remedies:
    """Tell readers that the step is repeated at once, and say what is done otherwise then.

    Raises the refusal when that was done already, Superseded when the turn is over.
    """
    before = begun.remedies
    now = replace(before, bare=True) if isinstance(refusal, ThinkingRefused) else replace(before, shorter=True)
    if now == before:
        raise refusal
    attempt = log.attempts(begun.writer.era, begun.step)
    told = {"step": begun.step, "attempt": attempt, "error": str(refusal), "wait": 0}
    number = log.open_end(services, begun.turn.key, begun.writer.era).number
    log.append(services, begun.writer, number, [(STEP_RETRYING, told)])
    return now


def _end(turn: Turn, failed: Failed, left: float, wait: float) -> tuple[str, str] | None:
    """Say with which code and sentence the turn fails, if it is not tried again."""
    if left <= 0:
        return "timeout", limits.timeout_sentence(turn)
    excused, silent = _counted(turn, failed)
    if silent >= retries.SILENCES:
        return "model_silent", SILENT.format(silent)
    given_up = f"{failed.failure}; given up after {_times(failed.attempt)}"
    if failed.attempt - excused >= retries.TRIES or failed.attempt >= retries.LAST_ATTEMPT:
        return "model_failed", given_up
    if wait >= left:
        over = f"the next one would come in {wait:.0f} seconds, when the {turn.allowed:g} seconds of the turn are over"
        return "model_failed", f"{given_up}: {over}"
    return None


def _tell(services: Services, turn: Turn, failed: Failed, wait: float, *, leaves: bool) -> bool:
    """Announce the next attempt, and have somebody look at the turn behind it; False: look again."""
    writer = failed.step.writer
    told = {"step": failed.step.step, "attempt": failed.attempt, "error": str(failed.failure), "wait": round(wait, 1)}
    tx = Transaction(services.table)
    behind = wait + (due.WAKE_WITHIN if leaves else due.STEP_WITHIN)  # who rightly waits is not taken for dead
    later = turns.move_due(services, tx, turn, services.clock.now() + behind)
    facts = turn_facts.retrying(*_counted(turn, failed), later.due)
    tx.change(turn.key.item, *turns.unchanged(turn), set=facts)  # no other execution has it, nobody has moved it
    number = log.open_end(services, turn.key, writer.era).number
    try:
        log.append(services, writer, number, [(STEP_RETRYING, told)], *tx)
    except Refused:
        return False  # somebody has moved it, or ended it
    return True


def _counted(turn: Turn, failed: Failed) -> tuple[int, int]:
    """How many attempts at the step are excused, and how many were silent, with this one."""
    return turn.excused + failed.busy, turn.silent + failed.silent


def _times(attempts: int) -> str:
    return f"{attempts} attempts" if attempts > 1 else "one attempt"
