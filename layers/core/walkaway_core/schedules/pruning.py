"""A firing that deletes sessions: which of them go, how far it is, and how it ends.

Each session goes in the transaction that counts it, and that requires the firing to go on. What has been looked at is
written down now and then, so that whoever goes on after a crash, or in the next sweep, begins there.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from walkaway_core.engine import deleting
from walkaway_core.errors import SessionNotFound, Unavailable
from walkaway_core.ports.items import Delete, Fact, Is, Key, Refused, Unknown, ms
from walkaway_core.schedules import firings, schedules, telling, unused, waking
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.schedules.settling import Begun, Changed
from walkaway_core.store import due, outbox, sessions
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction

IN_PROGRESS = "in_progress"
BATCH = 100
"""Sessions that go before it is written down how far it is."""
PAGE = 1000
"""Sessions that are read at once."""
SECONDS = 5.0
"""For how long one look goes on: other things are due as well."""
BORNE = 600.0
"""Seconds for which a session may resist; then it is left."""
TRIES = 100
"""How often a session is looked at anew that others change meanwhile."""


def goes_on(firing: Firing) -> bool:
    """Whether it deletes, and has not come to its end."""
    return firing.text("pruning") == IN_PROGRESS


def begin(services: Services, begun: Begun, schedule: Schedule, firing: Firing) -> None:
    """Let a firing delete from now on what nobody has used for so long at its time. Raises Changed."""
    at = firing.fired_at if firing.trigger == "manual" else firing.scheduled
    since = max(0, at - unused.seconds(schedule.asked))
    tx = Transaction(services.table)
    sk = due.watch(tx, services.clock.now(), "prune", firing.id, firing.detail)
    begun.delete(tx, {"pruning": IN_PROGRESS, "unused": ms(since), "cursor": "", "pruned": 0, "due": sk})
    _commit(tx)
    begun.tell()


def act(services: Services, key: Key, detail: Mapping[str, Any], until: float) -> None:
    """Go on with a firing that deletes, until `until` (monotonic) at the most; what is left is due at once."""
    firing = firings.load(services, detail["tenant"], detail["schedule"], detail["firing"])
    if firing is None or firing.due != key[1] or not goes_on(firing):
        services.table.write(Delete(*key))  # left behind by what moved it
    elif schedules.load(services, firing.tenant, firing.schedule) is None:
        stop(services, firing)
    else:
        with suppress(Changed):  # somebody else goes on with it, or has stopped it
            _go_on(services, firing, min(until, services.clock.monotonic() + SECONDS))


def stop(services: Services, firing: Firing) -> None:
    """Let it delete no more."""
    now: Firing | None = firing
    while now and goes_on(now):
        with suppress(Changed):
            _end(services, now, {"pruning": "cancelled"})
        now = firings.load(services, firing.tenant, firing.schedule, firing.id)


def _go_on(services: Services, firing: Firing, until: float) -> None:
    """Delete what is to go, from the newest on that has not been looked at. Raises Changed."""
    seen, deleted = firing.text("cursor"), 0
    for session in sessions.scan(services, firing.tenant, seen, PAGE):
        name = session.key.session
        try:
            deleted += _prune(services, firing, session)
        except (Changed, Unavailable, Unknown):
            raise
        except Exception:
            logging.getLogger(__name__).exception("%s cannot delete %s", firing.id, name)
            since = firing.number("trouble") / 1000
            if not since or services.clock.now() - since < BORNE:
                _save(services, firing, seen, trouble=True)
                return
            firing = _save(services, firing, name, stuck=1)
        seen = name
        if deleted >= BATCH or "trouble" in firing.facts or services.clock.monotonic() >= until:
            firing, deleted = _save(services, firing, seen), 0
            if services.clock.monotonic() >= until:
                return
    if stuck := firing.number("stuck"):
        sentence = f"Sessions that could not be deleted: {stuck}; what is in their way stands in the server's log"
        _end(services, firing, {"pruning": "failed", "code": "trouble", "error": sentence})
    else:
        _end(services, firing, {"pruning": "completed"})


def _prune(services: Services, firing: Firing, session: Session) -> bool:
    """Delete a session that is free and has not been used; False for any other. Raises Changed."""
    since = firing.number("unused")

    def count(tx: Transaction) -> None:
        tx.change(firing.key, Is("pruning", IN_PROGRESS), add={"pruned": 1})  # whoever stops it has stopped it

    for _ in range(TRIES):
        if session.busy or not session.readable or ms(session.last_activity) > since:
            return False
        if deleting.delete_free(services, session, along=count):
            return True
        now = firings.load(services, firing.tenant, firing.schedule, firing.id)
        if now is None or not goes_on(now):
            break
        try:
            session = sessions.get(services, session.key)
        except SessionNotFound:
            return False
    raise Changed


def _save(services: Services, firing: Firing, seen: str, *, trouble: bool = False, stuck: int = 0) -> Firing:
    """Write down that all up to `seen` has been looked at, or that trouble keeps it there. Raises Changed."""
    now = services.clock.now()
    tx = Transaction(services.table)
    at = due.move(tx, firing.due, now + firings.ACT_WITHIN * trouble, "prune", firing.id, firing.detail)
    facts: dict[str, Fact] = {"due": at, "cursor": seen}
    if trouble:
        facts["trouble"] = firing.number("trouble") or ms(now)
    tx.change(
        firing.key,
        Is("due", firing.due),  # of two that go on one does, and nobody has stopped it
        set=facts,
        add={"stuck": stuck} if stuck else {},
        drop=() if trouble else ("trouble",),
    )
    _commit(tx)
    saved = firings.load(services, firing.tenant, firing.schedule, firing.id)
    if saved is None:
        raise Changed
    return saved


def _end(services: Services, firing: Firing, facts: dict[str, Fact]) -> None:
    """Let a firing delete no more, and what waits for that begin. Raises Changed."""
    tx = Transaction(services.table)
    tx.change(
        firing.key,
        Is("due", firing.due),  # it ends once, and the item to drop is that one
        set=facts,
        drop=("due", "cursor", "trouble"),
    )
    due.drop(tx, firing.id, firing.due)
    waking.wake(services, tx, firing.tenant, firing.schedule)
    schedule = schedules.load(services, firing.tenant, firing.schedule)
    notices = []
    if schedule and "code" in facts:
        notices = [telling.of_firing(services, tx, schedule, firing, outbox.FAILED, now=facts)]
    _commit(tx)
    outbox.send_now(services, notices)


def _commit(tx: Transaction) -> None:
    try:
        tx.commit()
    except Refused:
        raise Changed from None
