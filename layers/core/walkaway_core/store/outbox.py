"""The outbox: what the bus must be told, written with what it tells of, so that no crash lies between the two."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from walkaway_core.ports.items import Condition, Delete, Is, Item, Put, ms
from walkaway_core.store import due
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_wire import jsontext

ENDED = {"completed": "turn.completed", "failed": "turn.failed", "cancelled": "turn.cancelled"}
"""What is told of a turn's end."""
AWAITING = "turn.awaiting_tools"
"""What is told when a turn begins to wait for its caller: with `step` and `tool_calls`."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
SWEPT_AFTER = 10.0
"""Seconds that whoever wrote the item has for telling the bus; then the sweep does it."""


@dataclass(frozen=True, slots=True)
class Told:
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
    def read(cls, kind: str, detail: Mapping[str, Any]) -> "Told":
        """Read what the bus was told."""
        known = ("id", "tenant", "sequence", "at", "session_id", "response_id")
        more = {name: value for name, value in detail.items() if name not in known}
        session, turn = detail.get("session_id", ""), detail.get("response_id", "")
        return cls(detail["id"], kind, detail["tenant"], session, turn, detail["sequence"], detail["at"] / 1000, more)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a transaction needs to tell something of a session: writes, and what the session's record counts then.

    The record's change must have `added` and be on condition of `when`, so that no two things have one number.
    """

    puts: tuple[Put, ...]
    added: Mapping[str, int]
    when: tuple[Condition, ...]


def tell(
    services: Services,
    key: SessionKey,
    session: Session | None,
    turn: str,
    *kinds: str,
    more: Mapping[str, Any] = NOTHING,
) -> Telling:
    """Write, as due items, that things have happened, one after the other; with what `more` there is to say of each."""
    told, now = session.told if session else 0, services.clock.now()
    puts = tuple(
        put(services, Told(services.ids.new("evt_"), kind, key.tenant, key.session, turn, told + n, now, more))
        for n, kind in enumerate(kinds, 1)
    )
    return Telling(puts, {"told": len(kinds)}, (Is("told", told),))


def put(services: Services, told: Told) -> Put:
    """Write one thing as a due item."""
    return due.put(services.clock.now() + SWEPT_AFTER, "outbox", told.id, {"kind": told.kind, **told.detail})


def send(services: Services, item: Item) -> None:
    """Tell the bus and forget the item. Repeated by the sweep when this process dies in between."""
    detail = jsontext.loads(item.body)
    services.bus.publish(detail.pop("kind"), detail)
    services.table.write(Delete(item.pk, item.sk))


def send_now(services: Services, *puts: Put) -> None:
    """Tell the bus what has been written. When that fails, it has happened all the same, and the sweep tells it."""
    for written in puts:
        try:
            send(services, written.item)
        except Exception:
            logging.getLogger(__name__).exception("could not tell the bus of %s", written.key)
