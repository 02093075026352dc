"""Reading a session's events over all its turns, with one cursor: a log's name and a number in it.

The session's own log says which turns began, and what happened between them; a reader who meets the beginning of a turn
reads that turn's log to its end, and then goes on.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from math import inf

from walkaway_core.errors import CursorInvalid
from walkaway_core.log import log, readers
from walkaway_core.log.entry import Entry
from walkaway_core.log.readers import HEARTBEAT, Cursor, Silence
from walkaway_core.ports.table import Tail
from walkaway_core.store import keys, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_wire.events import TURN_STARTED, Event

_PLACE = re.compile(r"((?:sess|msg)_[A-Za-z0-9]{1,64}):([0-9]{1,10})")
START = Cursor(-1, "", done=False)


@dataclass(frozen=True, slots=True)
class Line:
    """An event of a session; `log` is the turn whose event it is, or the session itself."""

    log: str
    event: Event

    @property
    def cursor(self) -> str:
        """What a reader who has this one sends to go on."""
        return f"{self.log}:{self.event.number}"


class SessionReader:
    """Somebody who reads a session's events. `turn` is whose log is being read, `""` for the session's own."""

    def __init__(self, services: Services, key: SessionKey, turn: str, at: Cursor, place: int) -> None:
        self._services = services
        self._key = key
        self._turn = turn
        self._at = at
        self._place = place

    @classmethod
    def open(cls, services: Services, key: SessionKey, cursor: str) -> "SessionReader":
        """Begin behind the event with this cursor, `""` for before the first. Raises CursorInvalid, SessionNotFound."""
        sessions.get(services, key)
        if not cursor:
            return cls(services, key, "", START, 0)
        match = _PLACE.fullmatch(cursor)
        name, number = (match[1], int(match[2])) if match else ("", 0)
        if name == key.session:
            at, begun = readers.cursor(services, key.own_log, number), _begun(services, key, number)
            return cls(services, key, begun, START if begun else at, number)
        turn = turns.load(services, key.turn(name)) if name else None
        if turn is None or not turn.began_at or turn.forgotten:
            raise CursorInvalid(
                f"{cursor[:100]!r} is no cursor of this session; send the id of the last event you have"
            )
        return cls(services, key, name, readers.cursor(services, turn.key, number), turn.place)

    async def read(self, *, limit: int = 1000, timeout: float) -> list[Line]:
        """Read up to `limit` events, waiting up to `timeout` seconds for the first; none says little: read again."""
        with self._services.table.tail() as tail:
            return await self._read(tail, limit=limit, timeout=timeout)

    async def _read(self, tail: Tail, *, limit: int = 1000, timeout: float) -> list[Line]:
        if self._turn and self._at.done:
            self._at = await self._services.reading(readers.cursor, self._services, self._key.own_log, self._place)
            self._turn = ""
        name, log = self._turn or self._key.session, self._key.turn(self._turn) if self._turn else self._key.own_log
        events, self._at = await readers.read_on(tail, self._services, log, self._at, limit=limit, timeout=timeout)
        begins = next((i for i, event in enumerate(events) if event.type == TURN_STARTED), None)
        if begins is not None:
            events = events[: begins + 1]
            await self._descend(events[-1])
        return [Line(name, event) for event in events]

    async def _descend(self, begins: Event) -> None:
        """Go on with the log of a turn that begins, unless that was taken away."""
        turn = str(begins.data["response_id"])
        if await self._services.reading(_is_there, self._services, self._key.turn(turn)):
            self._turn, self._at, self._place = turn, START, begins.number
        else:
            self._at = await self._services.reading(readers.cursor, self._services, self._key.own_log, begins.number)

    async def page(self, *, limit: int, timeout: float) -> list[Line]:
        """Read up to `limit` events that are there, waiting up to `timeout` seconds for the first."""
        page: list[Line] = []
        with self._services.table.tail() as tail:
            while len(page) < limit:
                lines = await self._read(tail, limit=limit - len(page), timeout=0 if page else timeout)
                if not lines:
                    break
                page += lines
        return page

    async def follow(
        self, seconds: float | None = None, *, patient: bool = False, beat: float = HEARTBEAT
    ) -> AsyncIterator[list[Line]]:
        """Yield events as they come; an empty list is a heartbeat. Ends with the session, or as a turn's reading does.

        That is after `seconds`, or, unless `patient`, soon after the turn has begun to wait for its caller.
        """
        silence = Silence(self._services.clock.now())
        until = inf if seconds is None else self._services.clock.now() + seconds
        async with Entry(self._services.shares.streams.place(self._key.tenant)) as entry:
            while not await entry.within(beat):
                if self._services.clock.now() >= until:
                    return
                yield []
            with self._services.table.tail() as tail:
                while (left := until - self._services.clock.now()) > 0:
                    turn = self._turn
                    lines = await self._read(tail, timeout=min(readers.next_beat(beat), left))
                    if lines:
                        events = [line.event for line in lines]
                        silence.broken(self._services.clock.now(), events, by_another=self._turn != turn)
                    elif await self._over(silence, turn, limited=until < inf and not patient):
                        return
                    yield lines

    async def _over(self, silence: Silence, turn: str, *, limited: bool) -> bool:
        parked = bool(turn) and await silence.parked(self._services, self._key.turn(turn))
        return (parked and limited) or not await self._lives()

    async def _lives(self) -> bool:
        (item,) = await self._services.reading(self._services.table.get, self._key.item)
        return sessions.alive(item, self._services.clock.now())


def _begun(services: Services, key: SessionKey, number: int) -> str:
    """Name the turn that began with an event of the session's log, or give `""`: its events come next."""
    items = services.table.get((key.own_log.log, keys.event(number)))
    event = log.events(services, key.own_log, filter(None, items))[0]
    turn = str(event.data["response_id"]) if event.type == TURN_STARTED else ""
    return turn if turn and _is_there(services, key.turn(turn)) else ""


def _is_there(services: Services, key: TurnKey) -> bool:
    """Whether a turn was not taken away."""
    turn = turns.load(services, key)
    return turn is not None and not turn.forgotten
