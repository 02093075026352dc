"""How a session is closed for ever: it can be read, and nothing begins in it any more."""

from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.engine.releasing import mark_archived
from walkaway_core.errors import Invalid
from walkaway_core.ports.items import Is, Lacks, Refused, Unknown
from walkaway_core.store import outbox, sessions, turns
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction


def archive(services: Services, key: SessionKey) -> bool:
    """Close a session; a turn that waits for its caller ends as cancelled, in the same transaction.

    False for one whose turn runs: that is left as it is. Raises SessionNotFound, Invalid for what nobody can read.
    """
    while True:
        session = sessions.get(services, key)
        sessions.check(session)
        if session.archived_at:
            return True
        if not session.busy:
            if _close(services, session):
                return True
            continue
        if turns.lost(services, session):
            raise Invalid(f"The turn {session.turn} of this session cannot be read; delete the session")
        ended = end_turn(services, key.turn(session.turn), Ending("cancelled", archive=True, parked=True))
        if ended.now:
            services.machine.stop(ended.turn.execution_name)  # it may still wait, with a token that nobody has
            return True
        if ended.turn.status == "running":
            return False


def _close(services: Services, session: Session) -> bool:
    """Close a session that is free; False when it has changed meanwhile."""
    tx = Transaction(services.table)
    tx.change(
        session.key.item,
        Lacks("turn"),  # a message a moment earlier wins
        Lacks("deleted"),
        Is("events", session.events),  # its log ends with that
    )
    mark_archived(services, tx, session)
    notices = outbox.add(tx, services, session.key, session, "", outbox.ARCHIVED)
    try:
        tx.commit()
    except (Refused, Unknown):
        return False
    outbox.send_now(services, notices)
    return True
