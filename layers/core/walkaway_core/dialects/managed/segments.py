"""Where a stream without a cursor begins: at the segment that its reader means.

A segment is what lies between two idle events. Programs that send first and then open a stream want the one that they
have begun, even if it is over by then; programs that open it first must not see the one before. So a stream begins with
the segment that is under way; else with the last one, if that ended just now and nobody was told of it; else now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from walkaway_core.dialects.managed import own
from walkaway_core.dialects.managed.told import Spot, Told
from walkaway_core.dialects.managed.walking import LAST, Walk
from walkaway_core.log import log
from walkaway_core.ports.items import ms
from walkaway_core.store import backwards, keys, turns
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn
from walkaway_wire.events import SESSION_ARCHIVED, SESSION_INTERRUPTED, TURN_STARTED, Event

ALL: Final = 2 * LAST
"""Behind all that comes of one event."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin: a cursor of `log.session_readers`, and the turn whose log that opens, if it does.

    What is told up to `after` the reader has. `told` comes at once, before what is read from there on. `over`: the
    reader has all that there ever is.
    """

    cursor: str
    turn: str = ""
    after: Spot | None = None
    told: tuple[Told, ...] = ()
    over: bool = False


def begin(walk: Walk, session: Session) -> Start:
    """Choose where a stream without a cursor begins."""
    newest: str | None = None
    for event in _backwards(walk):
        newest = _behind(walk.key, event) if newest is None else newest
        if event.type == SESSION_ARCHIVED:
            return Start("", told=tuple(own.told(walk.who, event)))
        if event.type == SESSION_INTERRUPTED and not session.busy and _is_news(walk, event.at):
            return Start(f"{walk.key.session}:{event.number}", told=tuple(own.told(walk.who, event)))
        name = str(event.data.get("response_id", "")) if event.type == TURN_STARTED else ""
        turn = turns.load(walk.services, walk.key.turn(name)) if name else None
        if turn and not turn.forgotten:
            return _in_turn(walk, session, turn, event, newest)
    return Start(newest or "")


def behind(walk: Walk, spot: Spot) -> Start | None:
    """Begin behind a place; None where there is none in this session."""
    place = walk.own_place(spot.owner, spot.number)
    if place < 0:
        return None
    cursor = f"{walk.key.session}:{place}"
    if spot.owner != walk.key.session:
        return Start(cursor, spot.owner, spot)
    there = walk.own(place)
    left = tuple(told for told in there if told.spot > spot)
    return Start(cursor, told=left, over=not left and bool(there) and there[-1].last)


def named(walk: Walk, cursor: str) -> Start | None:
    """Begin behind the place that a cursor names, or the event whose id it is; None where that is unknown."""
    spot = Spot.read(cursor) or walk.find(cursor)
    return behind(walk, spot) if spot else None


def reported(services: Services, session: Session, turn: Turn | None = None) -> None:
    """Note that a caller is told that a session rests, if it does; `turn` is the one that runs, if somebody has it."""
    now, fresh = services.clock.now(), services.settings.fresh_seconds
    since = session.last_activity
    if session.busy:
        turn = turn or turns.load(services, session.key.turn(session.turn))
        if turn is None or not turn.parked:
            return
        since = turn.pause.since
    if now - since <= fresh and session.ended_turn + session.turn:
        services.ends.note(session.key.tenant, session.key.session, now)


def _in_turn(walk: Walk, session: Session, turn: Turn, event: Event, newest: str) -> Start:
    """Begin at the last segment of a turn, or behind all that there is."""
    services, name = walk.services, turn.key.turn
    fresh, now = services.settings.fresh_seconds, services.clock.now()
    over = session.turn != name
    if over and now - session.last_activity > fresh:
        return _now(walk, turn, newest)
    start = f"{walk.key.session}:{event.number}"
    begins: Spot | None = None
    rests: Told | None = None
    for told in walk.turn(name):
        if rests:
            begins, rests = rests.spot, None
        if told.idle:
            rests = told
    if rests is None:
        return Start(start, name, begins)
    if _is_news(walk, rests.at):
        return Start(start, name, begins)
    return _now(walk, turn, newest) if over else Start(start, name, Spot(name, rests.number, ALL))


def _is_news(walk: Walk, at: float) -> bool:
    """Say whether a session came to rest just now, and nobody was told of it."""
    services = walk.services
    fresh = services.clock.now() - at <= services.settings.fresh_seconds
    return fresh and ms(services.ends.noted(walk.key.tenant, walk.key.session)) < ms(at)


def _now(walk: Walk, turn: Turn, newest: str) -> Start:
    """Begin behind a turn that is over, and what was said after it."""
    if newest:
        return Start(newest)
    last = log.end(walk.services, turn.key).number - 1
    return Start(f"{turn.key.turn}:{last}")


def _behind(key: SessionKey, event: Event) -> str:
    """Give the cursor behind an event of the session's own log; `""` for a turn's beginning, whose events follow."""
    return "" if event.type == TURN_STARTED else f"{key.session}:{event.number}"


def _backwards(walk: Walk) -> Iterator[Event]:
    """Read the session's own log from its end."""
    for item in backwards.items(walk.services, walk.key.own_log.log, keys.END, first=3):
        yield from reversed(log.events(walk.services, walk.key.own_log, [item]))


def told(walk: Walk, at: float) -> None:
    """Note that a reader was told that the session came to rest at this time, if that matters still."""
    if walk.services.clock.now() - at <= walk.services.settings.fresh_seconds:
        walk.services.ends.note(walk.key.tenant, walk.key.session, at)
