"""Reading a tenant's feed with a cursor that misses nothing, though ids are made before what they name is committed.

An id is made when a transaction is put together, so one may come into sight behind a greater one. No write takes longer
than HORIZON, so up to there the feed is settled, and behind it everything is looked at again: whatever a reader has not
seen there is news, wherever it sorts. Its cursor holds a sketch of what it knows there, which names the rest.

A clock may be ahead, and be set back: what is written then sorts in front of what was settled by it. A reader that
meets this holds for settled what is so by the clock as it is now; where a cursor of before comes, nobody knows since
when it has been so, and nothing is settled.
"""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from walkaway_core.errors import CursorInvalid
from walkaway_core.log.entry import Entry
from walkaway_core.log.readers import HEARTBEAT, next_beat
from walkaway_core.log.sketch import Sketch
from walkaway_core.ports.items import Item, ms
from walkaway_core.store import feed, keys
from walkaway_core.store.feed import Line
from walkaway_core.store.services import Services

HORIZON = 120.0
"""Seconds behind now up to which nothing is written any more: functions bear 45 seconds of trouble, requests 3."""
NOW = "now"
"""The cursor of who wants what comes from now on, and nothing of what has been."""
PACE = 30.0
"""Seconds for which what keeps coming is given without a look at what is known: that may be much then."""
SKEW = 30.0
"""Seconds by which the clocks of two machines may differ: so much of HORIZON no write needs."""
FAR = 366 * 86_400.0
"""Seconds ahead of now: no clock was ever so wrong."""
_PLACE = re.compile(r"(evt_[0-9a-f]{24})(?:\.([0-9a-f]{24})\.([0-9]{1,9})(?:\.([A-Za-z0-9_-]{1,200}))?)?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader is: it has all up to `settled` and what is `known` behind it, of which `last` is the greatest."""

    settled: str = ""
    last: str = ""
    known: Sketch = field(default_factory=Sketch)

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """Read a cursor: what `cursor` gives, an event's id, or nothing for the beginning. Raises CursorInvalid."""
        if not cursor:
            return cls()
        match = _PLACE.fullmatch(cursor)
        if not match:
            raise CursorInvalid(f"{cursor[:100]!r} is no cursor of the feed; send the last `next` or id that you have")
        settled, last, known, sums = match.groups()
        return cls(settled, f"evt_{last}", Sketch.read(int(known), sums or "")) if last else cls(settled, settled)

    def by(self, now: float) -> "Place":
        """Give the place as it is by the clock, in seconds since the epoch. Raises CursorInvalid if it is far ahead.

        A cursor that says nothing but what is settled may be an event's id, as new as now by another machine's clock.
        """
        if self.settled > _least(now + FAR):
            raise CursorInvalid(
                f"{self.cursor!r} is a time that has not come; send the last `next` or id that you have"
            )
        if self.settled > _least((now if self.is_bare else now - HORIZON) + SKEW):
            return replace(self, settled="")
        return replace(self, settled=_least(now - HORIZON)) if self.is_bare and self.settled > _least(now) else self

    @property
    def is_bare(self) -> bool:
        """Whether it says nothing but up to where somebody has all."""
        return self.last == self.settled

    @property
    def paced(self) -> str:
        """The horizon from which on it is time to look for what has come late."""
        return _least(int(self.settled[4:16] or "0", 16) / 1000 + PACE)

    @property
    def cursor(self) -> str:
        """What a reader sends to go on from here."""
        if self.last <= self.settled:
            return self.settled
        known = f"{self.known.count}.{self.known.text}".rstrip(".")
        return f"{self.settled}.{self.last.removeprefix('evt_')}.{known}"


class FeedReader:
    """Somebody who reads a tenant's feed."""

    def __init__(self, services: Services, tenant: str, place: Place) -> None:
        self.services = services
        self._tenant = tenant
        self._pk, _ = keys.feed(tenant, "")
        self._place = place
        self._horizon = ""
        self._seen: set[str] | None = None
        """What it has been given behind the settled part; None: nobody has looked yet what that was."""

    @classmethod
    def open(cls, services: Services, tenant: str, cursor: str) -> "FeedReader":
        """Begin behind a cursor, at the beginning, or at what comes from `now` on. Raises CursorInvalid.

        In front of an event's id, or a moment, that is not settled yet, what is there is known: what comes late is not.
        """
        place, settled = Place(), _horizon(services)
        if cursor != NOW:
            place = Place.read(cursor).by(services.clock.now())
            if not place.is_bare or place.settled <= settled:
                return cls(services, tenant, place)
        reader = cls(services, tenant, Place(settled))
        ids = [item.sk for item in reader._behind(place.last)]
        return cls(services, tenant, Place(settled, max([settled, place.last, *ids]), Sketch().plus(ids)))

    @property
    def cursor(self) -> str:
        """Where it is now."""
        return self._place.cursor

    async def read(self, *, limit: int = 1000, timeout: float) -> list[Line]:
        """Read up to `limit` things that are new, waiting up to `timeout` seconds for the first.

        Behind a cursor of another connection there may be some that its reader had already; whoever wants each once
        drops the ids it has.
        """
        horizon = self._now_settled()  # before anything is read: up to there all is in sight then
        with self.services.table.tail() as tail:
            page = await tail.read(self._pk, self._place.last, limit=limit, timeout=0)
            if page.items and horizon < self._place.paced:
                return self._given(page.items, self._place.settled)
            late = (await self.services.reading(self._late))[:limit]
            if len(late) == limit:
                return self._given(late, self._place.settled)
            wait = 0.0 if late else timeout
            page = await tail.read(self._pk, self._place.last, limit=limit - len(late), timeout=wait)
        return self._given([*late, *page.items], min(horizon, page.items[-1].sk) if page.more else horizon)

    def _now_settled(self) -> str:
        """Give the horizon; where the clock has been set back, no more than that is settled of what was."""
        before, self._horizon = self._horizon, _horizon(self.services)
        if self._horizon < min(before, self._place.settled):
            last = self._place.last if self._seen is None else max(self._seen, default=self._horizon)
            self._place = replace(self._place, settled=self._horizon, last=max(last, self._horizon))
        return self._horizon

    def _late(self) -> list[Item]:
        """Give what has come into sight in front of the last one that is known.

        Where the sketch of what another connection was given does not tell which those are, all are given again.
        """
        there = self._behind(self._place.last) if self._place.last > self._place.settled else []
        if self._seen is None:
            ids = {item.sk for item in there}
            late = self._place.known.added(ids)
            if late is None:
                self._place, there, ids, late = Place(self._place.settled, self._place.settled), [], set(), set()
            self._seen = ids - late
            last = max(ids, default=self._place.settled)
            known = self._place.known if self._place.known.sums else Sketch().plus(self._seen)
            self._place = Place(self._place.settled, last, known)
        return [item for item in there if item.sk not in self._seen]

    def _behind(self, upto: str) -> list[Item]:
        """Read what is behind the settled part, up to an id, or all of it."""
        found, after, more = list[Item](), self._place.settled, True
        while more:
            page = self.services.table.query(self._pk, after=after, upto=upto or None)
            found += page.items
            more, after = page.more, page.items[-1].sk if page.items else after
        return found

    def _given(self, items: Sequence[Item], upto: str) -> list[Line]:
        """Note what is given, and that all up to there has been; give it."""
        if self._seen is None:
            self._place = Place(self._place.settled, items[-1].sk, self._place.known.plus(item.sk for item in items))
            return [feed.read(self._tenant, item) for item in items]
        settled = max(self._place.settled, upto)
        before = self._seen
        self._seen = {id_ for id_ in (*before, *(item.sk for item in items)) if id_ > settled}
        known = self._place.known.plus(before - self._seen, -1).plus(self._seen - before)
        self._place = Place(settled, max(settled, self._place.last, *self._seen), known)
        return [feed.read(self._tenant, item) for item in items]

    async def follow(self, seconds: float | None = None) -> AsyncIterator[list[Line]]:
        """Yield what happens as it comes; an empty list is a heartbeat. Ends after so many seconds."""
        until = inf if seconds is None else self.services.clock.now() + seconds
        async with Entry(self.services.shares.streams.place(self._tenant)) as entry:
            while not await entry.within(HEARTBEAT):
                if self.services.clock.now() >= until:
                    return
                yield []
            while (left := until - self.services.clock.now()) > 0:
                yield await self.read(timeout=min(next_beat(HEARTBEAT), left))

    async def page(self, *, limit: int, timeout: float) -> list[Line]:
        """Read up to `limit` things that are there, waiting up to `timeout` seconds for the first."""
        until = self.services.clock.monotonic() + timeout
        while True:  # what comes into sight late wakes nobody
            left = until - self.services.clock.monotonic()
            lines = await self.read(limit=limit, timeout=min(HEARTBEAT, max(0.0, left)))
            if lines or left <= 0:
                return lines


def _horizon(services: Services) -> str:
    """Give the least id that could be made for what is still to come into sight."""
    return _least(services.clock.now() - HORIZON)


def _least(at: float) -> str:
    """Give the least id of a time, in seconds since the epoch."""
    return f"evt_{max(0, ms(at)):012x}{0:012x}"
