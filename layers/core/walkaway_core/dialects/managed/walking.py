"""Going through what is told of a session, from its beginning or from its end; each message once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import Final

from walkaway_core.dialects.managed import ids, own, projection
from walkaway_core.dialects.managed.said import Stored
from walkaway_core.dialects.managed.told import Spot, Told, Who
from walkaway_core.log import log
from walkaway_core.store import backwards, keys, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_wire.events import TURN_STARTED, Event

LAST: Final = 0x1000
"""Of what comes of one event, more than there is: messages that nobody has seen yet stand behind all that was told."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Goes through a session's events."""

    services: Services
    key: SessionKey
    who: Who

    def forwards(self, after: Spot | None = None) -> Iterator[Told]:
        """Give all that stands in the list, the oldest first; what is behind a place of it."""
        first = -1 if after is None else self.own_place(after.owner, after.number)
        for event in self._own(first):
            for told in self._of(event):
                if after is None or told.owner != after.owner or told.spot > after:
                    yield told

    def backwards(self, before: Spot | None = None) -> Iterator[Told]:
        """Give it the newest first; what stands before a place of it."""
        upto = keys.END if before is None else keys.event(self.own_place(before.owner, before.number) + 1)
        for item in backwards.items(self.services, self.key.own_log.log, upto, first=10):
            for event in reversed(log.events(self.services, self.key.own_log, [item])):
                for told in reversed([*self._of(event)]):
                    if before is None or told.owner != before.owner or told.spot < before:
                        yield told

    def find(self, id_: str) -> Spot | None:
        """Say where the event with this id is told for the first time; None where none is."""
        place = ids.read_event(id_)
        if place is None or self.own_place(place.owner, place.number) < 0:
            return None
        told = self.own(place.number) if place.of_session else [*self.turn(place.owner)]
        return next((each.spot for each in told if each.id == id_), None)

    def own(self, number: int) -> list[Told]:
        """Give all that is told of an event of the session's own log, which begins no turn."""
        items = self.services.table.get((self.key.own_log.log, keys.event(number)))
        found = log.events(self.services, self.key.own_log, filter(None, items))
        return [each for event in found for each in own.told(self.who, event)]

    def own_place(self, owner: str, number: int) -> int:
        """Say which event of the session's own log an event stands behind, or is; -1 for one of another session."""
        if owner == self.key.session:
            return number
        turn = turns.load(self.services, self.key.turn(owner))
        return turn.place if turn and turn.began_at and not turn.forgotten else -1

    def turn(self, name: str) -> Iterator[Told]:
        """Give all that is told of a turn, messages as often as they are; nothing of one that was taken away."""
        if found := self.projected(name):
            key, projected = found
            for event in events(self.services, key):
                yield from projected.take(event)

    def projected(self, name: str, previews: frozenset[str] = frozenset()) -> tuple[TurnKey, projection.Turn] | None:
        """Begin to tell of a turn; None where it was taken away."""
        record = turns.load(self.services, self.key.turn(name))
        if record is None or record.forgotten:
            return None
        said = Stored(self.services, record.key)
        return record.key, projection.Turn(self.who, name, record.began_at, said, previews)

    def _of(self, event: Event) -> Iterator[Told]:
        if event.type == TURN_STARTED:
            yield from listed(self.turn(str(event.data.get("response_id", ""))))
        else:
            yield from own.told(self.who, event)

    def _own(self, first: int) -> Iterator[Event]:
        """Read the session's own log from this event on."""
        return dropwhile(lambda event: event.number < first, events(self.services, self.key.own_log, first))


def events(services: Services, key: TurnKey, first: int = 0) -> Iterator[Event]:
    """Read a log as far as it goes, from this event on or a little before."""
    start = log.latest(services, key, keys.event(first + 1)) if first > 0 else None
    after, more = keys.event(int(start.sk) - 1) if start and int(start.sk) else "", True
    while more:
        page = services.table.query(key.log, after=after)
        yield from log.events(services, key, page.items)
        after, more = page.items[-1].sk if page.items else after, page.more


def listed(told: Iterator[Told]) -> Iterator[Told]:
    """Give each message once: where it was seen, or, until it is, behind all else."""
    unseen: dict[str, Told] = {}
    last: Told | None = None
    for each in told:
        if each.waits:
            unseen[each.id] = each
            continue
        unseen.pop(each.id, None)
        last = each
        yield each
    for index, each in enumerate(unseen.values()):
        yield each if last is None else replace(each, number=last.number, index=LAST + index)
