"""The outbox: what the bus must be told, written with what it tells of, so that no crash lies between the two."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from walkaway_core.ports.items import Delete, Is, Item, ms
from walkaway_core.store import due, keys
from walkaway_core.store.keys import SessionKey
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
AWAITING = "turn.awaiting_tools"
"""What is told when a turn begins to wait for its caller: with `step` and `tool_calls`."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
SWEPT_AFTER = 10.0
"""Seconds that whoever wrote the item has for telling the bus; then the sweep does it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that has happened. `sequence` increases with each such thing of a session; 0: of no session."""

    id: str
    kind: str
    tenant: str
    session: str
    turn: str
    sequence: int
    at: float
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def detail(self) -> dict[str, Any]:
        """What the bus is told."""
        named = {"session_id": self.session, "response_id": self.turn}
        own = {"id": self.id, "tenant": self.tenant, "sequence": self.sequence, "at": ms(self.at)}
        return own | {name: value for name, value in named.items() if value} | dict(self.more)

    @classmethod
    def read(cls, kind: str, detail: Mapping[str, Any]) -> "Notice":
        """Read what the bus was told."""
        known = ("id", "tenant", "sequence", "at", "session_id", "response_id")
        more = {name: value for name, value in detail.items() if name not in known}
        session, turn = detail.get("session_id", ""), detail.get("response_id", "")
        return cls(detail["id"], kind, detail["tenant"], session, turn, detail["sequence"], detail["at"] / 1000, more)


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
        put(tx, services, Notice(services.ids.new("evt_"), kind, key.tenant, key.session, turn, told + n, now, more))
        for n, kind in enumerate(kinds, 1)
    ]


def put(tx: Transaction, services: Services, notice: Notice) -> Item:
    """Write one thing as a due item."""
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
