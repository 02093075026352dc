"""An end of what runs, as somebody asks for it who may say something at once: all calls that wait are closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from walkaway_core.engine import starting
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.engine.starting import Message
from walkaway_core.log import log
from walkaway_core.log.log import Writer
from walkaway_core.ports.items import Absent, Is, Lacks, Refused, Unknown
from walkaway_core.store import session_facts
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.events import SESSION_INTERRUPTED


@dataclass(frozen=True, slots=True)
class Told:
    """Where it stands: the first message as this event of the turn, the others behind it; each answer by its call.

    `stopped` is the log, and the event of it, that says that a turn was ended; or that nothing ran, in the session's
    own log. None where a message's first event says that.
    """

    turn: TurnKey
    at: int = 0
    answers: Mapping[str, int] = field(default_factory=dict)
    stopped: tuple[TurnKey, int] | None = None


class Record(Protocol):
    """Whoever remembers what came of a request, so that it is carried out once."""

    def known(self) -> bool:
        """Whether it has been carried out."""

    def keep(self, tx: Transaction, services: Services, told: Told) -> None:
        """Write down what came of it, in the transaction that carries it out; refused where somebody else has."""


class _Again(Exception):
    """The request has been carried out by somebody else meanwhile."""


def stop(services: Services, session: Session, message: Message | None, record: Record | None) -> Told | None:
    """End the turn that runs as cancelled, and begin the message's in its place; None: look again."""
    key, begun, told = session.key.turn(session.turn), list[Turn](), list[Told]()

    def successor(tx: Transaction, now: Session) -> Turn:
        assert message
        begun[:] = [starting.fresh(services, tx, now, message, None)]
        return begun[0]

    def along(tx: Transaction, number: int) -> None:
        if record and record.known():
            raise _Again
        told[:] = [Told(begun[0].key if begun else key, stopped=(key, number))]
        if record:
            record.keep(tx, services, told[0])

    try:
        ending = Ending("cancelled", closes=True, followed=message is not None)
        ended = end_turn(services, key, ending, successor if message else None, along)
    except _Again:
        return None
    if not ended.now:
        return None
    services.machine.stop(ended.turn.execution_name)
    return told[0]


def nothing(services: Services, session: Session, record: Record | None) -> Told | None:
    """Note in a free session's own log that somebody has asked for an end, and nothing ran; None: look again."""
    key, nonce = session.key.own_log, services.ids.new("stop_")
    event = log.item(services, Writer(key, 0, nonce), session.events, [(SESSION_INTERRUPTED, {})])
    told = Told(key, stopped=(key, session.events))
    tx = Transaction(services.table)
    tx.put(event, Absent())
    tx.change(
        session.key.item,
        Lacks("turn"),  # a turn that begins meanwhile is one that is to be ended
        Lacks("deleted"),
        Lacks("archived"),
        Is("events", session.events),
        add=session_facts.NAMED,
    )
    if record:
        record.keep(tx, services, told)
    try:
        tx.commit()
    except Refused:
        return None
    except Unknown:
        return told if log.is_mine(services, event) else None
    return told
