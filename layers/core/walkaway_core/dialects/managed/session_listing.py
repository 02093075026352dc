"""The list of sessions, in either order and both directions, narrowed before pages are cut (contract E.3, E.7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from walkaway_core.dialects.managed import ids, keys, statuses
from walkaway_core.dialects.managed.pages import Range
from walkaway_core.dialects.managed.statuses import Status, check
from walkaway_core.ports.items import Item
from walkaway_core.store import sessions, turns
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn

LOOKED_AT: Final = 100
"""Records that are read at once."""
SLACK: Final = 3600.0
"""Seconds by which a session's id and its record may differ: the id is made a moment before."""


EVER: Final = Range()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions; empty or None: whichever."""

    agent: str | None = None
    version: int | None = None
    range: Range = EVER
    archived: bool = False
    statuses: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, agent: str | None, version: int | None, range_: Range, statuses: tuple[str, ...], *, archived: bool
    ) -> "Wanted":
        """Read what is asked for. Raises Refusal."""
        check(statuses)
        ours = None if agent is None else ids.read_agent(agent) or agent
        archived = archived or "terminated" in statuses
        return cls(ours, version if agent else None, range_, archived, statuses)

    def fits(self, record: Item, session: Session) -> bool:
        """Whether a session is one of them, but for its status."""
        return (
            self.agent in (None, record.facts.get("agent"))
            and self.version in (None, record.facts.get("version"))
            and session.created_at in self.range
            and (self.archived or not session.archived_at)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A session of the list: its record, itself, and the turn that runs in it."""

    record: Item
    session: Session
    turn: Turn | None
    status: Status


def find(
    services: Services, tenant: str, wanted: Wanted, *, place: str, limit: int, descending: bool
) -> tuple[list[Found], bool]:
    """Find the sessions behind a place, the id of one; and say whether there are more."""
    found = list(islice(_all(services, tenant, wanted, place, descending=descending), limit + 1))
    return found[:limit], len(found) > limit


def _all(services: Services, tenant: str, wanted: Wanted, place: str, *, descending: bool) -> Iterator[Found]:
    for records in _pages(
        services, tenant, *_bounds(wanted.range, place, descending=descending), descending=descending
    ):
        names = [SessionKey(tenant, record.sk) for record in records]
        owners = services.table.get(*(name.item for name in names)) if names else ()
        there = [
            (record, sessions.unpack(key, owner))
            for record, key, owner in zip(records, names, owners, strict=True)
            if owner and sessions.alive(owner, services.clock.now())
        ]
        there = [(record, session) for record, session in there if wanted.fits(record, session)]
        running = turns.running(services, [session for _, session in there])
        for record, session in there:
            turn = running.get(session.turn)
            status = statuses.of(services, session, turn)
            if not wanted.statuses or status in wanted.statuses:
                yield Found(record, session, turn, status)


def _bounds(range_: Range, place: str, *, descending: bool) -> tuple[str, str]:
    """Say between which ids they stand: ids sort by the time at which they were made."""
    first, last = range_.gte if range_.gt is None else range_.gt, range_.lte if range_.lt is None else range_.lt
    after = "" if first is None else _at(first - SLACK)
    upto = END if last is None else _at(last + SLACK)
    return (after, min(place, upto) if place else upto) if descending else (max(place, after), upto)


def _at(seconds: float) -> str:
    return f"sess_{min(max(int(seconds * 1000), 0), 16**12 - 1):012x}"


def _pages(services: Services, tenant: str, after: str, upto: str, *, descending: bool) -> Iterator[list[Item]]:
    """Read the records between two ids, without these."""
    pk, more = keys.listed(tenant), after < upto
    while more:
        page = services.table.query(pk, after=after, upto=upto, reverse=descending, limit=LOOKED_AT)
        yield [item for item in page.items if item.sk not in (after, upto)]
        more = page.more and bool(page.items)
        if page.items:
            after, upto = (after, page.items[-1].sk) if descending else (page.items[-1].sk, upto)
