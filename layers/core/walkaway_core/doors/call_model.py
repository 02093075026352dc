"""CallModel: one step of a turn. Streams one model call into the log and commits it once (rules R2 and R3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.agent import prompt
from walkaway_core.doors import model_step, retries, trouble
from walkaway_core.doors.open_step import OpenStep, Remedies
from walkaway_core.doors.trouble import Failed
from walkaway_core.engine import executions, limits
from walkaway_core.engine.executions import Current
from walkaway_core.engine.limits import LimitReached
from walkaway_core.engine.pause import asking
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Draft, Superseded, Writer
from walkaway_core.ports.items import Absent, Refused, Unknown
from walkaway_core.ports.model import ModelFailed, ModelRefused, ThinkingRefused, TooLong
from walkaway_core.store import due, outbox, turn_facts, turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import CALL_HISTORY, STEP_HISTORY, Ticket
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import STEP_ADJUSTED, STEP_STARTED

UNFINISHED = (*transcript.CUT_SHORT, "pause_turn")
"""Reasons to stop after which the model goes on in the next step (Messages API, stop reasons), or cut off by us."""
DECLINED = "The model declined to go on with this{category}; say it in another way, or begin a new session"


def call_model(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the step after the ticket's, or say how long to wait before it is tried again.

    Raises ModelFailed for the latter where the execution began with a release that had no other way.
    """
    ticket = Ticket.read(data)
    if ticket.spent:
        return ticket.go("continue").json()
    step = _Step(services, ticket, ticket.step + 1, services.ids.new("call_"))
    try:
        return step.take().json()
    except Superseded:
        return ticket.go("over").json()
    except LimitReached as limit:
        return ticket.fail(limit.code, str(limit)).json()
    except ModelRefused as refusal:
        return ticket.fail("model_refused", str(refusal)).json()


@dataclass(frozen=True, slots=True)
class _Step:
    """One invocation's attempt at a step."""

    services: Services
    ticket: Ticket
    number: int
    nonce: str

    def take(self) -> Ticket:
        """Begin, stream, commit, as often as it takes; or go on from what somebody else has committed.

        Raises Superseded, LimitReached, ModelRefused, ModelFailed.
        """
        since, remedies = self.services.clock.now(), Remedies()
        while True:
            current = executions.current(self.services, self.ticket)
            turn, session, settings = current
            stored = transcript.answer(self.services, turn.key, self.number)
            if stored:
                return self._after(stored.body, settings)
            began = self.services.clock.now()
            limits.check(turn, session, settings, self.number, began)
            begun = self._begin(current, since + retries.CUT_SECONDS, remedies)
            if begun is None:
                continue
            try:
                return self._after(model_step.answer(self.services, begun), settings)
            except (ThinkingRefused, TooLong) as refusal:
                remedies = trouble.otherwise(self.services, begun, refusal)
            except ModelFailed as failure:
                failed = Failed(begun, failure, since, began)
                if to := trouble.after(self.services, self.ticket, failed):
                    return to

    def _begin(self, current: Current, until: float, remedies: Remedies) -> OpenStep | None:
        """Append `step.started` and move the due item; None when something has changed: look again."""
        turn, session, settings = current
        last = log.open_end(self.services, turn.key)
        attempt = log.attempts(last.era, self.number) + 1
        writer = Writer(turn.key, log.era(self.number, attempt), self.nonce)
        started = [(STEP_STARTED, {"step": self.number, "attempt": attempt}), *self._adjusted(settings, attempt)]
        tx = Transaction(self.services.table)
        tx.put(log.item(self.services, writer, last.number, started), Absent())  # one attempt at a time
        tx.check(turn.key.entry(self.number), Absent())  # the step has not been committed meanwhile
        later = turns.move_due(tx, turn, self.services.clock.now() + due.STEP_WITHIN)
        facts = turn_facts.stepping(self.number, later.due)
        past = turn_facts.RETRIED if attempt == 1 else ()
        tx.change(turn.key.item, *turns.unchanged(turn), set=facts, drop=past)
        first = [] if turn.started else [outbox.STARTED]
        notices = outbox.add(tx, self.services, turn.key.owner, session, turn.key.turn, *first)
        if first:
            turns.tell(self.services, tx, turn, facts)
        try:
            tx.commit()
        except (Refused, Unknown):
            return None
        outbox.send_now(self.services, notices)
        return OpenStep(later, session, settings, self.number, writer, last.number + len(started), until, remedies)

    def _adjusted(self, settings: AgentSettings, attempt: int) -> list[Draft]:
        """Tell readers once in a turn what its settings ask for and its model does not take."""
        dropped = prompt.dropped(settings) if (self.number, attempt) == (1, 1) else []
        reason = f"{settings.model} does not take this"
        return [(STEP_ADJUSTED, {"step": 1, "left_out": dropped, "reason": reason})] if dropped else []

    def _after(self, answer: Mapping[str, Any], settings: AgentSettings) -> Ticket:
        """Say where to go after a step, from what was committed. Without calls, "tools" leads to the next step."""
        now, later = asking.split(settings, answer)
        calls = len(now) + len(later)
        history = self.ticket.history + STEP_HISTORY + CALL_HISTORY * calls
        if answer["stop_reason"] == "refusal":
            return replace(self.ticket.fail("refusal", _declined(answer.get("refusal", {}))), step=self.number)
        goes_on = calls or answer["stop_reason"] in UNFINISHED or self._is_nudged(answer)
        to = self.ticket.go("tools" if goes_on else "done")
        return replace(to, step=self.number, history=history, calls=now, waits=bool(later))

    def _is_nudged(self, answer: Mapping[str, Any]) -> bool:
        """Whether the model is asked for its result once more: it has said nothing, for the first time in a row."""
        if not transcript.is_empty(answer):
            return False
        before = transcript.answer(self.services, self.ticket.key, self.number - 1) if self.number > 1 else None
        return before is None or not transcript.is_empty(before.body)


def _declined(refusal: Mapping[str, str]) -> str:
    """Say that the model declined, and why if the service said so."""
    category = f" ({refusal['category']})" if refusal.get("category") else ""
    return ". ".join(filter(None, (DECLINED.format(category=category), refusal.get("explanation"))))
