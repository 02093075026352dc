"""CallModel: a turn's next step, and as many more as need nothing but the model and light tools (rules R2 and R3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.doors import approved, beginning, light, model_step, retries, trouble, way
from walkaway_core.doors.light import Results
from walkaway_core.doors.model_step import Committed
from walkaway_core.doors.open_step import OpenStep, Remedies
from walkaway_core.doors.trouble import Failed
from walkaway_core.doors.way import Way
from walkaway_core.engine import executions, limits
from walkaway_core.engine.limits import LimitReached
from walkaway_core.log import transcript
from walkaway_core.log.log import Superseded
from walkaway_core.ports.model import ModelFailed, ModelRefused, ThinkingRefused, TooLong
from walkaway_core.store import turns
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import CALL_HISTORY, MODEL_HISTORY, Next, Ticket

GO_SECONDS = 300.0
"""In an invocation that is older no step begins: what is left of its time is what a step may take."""


def call_model(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the steps behind the ticket's, and say what the turn needs then; or how long to wait for the model.

    Raises ModelFailed for the latter where the execution began with a release that had no other way.
    """
    ticket = Ticket.read(data)
    if ticket.waits:  # what could be run of the step's calls has been
        return replace(ticket.go(_rest(services, ticket)), history=ticket.history + MODEL_HISTORY).json()
    if ticket.spent:
        return ticket.go("continue").json()
    going = _Going(services, ticket, services.ids.new("call_"), services.clock.monotonic())
    try:
        return going.go().json()
    except Superseded:
        return going.ticket.go("over").json()
    except LimitReached as limit:
        return going.ticket.fail(limit.code, str(limit)).json()
    except ModelRefused as refusal:
        return going.ticket.fail(refusal.code, str(refusal)).json()


def _rest(services: Services, ticket: Ticket) -> Next:
    """Say what becomes of the calls that are for the caller: they end the turn, or it waits for them."""
    turn = turns.load(services, ticket.key)
    return "done" if turn and turn.ends_with_calls else "ask"


@dataclass(slots=True)
class _Going:
    """One invocation: the ticket says how far it is. Whatever is not as it left it, it leaves to the next one."""

    services: Services
    ticket: Ticket
    nonce: str
    since: float

    def go(self) -> Ticket:
        """Go as far as it can. Raises Superseded, LimitReached, ModelRefused, ModelFailed."""
        to = self._take(None)
        while isinstance(to, Results):
            to = self._next(to)
        return to

    def _next(self, results: Results) -> Ticket | Results:
        """Take the step behind the one whose calls have come to this."""
        before = results.step
        try:
            left = turns.left(self.services, before.turn)
            limits.check(before.turn, before.session, before.settings, before.step + 1, left)
        except LimitReached as limit:
            results.commit()
            if limit.code == "max_cost" and before.session.budget is not None:
                return self._leave(Way(again=True))  # it may be raised by now: whoever comes next reads it
            raise
        begun = beginning.behind(self.services, results) if self._fresh() else None
        if begun:
            return self._take(begun)
        results.commit()
        return self._leave(Way(again=True))

    def _fresh(self) -> bool:
        return self.services.clock.monotonic() < self.since + GO_SECONDS

    def _take(self, begun: OpenStep | None) -> Ticket | Results:
        """Take a step that has begun, or begin the one that is to be taken now, as often as it takes."""
        remedies = Remedies()
        while True:
            taken = begun or self._begin(remedies)
            if isinstance(taken, Ticket):
                return taken
            if taken is None:
                continue
            began = self.services.clock.monotonic()
            try:
                return self._after(model_step.answer(self.services, taken), taken.step)
            except (ThinkingRefused, TooLong) as refusal:
                remedies = trouble.otherwise(self.services, taken, refusal)
            except ModelFailed as failure:
                failed = Failed(taken, failure, self.since, began)
                if to := trouble.after(self.services, self.ticket, failed):
                    return to
            begun = None

    def _begin(self, remedies: Remedies) -> OpenStep | Ticket | None:
        """Begin the step behind the ticket's, or the last that somebody has begun; None: look again.

        A step that has been committed is left as it is: the ticket says what comes behind it.
        """
        current = executions.current(self.services, self.ticket)
        turn, session, settings = current
        step = max(self.ticket.step + 1, turn.step, turn.begun)
        stored = transcript.answer(self.services, turn.key, step) if step <= turn.step else None
        if stored:
            self.ticket = replace(self.ticket, step=step)
            return self._leave(way.behind(self.services, turn, step, settings, stored.body))
        number, self.ticket = self.ticket.number, replace(self.ticket, number=None)  # whoever comes back looks again
        if step != self.ticket.step + 1:
            number = None
        limits.check(turn, session, settings, step, turns.left(self.services, turn))
        if turn.approved and not turn.begun:
            left = approved.left(self.services, turn)
            if left:
                return self._leave(Way(left)) if approved.take_up(self.services, current) else None
        until = self.since + retries.CUT_SECONDS
        begun = beginning.begin(self.services, current, step, self.nonce, until=until, number=number)
        return replace(begun, remedies=remedies, free=self.ticket.free) if begun else None

    def _after(self, committed: Committed, step: int) -> Ticket | Results:
        """Say where to go after a step; what came of its light calls, where that is on to the next one."""
        if committed.over:
            return self.ticket.go("over")
        self.ticket = replace(self.ticket, step=step)
        behind = committed.way
        if committed.step is None:
            return self._leave(behind)
        results = light.run(self.services, committed.step, committed.calls)
        here = {call.index for call in committed.calls}
        left = replace(behind, now=tuple(index for index in behind.now if index not in here))
        goes_on = not behind.open and (here or behind.again)
        if goes_on and self.ticket.free and not left.now and not left.later:
            return results
        number = results.commit()
        return self._leave(replace(left, again=bool(goes_on)), number)

    def _leave(self, behind: Way, number: int | None = None) -> Ticket:
        """Say what the machine is to do: the calls that are left, asking the caller, the next step, or the end.

        `number` is where the log ends, if that is known.
        """
        calls = len(behind.now) + behind.later
        ticket = replace(self.ticket, history=self.ticket.history + MODEL_HISTORY + CALL_HISTORY * calls)
        if behind.declined:
            return ticket.fail("refusal", behind.declined)
        if behind.ends:
            return ticket.go("done")
        if ticket.free and not behind.now:
            return ticket.go("ask" if behind.later else "call_model")
        return ticket.run(behind.now, waits=behind.later + behind.open > 0, number=number)
