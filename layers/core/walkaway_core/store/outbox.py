"""The outbox: what the bus must be told, written with what it tells of, so that no crash lies between the two."""

import logging
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from walkaway_core.ports.items import Delete, Is, Item
from walkaway_core.store import due, feed, keys
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

ENDED = {"completed": "turn.completed", "failed": "turn.failed", "cancelled": "turn.cancelled"}
"""What is told of a turn's end."""
STARTED = "turn.started"
"""What is told when a turn takes its first step."""
DISABLED = "webhook.disabled"
"""What is told when a webhook is given up."""
EXPIRED = "session.expired"
"""What is told when a session's time is over."""
QUEUED = "turn.queued"
"""What is told when a message comes to wait behind the turn that runs."""
RESUMED = "turn.resumed"
"""What is told when a turn has all answers that it waited for: with the `step` whose calls those were of."""
CREATED = "session.created"
"""What is told when a session is made."""
UPDATED = "session.updated"
"""What is told when somebody changes a session: with `changed`, the names of what it was."""
ARCHIVED = "session.archived"
"""What is told when a session is closed for ever."""
DELETED = "session.deleted"
"""What is told when a session is deleted before its time is over."""
AWAITING = "turn.awaiting_tools"
"""What is told when a turn begins to wait for its caller: with `step` and `tool_calls`."""
FIRED, SKIPPED, FAILED, PAUSED = "schedule.fired", "schedule.skipped", "schedule.failed", "schedule.paused"
"""What is told of a schedule: with its id and name, and with the firing or the reason."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
SWEPT_AFTER = 10.0
"""Seconds that whoever wrote the item has for telling the bus; then the sweep does it."""


def add(
    tx: Transaction,
    services: Services,
    key: SessionKey,
    session: Session | None,
    turn: str,
    *kinds: str,
    more: Mapping[str, Any] = NOTHING,
) -> list[Item]:
    """Write, as due items, that things have happened, one after the other; with what `more` there is to say of each.

    The session's record counts them, and nobody else may have counted meanwhile: no two things have one number.
    Give the items to `send_now` after the commit.
    """
    told, now = session.told if session else 0, services.clock.now()
    if session and kinds:
        tx.change(key.item, Is("told", told), add={"told": len(kinds)})
    return [
        put(
            tx,
            services,
            Notice(services.ids.new("evt_"), kind, key.tenant, key.session, turn, told + n, now, more),
            session,
        )
        for n, kind in enumerate(kinds, 1)
    ]


def put(tx: Transaction, services: Services, notice: Notice, session: Session | None = None) -> Item:
    """Write one thing as a due item, and into the tenant's feed; `session` is the one that it is about."""
    tx.put(feed.item(notice, session))
    at, detail = services.clock.now() + SWEPT_AFTER, {"kind": notice.kind, **notice.detail}
    sk = due.watch(tx, at, "outbox", notice.id, detail)
    return Item(keys.due_shard(notice.id), sk, {"kind": "outbox"}, jsontext.dump_bytes(detail))


def send(services: Services, item: Item) -> None:
    """Tell the bus, and forget the item when all subscribers are sure to hear. Until then the sweep repeats it."""
    detail = jsontext.loads(item.body)
    services.bus.publish(detail.pop("kind"), detail, lambda: _forget(services, item))


def _forget(services: Services, item: Item) -> None:
    services.table.write_behind(Delete(item.pk, item.sk))


def send_now(services: Services, items: Iterable[Item]) -> None:
    """Tell the bus what has been written. When that fails, it has happened all the same, and the sweep tells it."""
    for written in items:
        try:
            send(services, written)
        except Exception:
            logging.getLogger(__name__).exception("could not tell the bus of %s", written.key)
