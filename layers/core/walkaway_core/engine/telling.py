"""Several things that a client says at once: messages, answers to calls, an end of what runs. All are kept, or none.

A message goes to the turn that runs, or begins one; a turn that waits for its caller takes it with the last answer
alone. An end comes before all that is said with it, wherever it stands there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from walkaway_core.engine import starting, steering, stopping
from walkaway_core.engine.pause import answering, asking, parking
from walkaway_core.engine.pause.answering import CallAnswer, Given
from walkaway_core.engine.starting import Message
from walkaway_core.engine.stopping import Record, Told
from walkaway_core.errors import Invalid
from walkaway_core.log import answered
from walkaway_core.log.said import Said
from walkaway_core.store import sessions, starts, turns
from walkaway_core.store.idempotency import Keeps, Outcome
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction

NOTHING: Mapping[str, int] = MappingProxyType({})
TOGETHER = 40
"""How many answers one transaction holds: each is two writes, and dialects may add others."""


@dataclass(frozen=True, slots=True)
class Several:
    """What is said: messages, in their order, and answers by the ids of their calls; `stops`: what runs is to end."""

    said: Sequence[Said] = ()
    answers: Sequence[tuple[str, CallAnswer]] = ()
    stops: bool = False


class Waits(Invalid):
    """The turn waits for answers to calls, and takes nothing else; `calls` are their ids."""

    def __init__(self, turn: TurnKey, calls: Sequence[str]) -> None:
        super().__init__("The session is waiting on responses to calls, and takes messages behind the last of them")
        self.turn, self.calls = turn, calls


def tell(services: Services, key: SessionKey, what: Several, record: Record | None = None) -> Told | None:
    """Say it; None where the record knows that this has been done.

    Raises SessionNotFound, Invalid, Waits, ToolCallNotFound, AlreadyAnswered, NotWaiting, AnsweredTwice, BodyTooLarge.
    """
    carry_out = _stop if what.stops else _answer if what.answers else _say
    while True:
        session = sessions.get(services, key)
        if record and record.known():
            return None
        sessions.check(session)
        sessions.check_open(session)
        if session.busy and turns.lost(services, session):
            raise Invalid(f"The turn {session.turn} of this session cannot be read; delete the session")
        if told := carry_out(services, session, what, record):
            return told


@dataclass(frozen=True, slots=True)
class _Keeps:
    """Has it written down where a message, or an answer, stands."""

    record: Record
    made: Callable[[TurnKey, int], Told] = Told

    def keep(
        self, tx: Transaction, services: Services, turn: TurnKey, outcome: Outcome = "started", at: int = 0
    ) -> None:
        """Write it down."""
        del outcome
        self.record.keep(tx, services, self.made(turn, at))


def _say(
    services: Services, session: Session, what: Several, record: Record | None, old: Mapping[str, int] = NOTHING
) -> Told | None:
    """Tell the turn that runs, or begin one, behind answers that are there; None: look again."""
    keeps = _Keeps(record, partial(Told, answers=old)) if record else None
    if not session.busy:
        return begin(services, session, message(what.said), keeps)
    runs = turns.load(services, session.key.turn(session.turn))
    if runs and runs.parked:
        raise Waits(runs.key, [request.id for request in asking.pending(services, runs)])
    steered = steering.steer(services, session, what.said, keeps)
    return Told(steered.turn.key, steered.at) if steered else None


def begin(services: Services, session: Session, made: Message, keeps: Keeps | None) -> Told | None:
    """Begin a turn on a free session; None: look again."""
    turn = starting.claim(services, session, made, keeps)
    if turn is None:
        return None
    starts.begin(services, turn)
    return Told(turn.key)


def message(said: Sequence[Said], *, interrupts: bool = False) -> Message:
    """Make the message of a turn that begins with all of this."""
    first, *further = said
    return Message(first.content, shown=first.shown, further=further, interrupts=interrupts)


def _stop(services: Services, session: Session, what: Several, record: Record | None) -> Told | None:
    """End the turn that runs, and begin another where something is said; None: look again."""
    if what.answers:
        raise Invalid("What ends a turn closes its calls: it takes no answers to them in the same request")
    if session.busy:
        return stopping.stop(services, session, message(what.said) if what.said else None, record)
    if what.said:
        keeps = _Keeps(record) if record else None
        return begin(services, session, message(what.said, interrupts=True), keeps)
    return stopping.nothing(services, session, record)


def _answer(services: Services, session: Session, what: Several, record: Record | None) -> Told | None:
    """Keep answers, and what is said behind them; None: look again. Those that were given before stay as they are."""
    requests = asking.find(services, session.key, [call for call, _ in what.answers])
    turn = answering.turn_of(services, requests, what.answers)
    try:
        requests = answering.checked(services, turn, requests, what.answers)
        new = [(requests[call], answer) for call, answer in what.answers if not requests[call].answer]
        old = answered.numbers(services, turn.key, [call for call, _ in what.answers if requests[call].answer])
        left = {request.id for request in asking.pending(services, turn)} - {request.id for request, _ in new}
        if what.said and left:
            raise Waits(turn.key, sorted(left))
        if new:
            return _give(services, new, old, what.said, record)
    finally:
        parking.go_on(services, turn.key)  # also where this was refused: whoever kept the answers may have died
    if not what.said:
        return Told(turn.key, answers=old)
    said = _say(services, sessions.get(services, session.key), what, record, old)
    return replace(said, answers=old) if said else None


def _give(
    services: Services, new: Sequence[Given], old: Mapping[str, int], said: Sequence[Said], record: Record | None
) -> Told | None:
    """Keep answers, as many at once as a transaction holds; what is said, with the last of them."""
    told = Told(new[0][0].turn, answers=old)
    while new:
        now, new = new[:TOGETHER], new[TOGETHER:]
        made = partial(_placed, told.answers, [call.id for call, _ in now])
        keeps = _Keeps(record, made) if record and not new else None
        number = answering.give(services, now, () if new else said, keeps, more=bool(new))
        if not number:
            return None
        told = made(told.turn, number)
    return told


def _placed(before: Mapping[str, int], calls: Sequence[str], turn: TurnKey, at: int) -> Told:
    """Say where answers stand that begin at this event, and what is said behind them."""
    return Told(turn, at + len(calls), {**before, **{call: at + number for number, call in enumerate(calls)}})
