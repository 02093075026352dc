"""A turn's executions: begun, handed over, and whose steps count (rule R5)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from walkaway_core.agent import turn_settings
from walkaway_core.errors import ResponseNotFound, SessionNotFound
from walkaway_core.log.log import Superseded
from walkaway_core.ports.items import Item, Key, Refused, Unknown
from walkaway_core.store import due, sessions, starts, turn_facts, turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.ticket import Ticket
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn, unpack


class Current(NamedTuple):
    """What a door works for. `settings` are the turn's, from its start to its end; `session` is as it is now."""

    turn: Turn
    session: Session
    settings: AgentSettings


def current(services: Services, ticket: Ticket) -> Current:
    """Read what a door works for. Raises Superseded when another execution, or none, does."""
    return current_with(services, ticket, lambda _: ())[0]


def current_with(
    services: Services, ticket: Ticket, places: Callable[[TurnKey], Sequence[Key]]
) -> tuple[Current, Sequence[Item | None]]:
    """Read that, and at once what stands at the turn's `places`. Raises Superseded."""
    key = ticket.key
    asked = places(key)
    item, owner, *there = services.table.get(key.item, key.owner.item, *asked)
    if item is None or owner is None:
        raise Superseded
    turn = unpack(key, item)
    if turn.status != "running" or turn.execution != ticket.execution:
        raise Superseded
    session = sessions.unpack(key.owner, owner)
    if (places_of_it := places(turn.key)) != asked:  # it has waited, which only its record says
        there = services.table.get(*places_of_it)
    return Current(turn, session, turn_settings.as_begun(services, session, turn)), there


def get(services: Services, key: TurnKey) -> Turn:
    """Read a turn for a user. Raises SessionNotFound, ResponseNotFound."""
    owner, item = services.table.get(key.owner.item, key.item)
    if not sessions.alive(owner, services.clock.now()):
        raise SessionNotFound
    if item is None or "forgotten" in item.facts:
        raise ResponseNotFound
    turn = unpack(key, item)
    starts.begin_if_late(services, turn)
    return turn


def next_execution(services: Services, key: TurnKey, execution: int) -> None:
    """Move the turn from this execution to the next, once, and start the one that it then names."""
    turn = turns.load(services, key)
    if turn and turn.status == "running" and turn.execution == execution:
        tx = Transaction(services.table)
        later = turns.move_due(services, tx, turn, services.clock.now() + due.START_WITHIN)
        tx.change(key.item, *turns.unchanged(turn), set=turn_facts.handed_over(execution + 1, later.due))
        starts.claim(services, tx, replace(turn, execution=execution + 1))
        try:
            tx.commit()
        except (Refused, Unknown):
            pass  # somebody else moved it, or it is over: what it is now decides
        turn = turns.load(services, key)
    if turn and turn.status == "running":
        starts.begin(services, turn)
