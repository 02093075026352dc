"""How one turn goes, and not its session: at once for everyone outside, its text when nothing goes on from it."""

from walkaway_core.engine import executions
from walkaway_core.engine.ending import cancel
from walkaway_core.engine.releasing import PURGE_AFTER, mark_deleted
from walkaway_core.ports.items import Is, Lacks, Refused, Unknown
from walkaway_core.store import due, outbox, session_facts, sessions, turn_facts
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn


def forget(services: Services, key: TurnKey) -> None:
    """Take a turn away, cancelled first if it is not over; with the last one of a chain its session goes, too.

    What comes behind it, in its session or in those that go on from there, keeps its text (`keeping`).
    Raises SessionNotFound, ResponseNotFound.
    """
    while True:
        session, turn = sessions.get(services, key.owner), executions.get(services, key)
        if turn.status not in turn_facts.OVER:
            cancel(services, key)
        elif _forget(services, session, turn):
            return


def _forget(services: Services, session: Session, turn: Turn) -> bool:
    """Write that it is gone; False when something has changed meanwhile."""
    key, now, tx = turn.key, services.clock.now(), Transaction(services.table)
    tx.change(key.item, Lacks("forgotten"), set=turn_facts.forgotten(now))
    if session.readable:  # of another record no condition would ever hold
        tx.change(
            session.key.item,
            Lacks("deleted"),
            session.unforgotten,  # of two that go at once one is the last
            Is("events", session.events),  # no turn has begun meanwhile
            add=session_facts.FORGOTTEN if turn.began_at else {},
        )
    notices = []
    if session.readable and turn.began_at and _is_last(session):
        tx.change(session.key.item, Lacks("turn"), Is("due", session.due))
        mark_deleted(services, tx, session)
        notices = outbox.add(tx, services, session.key, session, "", outbox.DELETED)
    else:
        due.watch(tx, now + PURGE_AFTER, "purge", session.key.session, session.key.detail)
    try:
        tx.commit()
    except Refused:
        return False
    except Unknown:
        item = services.table.get(key.item)[0]
        return item is None or "forgotten" in item.facts
    outbox.send_now(services, notices)
    return True


def _is_last(session: Session) -> bool:
    """Whether a chain has no other turn that is there."""
    return session.options.chain and not (session.busy or session.queued) and session.turns == session.forgotten + 1
