"""How a session goes: at once for everyone outside, its contents later and from the front."""

from collections.abc import Callable, Iterator

from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.engine.releasing import mark_deleted
from walkaway_core.errors import SessionNotFound
from walkaway_core.ports.items import Below, Condition, Delete, Is, Key, Lacks, Refused, Unknown, ms
from walkaway_core.store import bodies, keys, outbox, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

BATCH = 100


def delete(services: Services, key: SessionKey) -> None:
    """Delete a session; a turn that runs ends as cancelled first. Raises SessionNotFound."""
    while True:
        session = sessions.get(services, key)
        if not session.readable or (session.busy and turns.lost(services, session)):
            if delete_unreadable(services, session):
                return
        elif session.busy:
            turn = TurnKey(key.tenant, key.session, session.turn)
            if end_turn(services, turn, Ending("cancelled", delete=True)).now:
                return
        elif delete_free(services, session):
            return


def delete_idle(services: Services, tenant: str, older_than: int | None, *, idle: bool) -> int:
    """Delete a tenant's sessions that have been inactive for so many seconds, only free ones if `idle`; count them."""
    before = services.clock.now() - (older_than or 0)
    count = 0
    for session in sessions.scan(services, tenant):
        if older_than is not None and session.last_activity > before:
            continue
        try:
            if not session.busy and session.readable:
                count += delete_free(services, session, Below("active", ms(before) + 1))
            elif not idle:
                delete(services, session.key)
                count += 1
        except SessionNotFound:
            continue
    return count


def delete_free(
    services: Services,
    session: sessions.Session,
    *when: Condition,
    expired: bool = False,
    along: Callable[[Transaction], None] = lambda _: None,
) -> bool:
    """Mark a free session as deleted; False when it has changed meanwhile. `expired`: its time is over, tell that.

    `along` writes what else belongs to its going, into the same transaction.
    """
    tx = Transaction(services.table)
    tx.change(
        session.key.item,
        Lacks("turn"),  # a message a moment earlier wins, and its turn must be ended first
        Lacks("deleted"),
        Is("due", session.due),
        *when,
    )
    mark_deleted(services, tx, session)
    along(tx)
    kind = outbox.EXPIRED if expired else outbox.DELETED
    notices = outbox.add(tx, services, session.key, session, "", kind)
    try:
        tx.commit()
    except Refused:
        return False
    except Unknown:
        item = services.table.get(session.key.item)[0]
        return item is None or "deleted" in item.facts
    outbox.send_now(services, notices)
    return True


def delete_unreadable(services: Services, session: sessions.Session) -> bool:
    """Mark a session as deleted of which, or of whose turn, nobody can read how it is; False when it was already."""
    tx = Transaction(services.table)
    tx.change(session.key.item, Lacks("deleted"), drop=("turn",))
    mark_deleted(services, tx, session)
    known = session if session.readable else None
    notices = outbox.add(tx, services, session.key, known, "", outbox.DELETED)
    try:
        tx.commit()
    except Refused:
        return False
    outbox.send_now(services, notices)
    return True


def purge(services: Services, key: SessionKey, watch: Key, until: float) -> None:
    """Remove what a deleted session holds: logs from number 0 up, turns, conversation, large bodies, the record.

    Stops at `until` (monotonic); called again, it goes on, as the due item `watch` is the last to go. A session that is
    not marked as deleted is left as it is; of one that has not come to be only large bodies can be there.
    """
    record = services.table.get(key.item)[0]
    if record is not None and "deleted" not in record.facts:
        services.table.write(Delete(*watch))
        return
    for _ in _pieces(services, key):
        if services.clock.monotonic() >= until:
            return
    services.table.write(Delete(*key.item), Delete(*watch))


def _pieces(services: Services, key: SessionKey) -> Iterator[None]:
    """Remove a session's contents piece by piece. A turn goes after its log, or nobody would know of that."""
    while page := services.table.query(key.partition, after="TURN#", upto=f"TURN#{keys.END}", limit=BATCH).items:
        for item in page:
            turn = TurnKey(key.tenant, key.session, item.sk.removeprefix("TURN#"))
            while services.table.sweep_out(turn.log, keys.END, BATCH):
                yield
            tx = Transaction(services.table)
            tx.delete(item.key)
            removed = turns.unpack(turn, item)
            services.extensions.projections.turn_removed(services, tx, removed)
            try:
                tx.commit()
            except Refused:  # what a dialect says of a turn that nobody can read may not be so
                if removed.readable:
                    raise
                services.table.write(Delete(*item.key))
            yield
    for pk in (key.own_log.log, key.partition):
        while services.table.sweep_out(pk, keys.END, BATCH):
            yield
    root = bodies.root(key.tenant)
    for entry in services.workspace.listing(root, key.session) or ():
        services.workspace.delete(root, f"{key.session}/{entry.name}")
        yield
