"""Reading a turn's log: pages of it, and following it live. Readers only ever look at the Table."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from walkaway_core.errors import CursorInvalid
from walkaway_core.log import log
from walkaway_core.log.entry import Entry
from walkaway_core.ports.items import Item
from walkaway_core.ports.table import Tail
from walkaway_core.store import due, keys, starts, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire.events import STEP_STARTED, Event

HEARTBEAT = 2.5
"""Seconds of silence after which a follower is told that nothing happened (contract B.7: clients give up after 5)."""
PARKED = 60.0
"""Seconds of silence after which a reader of limited time leaves a turn that waits for its caller.

See docs/deploy.md#what-clients-notice.
"""
SLOT = 0.1
"""Seconds: heartbeats of all readers come at multiples of it, so that the loop wakes once for many."""
RELEASE_POLL = 0.01
STRAY_POLL = 0.25


@dataclass(frozen=True, slots=True)
class Cursor:
    """A checked place in a log: the last event that the reader has, and the item to read on from."""

    after: int
    item: str
    done: bool
    """Whether nothing can follow: the terminal event is at `after`."""


def cursor(services: Services, turn: TurnKey, after: int) -> Cursor:
    """Find a place in the log, -1 for before the first event. Raises CursorInvalid for one that is not there."""
    if after < 0:
        return Cursor(-1, "", done=False)
    item = log.latest(services, turn, keys.event(after + 1))
    last = log.last(item) if item else -1
    if item is None or after > last:
        raise CursorInvalid(f"The cursor {after} is ahead of the log, whose last event is {last}")
    if after == last:
        return Cursor(after, item.sk, done="terminal" in item.facts)
    begin = int(item.sk)
    return Cursor(after, keys.event(begin - 1) if begin else "", done=False)


async def read(
    services: Services, turn: TurnKey, at: Cursor, *, limit: int = 1000, timeout: float
) -> tuple[list[Event], Cursor]:
    """Read up to `limit` events behind the cursor, waiting up to `timeout` seconds for the first; and where that leads.

    When the terminal event is shown, the session is known to name the turn no longer.
    """
    with services.table.tail() as tail:
        return await read_on(tail, services, turn, at, limit=limit, timeout=timeout)


async def read_on(
    tail: Tail, services: Services, turn: TurnKey, at: Cursor, *, limit: int = 1000, timeout: float
) -> tuple[list[Event], Cursor]:
    """Do what `read` does, for who reads again and again, with one tail for all reads."""
    page = await tail.read(turn.log, at.item, limit=limit + 1, timeout=timeout)
    if not page.items:
        return [], at
    events = [event for event in log.events(services, turn, page.items) if event.number > at.after][:limit]
    if not events:
        passed = await _past(page.items, at, timeout)
        return ([], at) if passed == at else await read_on(tail, services, turn, passed, limit=limit, timeout=timeout)
    last = events[-1]
    if last.terminal:
        await _released(services, turn)
    return events, Cursor(last.number, _whole(page.items, last.number) or at.item, last.terminal)


def _whole(items: Sequence[Item], number: int) -> str:
    """Give the key of the last item that has no event behind this number."""
    for item in reversed(items):
        if log.numbered(item) and log.last(item) <= number:
            return item.sk
    return ""


async def _past(strays: Sequence[Item], at: Cursor, timeout: float) -> Cursor:
    """Go past items without a number; those that sort behind the next event stay, and the log is then polled."""
    following = keys.event(at.after + 1)
    passed = max((item.sk for item in strays if item.sk < following), default=at.item)
    if strays and passed == at.item:
        await asyncio.sleep(min(timeout, STRAY_POLL))
    return replace(at, item=passed)


async def follow(
    services: Services,
    turn: TurnKey,
    at: Cursor,
    seconds: float | None = None,
    *,
    patient: bool = False,
    beat: float = HEARTBEAT,
) -> AsyncIterator[list[Event]]:
    """Yield the events behind the cursor as they come, up to the terminal one; an empty list is a heartbeat.

    There is one at least each `beat` seconds in which nothing happens.

    Ends after `seconds` in any case, and, unless `patient`, soon after the turn has begun to wait for its caller:
    the reader comes back with its cursor.
    """
    now = services.clock.now()
    silence, until = Silence(now), inf if seconds is None else now + seconds
    async with Entry(services.shares.streams.place(turn.tenant)) as entry:
        while not await entry.within(beat):
            if services.clock.now() >= until:
                return
            yield []
        with services.table.tail() as tail:
            now, events = services.clock.now(), list[Event]()
            while not at.done and now < until:
                wait = beat if events else next_beat(beat)
                events, at = await read_on(tail, services, turn, at, timeout=min(wait, until - now))
                now = services.clock.now()
                if events:
                    silence.broken(now, events)
                elif await silence.parked(services, turn) and until < inf and not patient:
                    return
                yield events


def next_beat(beat: float) -> float:
    """Give the seconds to the next heartbeat: `beat`, or up to a slot less."""
    return beat - (asyncio.get_running_loop().time() + beat) % min(SLOT, beat / 10)


class Silence:
    """What a reader does while a turn is silent: it helps to start the turn, and notices that it waits for its caller.

    It looks at the turn's record for that no more often than needed: until the first step has begun, and then once,
    when the silence has lasted for long, since a turn that begins to wait says so in an event.
    """

    def __init__(self, now: float) -> None:
        self._since = now
        self._look = now + due.START_WITHIN
        self._started = False

    def broken(self, now: float, events: Sequence[Event], *, by_another: bool = False) -> None:
        """Something has happened, perhaps that another turn began."""
        self._since = now
        if by_another:
            self._started = False
        if not self._started:  # a step is announced in the transaction that notes the first one in the record
            self._started = any(event.type == STEP_STARTED for event in events)
        self._look = now + (PARKED if self._started else due.START_WITHIN)

    async def parked(self, services: Services, turn: TurnKey) -> bool:
        """Start a turn whose start was lost: whoever reads it helps (rule R4). Say whether it has long waited."""
        now = services.clock.now()
        if now <= self._look:
            return False
        record = await services.reading(turns.load, services, turn)
        if record:
            await services.reading(starts.begin_if_late, services, record)
        self._started = record is None or record.started
        long = now - self._since >= PARKED
        self._look = now + due.START_WITHIN if not self._started else inf if long else self._since + PARKED
        return long and record is not None and record.parked


async def _released(services: Services, turn: TurnKey) -> None:
    """Wait until the session no longer names the turn: `busy` is released before the terminal event is shown."""
    while True:
        owner = (await services.reading(services.table.get, turn.owner.item))[0]
        if owner is None or owner.facts.get("turn") != turn.turn:
            return
        await asyncio.sleep(RELEASE_POLL)
