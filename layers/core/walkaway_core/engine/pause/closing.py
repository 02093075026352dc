"""Calls that wait for the caller when their turn is ended: closed, in the conversation and for readers."""

from walkaway_core.engine.pause import asking
from walkaway_core.log import transcript
from walkaway_core.log.conversation import UNANSWERED
from walkaway_core.log.log import Draft
from walkaway_core.ports.items import Absent
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.events import TOOL_RESULT

MOST = 60
"""How many are closed with their turn; of more, the model is told all the same, as of any call without a result."""


def close(services: Services, tx: Transaction, turn: Turn, nonce: str) -> list[Draft]:
    """Write what the model is told of each into the transaction that ends the turn; give the events before its last."""
    told = {"content": UNANSWERED, "is_error": True}
    closed = asking.pending(services, turn)[:MOST]
    for call in closed:
        body = {"type": "tool_result", "tool_use_id": call.id, **told}
        journal = turn.key.call(call.step, call.index)
        tx.put(transcript.result_entry(services, turn.key, journal, body, nonce), Absent())
    return [(TOOL_RESULT, {"id": call.id, **told, "closed": True}) for call in closed]
