"""How a session goes: at once for everyone outside, its contents later and from the front."""

from collections.abc import Iterator

from walkaway_core.dialects.runs import index
from walkaway_core.dialects.workflows import index as task_index
from walkaway_core.engine.ending import PURGE_AFTER, Ending, end_turn
from walkaway_core.errors import SessionNotFound
from walkaway_core.ports.items import Below, Change, Condition, Delete, Fact, Is, Key, Lacks, Refused, Unknown, ms
from walkaway_core.store import bodies, due, keys, outbox, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services

BATCH = 100


def delete(services: Services, key: SessionKey) -> None:
    """Delete a session; a turn that runs ends as cancelled first. Raises SessionNotFound."""
    while True:
        session = sessions.get(services, key)
        if session.busy:
            turn = TurnKey(key.tenant, key.session, session.turn)
            if end_turn(services, turn, Ending("cancelled", delete=True)).now:
                return
        elif bury(services, session):
            return


def delete_idle(services: Services, tenant: str, older_than: int | None, *, idle: bool) -> int:
    """Delete a tenant's sessions that have been inactive for so many seconds, only free ones if `idle`; count them."""
    before = services.clock.now() - (older_than or 0)
    count = 0
    for session in sessions.everyone(services, tenant):
        if older_than is not None and session.last_activity > before:
            continue
        try:
            if not session.busy:
                count += bury(services, session, Below("active", ms(before) + 1))
            elif not idle:
                delete(services, session.key)
                count += 1
        except SessionNotFound:
            continue
    return count


def bury(services: Services, session: sessions.Session, *when: Condition, expired: bool = False) -> bool:
    """Mark a free session as deleted; False when it has changed meanwhile. `expired`: its time is over, tell that."""
    now = services.clock.now()
    detail = {"tenant": session.key.tenant, "session": session.key.session}
    moved = due.move(session.due, now + PURGE_AFTER, "purge", session.key.session, detail)
    facts: dict[str, Fact] = {"deleted": ms(now), "due": moved[-1].key[1]}
    told = outbox.tell(services, session.key, session, "", *(["session.expired"] if expired else []))
    free = (Lacks("turn"), Lacks("deleted"), Is("due", session.due), *told.when, *when)
    try:
        services.table.write(Change(*session.key.item, set=facts, add=told.added, when=free), *told.puts, *moved)
    except Refused:
        return False
    except Unknown:
        item = services.table.get(session.key.item)[0]
        return item is None or "deleted" in item.facts
    outbox.send_now(services, *told.puts)
    return True


def purge(services: Services, key: SessionKey, watch: Key, until: float) -> None:
    """Remove what a deleted session holds: logs from number 0 up, turns, conversation, large bodies, the record.

    Stops at the time `until`; called again, it goes on, as the due item `watch` is the last to go. A session that is
    not marked as deleted is left as it is.
    """
    record = services.table.get(key.item)[0]
    if record is None or "deleted" not in record.facts:
        services.table.write(Delete(*watch))
        return
    for _ in _pieces(services, key):
        if services.clock.now() >= until:
            return
    services.table.write(Delete(*key.item), Delete(*watch))


def _pieces(services: Services, key: SessionKey) -> Iterator[None]:
    """Remove a session's contents piece by piece. A turn goes after its log, or nobody would know of that."""
    while page := services.table.query(key.partition, after="TURN#", upto=f"TURN#{keys.END}", limit=BATCH).items:
        for item in page:
            turn = TurnKey(key.tenant, key.session, item.sk.removeprefix("TURN#"))
            while services.table.sweep_out(turn.log, keys.END, BATCH):
                yield
            record = turns.unpack(turn, item)
            listed = index.gone(services, record.run, turn, record.run_state)
            services.table.write(Delete(*item.key), *listed, *task_index.gone(record.task, turn))
            yield
    for pk in (key.between.log, key.partition):
        while services.table.sweep_out(pk, keys.END, BATCH):
            yield
    root = bodies.root(key.tenant)
    for entry in services.workspace.listing(root, key.session) or ():
        services.workspace.delete(root, f"{key.session}/{entry.name}")
        yield
