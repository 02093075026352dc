"""A message for the turn that runs: the model gets to see it at its next step."""

from dataclasses import dataclass
from typing import Any

from walkaway_core.errors import Invalid
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Writer
from walkaway_core.ports.items import Absent, Is, Item, Lacks, Refused, Unknown
from walkaway_core.store import turn_facts, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.events import TURN_STEERED


@dataclass(frozen=True, slots=True)
class Steered:
    """The turn that took the message, and the number of the event that says so."""

    turn: Turn
    at: int


def steer(services: Services, session: Session, content: list[dict[str, Any]], once: Once | None) -> Steered | None:
    """Tell the turn that runs; None when it has gone on or is over meanwhile: look again.

    The message is written for the step behind the last one that has begun, on condition that no other begins
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
    step, nonce = turn.begun + 1, services.ids.new("steer_")
    told = {"message": transcript.text(content), "step": step}
    entry = transcript.steering_entry(services, turn.key, turn.key.steered(step, turn.steers), content, nonce)
    item = log.item(services, Writer(key, last.era, nonce), last.number, [(TURN_STEERED, told)])
    tx = Transaction(services.table)
    tx.put(item, Absent())  # an end of the turn would stand there
    tx.put(entry, Absent())
    tx.change(
        key.item,
        Is("status", "running"),
        Is("begun", turn.begun),  # the model has not been asked for the step that is to see this
        Is("steers", turn.steers),  # whoever completes the turn counts what it was told
        set=turn_facts.steered(step),
        add={"steers": 1},
    )
    tx.check(session.key.item, Is("turn", key.turn), Lacks("deleted"))  # a deleted session takes nothing
    if once:
        once.keep(tx, services, key, "steered", last.number)
    try:
        tx.commit()
    except Refused:
        return None
    except Unknown:
        if not _is_mine(services, item):
            return None
    return Steered(turn, last.number)


def _is_mine(services: Services, item: Item) -> bool:
    stored = services.table.get(item.key)[0]
    return stored is not None and stored.facts.get("nonce") == item.facts["nonce"]
