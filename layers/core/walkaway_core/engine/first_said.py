"""What a turn begins with: its message, what that brings, and what is said at once with it, each as an event."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from walkaway_core.engine.open_calls import Brought
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Draft, Writer
from walkaway_core.log.said import Said
from walkaway_core.ports.items import Absent
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import MESSAGE_CREATED, TURN_STEERED


def write(  # noqa: PLR0917 - what is said, and what the turn's first event has
    services: Services,
    tx: Transaction,
    key: TurnKey,
    said: Sequence[Said],
    brought: Brought,
    created: dict[str, Any],
) -> None:
    """Write it into the transaction that makes the turn; the first step sees all of it."""
    first, *further = said
    first = replace(first, content=[*brought.results, *first.content])
    tx.put(transcript.user_entry(services, key, first, approved=brought.approved), Absent())
    drafts: list[Draft] = [(MESSAGE_CREATED, created)]
    for number, each in enumerate(further):
        drafts.append((TURN_STEERED, {"message": transcript.text(each.content), "step": 1}))
        tx.put(transcript.steering_entry(services, key, key.steered(1, number), each, key.turn), Absent())
    tx.put(log.item(services, Writer(key, 0, key.turn), 0, drafts), Absent())
