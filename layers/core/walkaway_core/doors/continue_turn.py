"""ContinueTurn: hands a turn to its next execution before this one's history is full (rule R5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from walkaway_core import due, turns
from walkaway_core.items import Change, Fact, Is, Refused, Unknown
from walkaway_core.keys import TurnKey
from walkaway_core.services import Services
from walkaway_core.ticket import Ticket


def continue_turn(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Make the turn name the next execution, and start that one."""
    ticket = Ticket.read(data)
    hand_over(services, ticket.key, ticket.execution)
    return replace(ticket, next="over").json()


def hand_over(services: Services, key: TurnKey, execution: int) -> None:
    """Move the turn from this execution to the next, once, and start the one that it then names."""
    turn = turns.load(services, key)
    if turn and turn.status == "running" and turn.execution == execution:
        moved, later = turns.move_due(turn, services.clock.now() + due.START_WITHIN)
        facts: dict[str, Fact] = {"execution": execution + 1, "due": later.due}
        same = (Is("execution", execution), Is("status", "running"), Is("due", turn.due))
        try:
            services.table.write(Change(*key.item, set=facts, when=same), *moved)
        except (Refused, Unknown):
            pass  # somebody else moved it, or it is over: what it is now decides
        turn = turns.load(services, key)
    if turn and turn.status == "running":
        turns.begin(services, turn)
