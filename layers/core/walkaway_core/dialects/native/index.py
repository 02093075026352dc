"""Sessions by what they are: an index of those that wait for their caller, and filters over it and over the list.

What the index says of a session, from when its turn parks until that goes on or ends:

fact  unit  written by   says
turn  id    turn_moved   the turn that waits
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from walkaway_core.dialects.native import keys
from walkaway_core.ports.items import Item
from walkaway_core.store import sessions, turns
from walkaway_core.store.extensions import Projection
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext

PAGES = 5
"""Pages of the table that one request looks through."""
OF_LIST, OF_INDEX = 1000, 100
"""Items of a page: of the list of sessions, and of an index whose sessions are then read."""


class Waiting(Projection):
    """Keeps the index of the sessions that wait for their caller."""

    def turn_moved(self, services: Services, tx: Transaction, before: Turn, after: Turn) -> None:
        """A turn begins or ends a pause."""
        del services
        key = keys.waiting(after.key.owner)
        if after.parked and not before.parked:
            tx.put(Item(*key, {"turn": after.key.turn}))
        elif before.parked and not after.parked:
            tx.delete(key)

    def turn_removed(self, services: Services, tx: Transaction, turn: Turn) -> None:
        """A turn's record is being removed, perhaps one that nobody could read, and so nobody has ended."""
        del services
        if "parked" in turn.facts:
            tx.delete(keys.waiting(turn.key.owner))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sessions; None or empty: all of them. `agent` is an id; `text` stands in the title or the metadata."""

    busy: bool | None = None
    waiting: bool | None = None
    failed: bool | None = None
    agent: str = ""
    text: str = ""

    def fits(self, session: Session) -> bool:
        """Whether a session is one of them, but for whether it waits, which its record does not say."""
        return (
            self.busy in (None, session.busy)
            and (not self.waiting or session.busy)
            and self.failed in (None, session.outcome == "failed")
            and self.agent in ("", session.options.agent)
            and any(self.text.casefold() in each.casefold() for each in (session.title, *_texts(session.metadata)))
        )


def _texts(said: Any) -> Iterator[str]:
    """Give the names and values in JSON, each by itself: what stands between them nobody has written."""
    left = [said]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            yield from each
            left += each.values()
        elif isinstance(each, list):
            left += each
        else:
            yield each if isinstance(each, str) else jsontext.dumps(each)


def find(
    services: Services, tenant: str, wanted: Filter, *, limit: int, after: str = ""
) -> tuple[list[Session], dict[str, Turn], str]:
    """Find sessions, the newest first, among those made before `after`; with the turns that run in them.

    And with where to go on, or `""`: a page ends after so many looks, however few it has.
    """
    listed: list[Session] = []
    running: dict[str, Turn] = {}
    last = after
    for page, more in islice(_pages(services, tenant, after, waiting=bool(wanted.waiting)), PAGES):
        alive = {name: item for name, item in page.items() if item and sessions.alive(item, services.clock.now())}
        found = [sessions.unpack(SessionKey(tenant, name), item) for name, item in alive.items()]
        found = [session for session in found if wanted.fits(session)]
        running |= turns.running(services, found)
        for session in found:
            turn = running.get(session.turn)
            if wanted.waiting not in (None, bool(turn and turn.parked)):
                continue
            listed.append(session)
            if len(listed) == limit:
                return listed, running, session.key.session
        if not more:
            return listed, running, ""
        last = next(reversed(page), last)
    return listed, running, last


def _pages(
    services: Services, tenant: str, after: str, *, waiting: bool
) -> Iterator[tuple[dict[str, Item | None], bool]]:
    """Read the list of sessions, or of those that wait, from its end; and whether it goes on."""
    pk, prefix = (keys.waiting(SessionKey(tenant, ""))[0], "") if waiting else (f"T#{tenant}", "SESSION#")
    upto, more = prefix + (after or END), True
    while more:
        size = OF_INDEX if waiting else OF_LIST
        page = services.table.query(pk, after=prefix, upto=upto, reverse=True, limit=size)
        names = [item.sk.removeprefix(prefix) for item in page.items]
        items = services.table.get(*(SessionKey(tenant, name).item for name in names)) if waiting else page.items
        yield {name: item for name, item in zip(names, items, strict=True) if name != after}, page.more
        more = page.more
        upto = page.items[-1].sk if page.items else upto
