"""How a session goes: at once for everyone outside, its contents later and from the front."""

from collections.abc import Callable, Iterator

from walkaway_core.engine import keeping
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.engine.releasing import mark_deleted
from walkaway_core.errors import SessionNotFound
from walkaway_core.ports.items import Absent, Below, Condition, Is, Item, Key, Lacks, Refused, Unknown, ms
from walkaway_core.store import bodies, containers, due, identified, keys, outbox, parents, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.parents import Parent
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

BATCH = 100
AGAIN = 60.0
"""Seconds after which somebody else goes on to remove what was left of a session that has not come to be."""


def delete(services: Services, key: SessionKey, *, running: bool = True) -> bool:
    """Delete a session; a turn that it has ends as cancelled first. Raises SessionNotFound.

    `running`: also one whose turn runs, and does not wait for its caller; else that is left, and the answer is False.
    """
    while True:
        session = sessions.get(services, key)
        if not session.readable or (session.busy and turns.lost(services, session)):
            if delete_unreadable(services, session):
                return True
        elif session.busy:
            turn = TurnKey(key.tenant, key.session, session.turn)
            ended = end_turn(services, turn, Ending("cancelled", delete=True, parked=not running))
            if ended.now or (not running and ended.turn.status == "running"):
                return ended.now
        elif delete_free(services, session):
            return True


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
    not marked as deleted loses the turns that were taken away and that nobody needs, and one that has children all but
    what is kept for them; of one that has not come to be only large bodies and what is mounted can be there. What the
    last child has let go is looked at anew.
    """
    record = services.table.get(key.item)[0]
    last = watch if record else _moved(services, key, watch)
    if last is None:
        return
    kept = record is not None and not _is_over(services, key, record)
    for _ in _held(services, key, record, kept=kept):
        if services.clock.monotonic() >= until:
            return
    tx = Transaction(services.table)
    tx.delete(last)
    if record and not kept:
        tx.delete(key.item)
        if parent := Parent.of(record.facts):
            parent.release(tx, key.tenant, key.session, services.clock.now())
    tx.commit()


def _held(services: Services, key: SessionKey, record: Item | None, *, kept: bool) -> Iterator[None]:
    """Remove what a session holds, bit by bit; `kept`: all but what is kept of it."""
    if record and _is_gone(services, record):
        containers.remove(services, key)
    if record is None or "deleted" in record.facts:
        yield from identified.let_go(services, key.tenant, key.session)
    yield from keeping.trim(services, key, record) if record and kept else _pieces(services, key)


def _moved(services: Services, key: SessionKey, watch: Key) -> Key | None:
    """Move the due item before anything is removed: who still makes the session is refused at its old place.

    None: it has come to be meanwhile.
    """
    tx = Transaction(services.table)
    tx.check(key.item, Absent())
    moved = due.move(tx, watch[1], services.clock.now() + AGAIN, "purge", key.session, key.detail)
    try:
        tx.commit()
    except Refused:
        return None
    return due.place(key.session, moved)


def _is_over(services: Services, key: SessionKey, record: Item) -> bool:
    """Whether a session is deleted, for long enough, and nobody goes on from a turn of it."""
    return _is_gone(services, record) and not parents.kept(services, key)


def _is_gone(services: Services, record: Item) -> bool:
    """Whether a session is deleted, and whoever slept has had the time to notice it."""
    return "deleted" in record.facts and keeping.is_time(services, record.time("deleted"))


def _pieces(services: Services, key: SessionKey) -> Iterator[None]:
    """Remove a session's contents piece by piece. A turn goes after its log, or nobody would know of that."""
    while page := services.table.query(key.partition, after="TURN#", upto=f"TURN#{keys.END}", limit=BATCH).items:
        for item in page:
            turn = TurnKey(key.tenant, key.session, item.sk.removeprefix("TURN#"))
            while services.table.sweep_out(turn.log, keys.END, BATCH):
                yield
            keeping.remove_record(services, turns.unpack(turn, item), item)
            yield
    for pk in (key.own_log.log, key.partition):
        while services.table.sweep_out(pk, keys.END, BATCH):
            yield
    root = bodies.root(key.tenant)
    for entry in services.workspace.listing(root, key.session) or ():
        services.workspace.delete(root, f"{key.session}/{entry.name}")
        yield
