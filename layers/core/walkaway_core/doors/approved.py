"""Calls that a turn begins with: an earlier one has asked about them and ended, and its caller has said yes.

They stand in the turn's message and are of step 0, so that their journals and results are the new turn's. The machine
runs them before the first step, as it does those of a pause.
"""

from walkaway_core.engine.executions import Current
from walkaway_core.ports.items import Item, Refused, Unknown
from walkaway_core.ports.metrics import MESSAGE_WAIT
from walkaway_core.store import due, outbox, turn_facts, turns
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn


def left(services: Services, turn: Turn) -> tuple[int, ...]:
    """Say which of them have no result yet, by index."""
    journals = [turn.key.call(0, index) for index in range(turn.approved)]
    items: list[Item | None] = []
    for start in range(0, len(journals), 100):
        items += services.table.get(*journals[start : start + 100])
    return tuple(index for index, item in enumerate(items) if item is None or item.facts.get("state") != "done")


def take_up(services: Services, current: Current) -> bool:
    """Note that an execution is at work on them, and watch it as a step; False when something has changed: look again.

    Else the sweep would take a turn whose first step is far off for one that has not been started.
    """
    turn, session, _ = current
    tx = Transaction(services.table)
    later = turns.move_due(services, tx, turn, services.clock.now() + due.STEP_WITHIN)
    facts = turn_facts.stepping(0, later.due)
    tx.change(turn.key.item, *turns.unchanged(turn), set=facts)
    first = [] if turn.started else [outbox.STARTED]
    notices = outbox.add(tx, services, turn.key.owner, session, turn.key.turn, *first)
    if first:
        turns.tell(services, tx, turn, facts)
    try:
        tx.commit()
    except (Refused, Unknown):
        return False
    if first:
        services.metrics.record({MESSAGE_WAIT: services.clock.lived(turn.created_at)})
    outbox.send_now(services, notices)
    return True
