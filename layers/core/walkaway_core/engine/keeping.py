"""What of a session is kept for those that go on from it, and how the rest of it goes: from the end, turn by turn.

A turn is needed while it is there, or one behind it is, in its session or in a child of that. Nobody can go on from a
turn that is gone for everyone outside, so what is not needed once will never be.
"""

from collections.abc import Iterator
from contextlib import suppress

from walkaway_core.engine.releasing import PURGE_AFTER
from walkaway_core.ports.items import Delete, Is, Item, Lacks, Refused
from walkaway_core.store import bodies, due, keys, lifetimes, parents, session_facts, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction

BATCH = 100
MOST = 1_000
"""Descendants that are looked at when a chain nears its end."""


def is_time(services: Services, since: float) -> bool:
    """Whether what is gone `since` a time may be removed: whoever slept over it has ended, and writes nothing there."""
    return services.clock.now() >= since + PURGE_AFTER - 1  # times are stored in whole milliseconds


def trim(services: Services, key: SessionKey, record: Item) -> Iterator[None]:
    """Remove, piece by piece, the turns of a session, of which this is the record, that nobody needs."""
    gone = "deleted" in record.facts
    if not (gone or "forgotten" in record.facts):
        return
    all_ = list(_turns(services, key))
    there = (turn.key for turn, item in all_ if not (gone or "forgotten" in item.facts))
    needed = max([parents.kept(services, key), *map(_place, there)])
    for turn, item in sorted(all_, key=lambda found: _place(found[0].key), reverse=True):
        since = record.time("deleted") if gone else item.time("forgotten", 0)
        if _place(turn.key) > needed and is_time(services, since):
            yield from _remove(services, turn, item)


def live_on(services: Services, session: Session) -> bool:
    """Let a chain live from the end of the youngest turn that goes on from it; False where its time is over."""
    if not session.options.chain:
        return False
    until = _youngest(services, session) + session.options.ttl
    longer = until > session.expires_at
    if not longer and services.clock.now() >= session.expires_at:
        return False
    until = max(until, session.expires_at)
    tx = Transaction(services.table)
    look = lifetimes.looked_at(session.options, until) if longer else until
    moved = due.move(tx, session.due, look, "session", session.key.session, session.key.detail)
    tx.change(
        session.key.item,
        Lacks("deleted"),
        Is("due", session.due),  # no turn of its own has begun or ended meanwhile
        set=session_facts.ends(until, moved),
    )
    with suppress(Refused):  # whoever has changed it has moved its due item
        tx.commit()
    return True


def _youngest(services: Services, session: Session) -> float:
    """When the youngest turn of a session's descendants has ended; now if one runs, 0 if there is none."""
    youngest, left, now = 0.0, [session.key], services.clock.now()
    for _ in range(MOST):
        if not left:
            break
        for child, _upto in parents.children(services, left.pop()):
            left.append(child)
            item = services.table.get(child.item)[0]
            if item and sessions.alive(item, now):
                found = sessions.unpack(child, item)
                youngest = max(youngest, now if found.busy else found.last_activity)
    return youngest


def _turns(services: Services, key: SessionKey) -> Iterator[tuple[turns.Turn, Item]]:
    after, more = "TURN#", True
    while more:
        page = services.table.query(key.partition, after=after, upto=f"TURN#{keys.END}")
        for item in page.items:
            yield turns.unpack(key.turn(item.sk.removeprefix("TURN#")), item), item
        after, more = page.items[-1].sk if page.items else after, page.more


def _place(key: TurnKey) -> str:
    return key.order or key.turn


def _remove(services: Services, turn: turns.Turn, item: Item) -> Iterator[None]:
    """Remove a turn: what was said from the end, so that what is left can be shown; its record after all else."""
    key = turn.key
    said, files = f"ENTRY#{_place(key)}#", f"CHANGED#{key.turn}#"
    for pk, after in ((key.owner.partition, said), (key.owner.partition, files), (key.log, "")):
        upto = f"{after}~" if after else keys.END
        while page := services.table.query(pk, after=after, upto=upto, reverse=True, limit=BATCH).items:
            for one in page:
                if "body_at" in one.facts:
                    services.workspace.delete(bodies.root(key.tenant), one.text("body_at"))
            services.table.write(*(Delete(*one.key) for one in page))
            yield
    services.table.write(Delete(*key.changed()))
    remove_record(services, turn, item)
    yield


def remove_record(services: Services, turn: turns.Turn, item: Item) -> None:
    """Remove a turn's record, which is the last of it, and what dialects keep of it."""
    tx = Transaction(services.table)
    tx.delete(item.key)
    services.extensions.projections.turn_removed(services, tx, turn)
    try:
        tx.commit()
    except Refused:  # what a dialect says of a turn that nobody can read may not be so
        if turn.readable:
            raise
        services.table.write(Delete(*item.key))
