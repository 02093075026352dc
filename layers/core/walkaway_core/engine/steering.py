"""Messages for the turn that runs: the model gets to see them at its next step."""

from collections.abc import Sequence
from dataclasses import dataclass

from walkaway_core.errors import Invalid
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Draft, Writer
from walkaway_core.log.said import Said
from walkaway_core.ports.items import Absent, Is, Lacks, Refused, Unknown
from walkaway_core.store import turn_facts, turns
from walkaway_core.store.idempotency import Keeps
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.events import TURN_STEERED


@dataclass(frozen=True, slots=True)
class Steered:
    """The turn that took the messages, and the number of the event that says so of the first."""

    turn: Turn
    at: int


def steer(services: Services, session: Session, said: Sequence[Said], once: Keeps | None) -> Steered | None:
    """Tell the turn that runs one thing or several, all at once; None when it has gone on or is over: look again.

    It is written for the step behind the last one that has begun, on condition that no other begins
    meanwhile, and that the turn does not end: whoever completes it must have given the model every message.
    Raises Invalid for a turn whose log has ended without it.
    """
    key = session.key.turn(session.turn)
    turn, last = turns.load(services, key), log.end(services, key)
    if turn is None or turn.status != "running":
        return None
    if last.over:
        again = turns.load(services, key)
        if again and again.status == "running":  # its record has lost what its log says
            raise Invalid(f"The turn {key.turn} takes no more messages: cancel it, and send again")
        return None
    nonce = services.ids.new("steer_")
    tx = Transaction(services.table)
    item = log.item(services, Writer(key, last.era, nonce), last.number, tell(services, tx, turn, said, nonce))
    tx.put(item, Absent())  # an end of the turn would stand there
    tx.check(session.key.item, Is("turn", key.turn), Lacks("deleted"))  # a deleted session takes nothing
    if once:
        once.keep(tx, services, key, "steered", last.number)
    try:
        tx.commit()
    except Refused:
        return None
    except Unknown:
        if not log.is_mine(services, item):
            return None
    return Steered(turn, last.number)


def tell(services: Services, tx: Transaction, turn: Turn, said: Sequence[Said], nonce: str) -> list[Draft]:
    """Write what a turn that runs is told into a transaction; give its events, which the caller writes there, too."""
    step, drafts = turn.begun + 1, list[Draft]()
    for number, each in enumerate(said, turn.steers):
        tx.put(transcript.steering_entry(services, turn.key, turn.key.steered(step, number), each, nonce), Absent())
        drafts.append((TURN_STEERED, {"message": transcript.text(each.content), "step": step}))
    tx.change(
        turn.key.item,
        Is("status", "running"),
        Is("begun", turn.begun),  # the model has not been asked for the step that is to see this
        Is("steers", turn.steers),  # whoever completes the turn counts what it was told
        set=turn_facts.steered(step),
        add={"steers": len(said)},
    )
    return drafts
