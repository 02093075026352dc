"""CallModel: one step of a turn. Streams one model call into the log and commits it once (rules R2 and R3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core import due, log, prompt, transcript, turns
from walkaway_core.deltas import DeltaWriter
from walkaway_core.items import Absent, Change, Check, Condition, Fact, Is, Put, Refused, Unknown
from walkaway_core.log import Superseded, Writer
from walkaway_core.ports import Answer, ModelFailed, ModelRefused
from walkaway_core.services import Services
from walkaway_core.sessions import Session
from walkaway_core.ticket import CALL_HISTORY, STEP_HISTORY, Ticket
from walkaway_core.turns import USAGE, Turn
from walkaway_core.watch import watched
from walkaway_wire.events import STEP_COMPLETED, STEP_STARTED


def call_model(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the step after the ticket's. Raises ModelFailed when it is worth a repetition."""
    ticket = Ticket.read(data)
    if ticket.spent:
        return ticket.go("continue").json()
    step = _Step(services, ticket, ticket.step + 1, services.ids.new("call_"))
    try:
        return step.take().json()
    except Superseded:
        return ticket.go("over").json()


@dataclass(frozen=True, slots=True)
class _Begun:
    """A step that this invocation has begun: it appends as `writer`, from `number` on."""

    turn: Turn
    session: Session
    writer: Writer
    number: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One invocation's attempt at a step."""

    services: Services
    ticket: Ticket
    number: int
    nonce: str

    def take(self) -> Ticket:
        """Begin, stream, commit; or go on from what somebody else has committed."""
        while True:
            turn, session = turns.current(self.services, self.ticket)
            said = transcript.answer(self.services, self.ticket.key, self.number)
            if said:
                return self._after(said.body["content"])
            if problem := self._limit(turn, session):
                return self.ticket.fail(*problem)
            if begun := self._begin(turn, session):
                break
        try:
            return self._after(self._commit(begun, *self._stream(begun)))
        except ModelRefused as refusal:
            return self.ticket.fail("model_refused", str(refusal))
        except ModelFailed:
            turn, session = turns.current(
                self.services, self.ticket
            )  # the call was closed because the turn is over, or late: no failure
            if problem := self._limit(turn, session):
                return self.ticket.fail(*problem)
            raise

    def _limit(self, turn: Turn, session: Session) -> tuple[str, str] | None:
        most = session.options.max_steps
        if self.number > most:
            return "max_steps", f"The turn has used all of the {most} steps that its session allows (max_steps)"
        if self.services.clock.now() >= turn.deadline:
            return "timeout", turns.timeout_sentence(turn)
        return None

    def _begin(self, turn: Turn, session: Session) -> _Begun | None:
        """Append `step.started` and move the due item; None when something has changed: look again."""
        last = log.open_end(self.services, turn.key)
        attempt = last.era % 1000 + 1 if last.era // 1000 == self.number else 1
        writer = Writer(turn.key, self.number * 1000 + attempt, self.nonce)
        started = (STEP_STARTED, {"step": self.number, "attempt": attempt})
        moved, later = turns.move_due(turn, self.services.clock.now() + due.STEP_WITHIN)
        try:
            self.services.table.write(
                Put(log.item(self.services, writer, last.number, [started]), (Absent(),)),
                Check(*turn.key.entry(self.number), (Absent(),)),
                Change(*turn.key.item, set={"started": True, "due": later.due}, when=_unchanged(turn)),
                *moved,
            )
        except (Refused, Unknown):
            return None
        return _Begun(later, session, writer, last.number + 1)

    def _stream(self, begun: _Begun) -> tuple[int, Answer]:
        """Stream the model call into the log; give the number of the next event, and the answer."""
        key = begun.turn.key
        said = transcript.entries(self.services, key.owner, upto=key.entry(self.number)[1])
        if (said[-1].turn, said[-1].step) == (key.turn, self.number):
            raise Superseded  # by somebody who has gone on while this worker slept
        out = DeltaWriter(self.services, begun.writer, begun.number)
        call = self.services.model.call(prompt.request(said, begun.session))
        try:
            with watched(self.services, begun.turn, call.close):
                for type_, data in call:
                    out.push(type_, data)
        finally:
            call.close()
        return out.flush(), call.answer()

    def _commit(self, begun: _Begun, number: int, answer: Answer) -> list[dict[str, Any]]:
        """Make the answer part of the conversation, once; give what the conversation has for this step."""
        turn = begun.turn
        usage = {name: answer.usage.get(name, 0) for name in USAGE}
        done = {"step": self.number, "stop_reason": answer.stop_reason, "usage": usage}
        entry = transcript.answer_entry(self.services, turn.key, self.number, answer, self.nonce)
        moved, later = turns.move_due(turn, self.services.clock.now() + due.STEP_WITHIN)
        facts: dict[str, Fact] = {"step": self.number, "due": later.due}
        try:
            log.append(
                self.services,
                begun.writer,
                number,
                [(STEP_COMPLETED, done)],
                Put(entry, (Absent(),)),
                Change(*turn.key.item, set=facts, add=usage, when=_unchanged(turn)),
                *moved,
            )
        except Refused:
            said = transcript.answer(self.services, turn.key, self.number)
            if said is None:
                raise Superseded from None
            return list(said.body["content"])
        return answer.content

    def _after(self, content: list[dict[str, Any]]) -> Ticket:
        """Say where to go after a step, from what was committed."""
        calls = tuple(range(len(transcript.calls(content))))
        history = self.ticket.history + STEP_HISTORY + CALL_HISTORY * len(calls)
        to = self.ticket.go("tools" if calls else "done")
        return replace(to, step=self.number, history=history, calls=calls)


def _unchanged(turn: Turn) -> tuple[Condition, ...]:
    return Is("status", "running"), Is("execution", turn.execution), Is("due", turn.due)
