"""Items that were added to a conversation without a turn, and items that were taken out of it.

What is added waits for the next response of the conversation, to which it is said before the input. Its place sorts
between the turns, as their ids do; its items are found by ids, as those of an input are.
"""

from collections.abc import Iterator, Sequence

from walkaway_core.dialects.responses import keys, reading
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.items import Item
from walkaway_core.ports import items
from walkaway_core.ports.items import Absent
from walkaway_core.store import bodies, turns
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext


def keep(services: Services, tx: Transaction, key: SessionKey, place: str, added: Sequence[Item]) -> None:
    """Write items at a place that is new."""
    path = f"{key.session}/added-{place}"
    text, pointer = bodies.stow(services.workspace, key.tenant, path, jsontext.dump_bytes([*added]))
    tx.put(items.Item(*keys.added(key, place), pointer, text), Absent())


def read(services: Services, key: SessionKey, place: str) -> list[Item] | None:
    """Read the items at a place, with their ids; None where nothing was added."""
    found = services.table.get(keys.added(key, place))[0]
    return None if found is None else _shown(services, key, found)


def all_of(services: Services, key: SessionKey, after: str = "") -> Iterator[tuple[str, list[Item]]]:
    """Go through the places behind one, in their order, with their items; also those that were taken out."""
    start, more = keys.added(key, after)[1], True
    while more:
        page = services.table.query(key.partition, after=start, upto=f"ADDED#{END}")
        for found in page.items:
            if found.sk != keys.added(key, after)[1]:
                yield found.sk.removeprefix("ADDED#"), _shown(services, key, found)
        start, more = page.items[-1].sk if page.items else start, page.more


def waiting(services: Services, session: Session) -> list[Item]:
    """Give the items that no response of a free session has been told yet."""
    last = turns.load(services, session.key.turn(session.ended_turn)) if session.ended_turn else None
    place = (last.key.order or last.key.turn) if last else session.ended_turn
    out = gone(services, session.key)
    return [item for _, there in all_of(services, session.key, place) for item in there if item["id"] not in out]


def gone(services: Services, key: SessionKey) -> set[str]:
    """Name the items that were taken out."""
    named, after, more = set[str](), "GONE#", True
    while more:
        page = services.table.query(key.partition, after=after, upto=f"GONE#{END}")
        named |= {found.sk.removeprefix("GONE#") for found in page.items}
        after, more = page.items[-1].sk if page.items else after, page.more
    return named


def _shown(services: Services, key: SessionKey, found: items.Item) -> list[Item]:
    names = Names(key.session, found.sk.removeprefix("ADDED#"))
    return reading.shown(names, gate.stored_list(bodies.shown(services.workspace, key.tenant, found)))
