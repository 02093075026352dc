"""The tenant's feed: whatever the bus is told, kept for a month under ids that sort by time.

What an item of it says; it stands at the id, and is written by the transaction that tells the bus (`outbox.put`):

fact           unit    says
kind                   what has happened, by its name on the bus
session, turn  id      whose it is; empty: nobody's
sequence       number  its number among what was told of the session; 0: of no session
at             ms      when it happened

The body has what `more` there is to say, and the session's `agent` (id) and `title` as they were. It never changes, and
expires after KEPT. Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.ports.items import Fact, Item, ms
from walkaway_core.store import keys, salvage
from walkaway_core.store.notice import Notice
from walkaway_core.store.sessions import Session
from walkaway_wire import gate, jsontext

KEPT = 30 * 86_400
"""Seconds for which it is kept."""
NEEDS: Mapping[str, Fact] = {"kind": gate.UNREADABLE, "session": "", "turn": "", "sequence": 0, "at": 0}
"""What stands for facts that cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that has happened, and how the session was called then and who worked for it."""

    notice: Notice
    about: Mapping[str, Any] = field(default_factory=dict)


def item(notice: Notice, session: Session | None) -> Item:
    """Make the item."""
    facts: dict[str, Fact] = {
        "kind": notice.kind,
        "session": notice.session,
        "turn": notice.turn,
        "sequence": notice.sequence,
        "at": ms(notice.at),
    }
    about = {"agent": session.options.agent or None, "title": session.title} if session else {}
    body = jsontext.dump_bytes({"more": dict(notice.more), "about": about})
    return Item(*keys.feed(notice.tenant, notice.id), facts, body, expires=int(notice.at) + KEPT)


def read(tenant: str, item: Item) -> Line:
    """Read an item; one that cannot be read says so."""
    return salvage.read(item, lambda whole: _read(tenant, whole), NEEDS)


def _read(tenant: str, item: Item) -> Line:
    body = {"more": {}, "about": {}} | gate.stored_object(item.body)
    salvage.typed(body, more=dict, about=dict)
    more = {gate.UNREADABLE: body[gate.UNREADABLE]} if gate.UNREADABLE in body else body["more"]
    whose, when = (item.text("session"), item.text("turn")), (item.number("sequence"), item.time("at"))
    return Line(Notice(item.sk, item.text("kind"), tenant, *whose, *when, more), body["about"])
