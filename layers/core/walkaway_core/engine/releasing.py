"""What becomes of a session whose turn ends: another turn's, free, or gone."""

from walkaway_core.engine import queueing, starting
from walkaway_core.engine.starting import Begin
from walkaway_core.log import log
from walkaway_core.log.log import Writer
from walkaway_core.ports.items import Absent, Is, Lacks, Present
from walkaway_core.store import due, lifetimes, session_facts
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_facts import Status
from walkaway_core.store.turns import Turn
from walkaway_wire.events import SESSION_ARCHIVED

PURGE_AFTER = 20 * 60.0
"""Seconds before the contents of a deleted session go: a zombie must not find an empty log."""


def release(
    services: Services,
    tx: Transaction,
    session: Session,
    status: Status,
    successor: Begin | None,
    *,
    gone: bool,
    closed: bool = False,
) -> Turn | None:
    """Write that the session is free, or `gone`, or `closed` for ever, or another turn's; give that one."""
    tx.change(
        session.key.item,
        Is("turn", session.turn),
        Is("inbox", session.inbox),  # a message that came to wait has been seen, or it would wait for ever
        Is("due", session.due),  # nobody has moved or ended the session meanwhile
        set=session_facts.active(services.clock.now(), session.turn, status),
    )
    if gone:
        mark_deleted(services, tx, session)
    elif closed:
        mark_archived(services, tx, session)
    elif following := _following(services, tx, session, successor):
        return following
    if not gone:
        end = lifetimes.lifetime(session, services.clock.now())
        look = lifetimes.looked_at(session.options, end)
        moved = due.move(tx, session.due, look, "session", session.key.session, session.key.detail)
        tx.change(session.key.item, set=session_facts.ends(end, moved))
    tx.change(session.key.item, drop=("turn",))
    return None


def _following(services: Services, tx: Transaction, session: Session, successor: Begin | None) -> Turn | None:
    """Begin the turn that comes next, if there is one."""
    if successor:
        return successor(tx, session)
    for waiting in queueing.waiting(services, session):
        if turn := queueing.turn(services, session.key, waiting):
            return starting.promote(services, tx, session, waiting, turn)
        tx.delete(waiting.key, Present())  # nobody can read what it was to be
        tx.change(session.key.item, add=session_facts.LEFT)
    return None


def mark_archived(services: Services, tx: Transaction, session: Session) -> None:
    """Write that nothing begins in a session any more, as the last event of its own log."""
    writer = Writer(session.key.own_log, 0, services.ids.new("closed_"))
    tx.put(log.item(services, writer, session.events, [(SESSION_ARCHIVED, {})]), Absent())
    archived = session_facts.archived(services.clock.now())
    tx.change(session.key.item, Lacks("archived"), set=archived, add=session_facts.NAMED)


def mark_deleted(services: Services, tx: Transaction, session: Session) -> None:
    """Write that a session is gone for everyone outside; its contents go later (`deleting.purge`)."""
    now = services.clock.now()
    moved = due.move(tx, session.due, now + PURGE_AFTER, "purge", session.key.session, session.key.detail)
    tx.change(session.key.item, set=session_facts.deleted(now, moved))
    services.extensions.projections.session_deleted(services, tx, session)
