"""A turn's executions: begun, handed over, and whose steps count (rule R5)."""

import logging

from walkaway_core.agent import agents
from walkaway_core.errors import ResponseNotFound
from walkaway_core.log.log import Superseded
from walkaway_core.ports.items import Change, Fact, Is, Refused, Unknown
from walkaway_core.store import due, sessions, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.ticket import Ticket
from walkaway_core.store.turns import Turn, load, unpack


def current(services: Services, ticket: Ticket) -> tuple[Turn, Session]:
    """Read the turn and session that a door works for. Raises Superseded when another execution, or none, does."""
    key = ticket.key
    item, owner = services.table.get(key.item, key.owner.item)
    if item is None or owner is None:
        raise Superseded
    turn = unpack(key, item)
    if turn.status != "running" or turn.execution != ticket.execution:
        raise Superseded
    return turn, agents.as_begun(services, sessions.unpack(key.owner, owner), turn.agent_version)


def get(services: Services, key: TurnKey) -> Turn:
    """Read a turn for a user. Raises SessionNotFound, ResponseNotFound."""
    sessions.get(services, key.owner)
    turn = load(services, key)
    if turn is None:
        raise ResponseNotFound
    begin_if_late(services, turn)
    return turn


def begin(services: Services, turn: Turn) -> None:
    """Start the execution that the turn names; safe to repeat. When that fails, the due item brings it back."""
    try:
        services.machine.start(turn.execution_name, turn.ticket.json())
    except Exception:
        logging.getLogger(__name__).exception("could not start %s", turn.execution_name)


def begin_if_late(services: Services, turn: Turn) -> None:
    """Start a turn whose first step is overdue: whoever reads it helps (rule R4)."""
    late = services.clock.now() > turn.began_at + due.START_WITHIN
    if turn.status == "running" and not turn.started and late:
        begin(services, turn)


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
        begin(services, turn)
