"""A session's events as they come: live, from where a reader begins, for as long as the session is."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from walkaway_core.dialects.managed import own, projection
from walkaway_core.dialects.managed.segments import Start
from walkaway_core.dialects.managed.told import Told
from walkaway_core.dialects.managed.walking import Walk
from walkaway_core.log.session_readers import Line, SessionReader
from walkaway_core.store import sessions
from walkaway_wire.events import TURN_STARTED

BEAT: Final = 5.0
"""Seconds of silence after which a reader is told that nothing happened; proxies give up after a minute."""


class Following:
    """Somebody who follows a session. It is opened before anything is answered: what is sent since is not missed.

    `over` says that all has been told that there ever is.
    """

    def __init__(self, walk: Walk, start: Start, previews: frozenset[str]) -> None:
        """Raises SessionNotFound, CursorInvalid."""
        self._walk, self._start, self._previews = walk, start, previews
        self.over = start.over
        self._reader = SessionReader.open(walk.services, walk.key, start.cursor)
        self._turn = self._begin(start.turn)

    async def told(self, seconds: float | None) -> AsyncIterator[list[Told]]:
        """Yield events as they come, for so many seconds, to the session's last; an empty list is a heartbeat."""
        services = self._walk.services
        if at_once := [*self._start.told]:
            self.over = at_once[-1].last
            yield at_once
        if self.over:
            return
        async for lines in self._reader.follow(seconds, patient=True, beat=BEAT):
            told = await services.reading(self._take, lines) if lines else []
            self.over = bool(told) and told[-1].last
            if told or not lines:
                yield told
            if self.over:
                return
        (item,) = await services.reading(services.table.get, self._walk.key.item)
        if not sessions.alive(item, services.clock.now()):
            number = item.number("events", 0) if item else 0
            yield [own.deleted(self._walk.who, number, services.clock.now())]

    def _take(self, lines: Sequence[Line]) -> list[Told]:
        after = self._start.after
        return [
            told
            for line in lines
            for told in self._of(line)
            if after is None or told.owner != after.owner or told.spot > after
        ]

    def _of(self, line: Line) -> list[Told]:
        walk, event = self._walk, line.event
        if line.log != walk.key.session:
            return self._turn.take(event) if self._turn else []
        if event.type != TURN_STARTED:
            return own.told(walk.who, event)
        self._turn = self._begin(str(event.data.get("response_id", "")))
        return []

    def _begin(self, turn: str) -> projection.Turn | None:
        found = self._walk.projected(turn, self._previews) if turn else None
        return found[1] if found else None
