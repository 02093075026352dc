"""Calls that events from a client answer: found by the ids of the events that have shown them (contract E.14)."""

from collections.abc import Collection, Sequence
from typing import Final

from walkaway_core.dialects.managed import ids
from walkaway_core.engine.pause import asking
from walkaway_core.log import log
from walkaway_core.store import backwards, keys, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire.events import TOOL_CALL_REQUESTED, TOOL_USE_START, Event

MOST_SHOWN: Final = 5
"""Ids that a sentence names."""


def call_of(services: Services, session: SessionKey, id_: str) -> str | None:
    """Give the call that an event shows, in the model's words; None where it shows none.

    The event may be of another session's turn, in which a model has given a call the same id: who asks compares turns.
    """
    found = event(services, session, id_)
    if found and found.type in (TOOL_USE_START, TOOL_CALL_REQUESTED):
        call = found.data.get("id" if found.type == TOOL_USE_START else "call_id")
        return call if isinstance(call, str) else None
    return None


def event(services: Services, session: SessionKey, id_: str) -> Event | None:
    """Read the event of our log from which an event of this dialect is made; None where there is none.

    It is of this session, or of a turn of the tenant's.
    """
    place = ids.read_event(id_)
    if place is None or (place.of_session and place.owner != session.session):
        return None
    owner = session.own_log if place.of_session else session.turn(place.owner)
    item = log.latest(services, owner, keys.event(place.number + 1))
    there = log.events(services, owner, [item]) if item else []
    return next((each for each in there if each.number == place.number), None)


def waiting(services: Services, turn: Turn | None) -> list[str]:
    """Name the events that have shown the calls for whose answers a turn waits; none where there is no turn."""
    calls = [request.id for request in asking.pending(services, turn)] if turn else []
    return shown(services, turn.key, calls) if turn and calls else []


def shown(services: Services, turn: TurnKey, calls: Collection[str]) -> list[str]:
    """Name the events that have shown calls of a turn, in their order."""
    found: dict[str, int] = {}
    for item in backwards.items(services, turn.log, keys.END, first=100):
        for each in reversed(log.events(services, turn, [item])):
            if each.type == TOOL_USE_START and each.data.get("id") in calls:
                found.setdefault(str(each.data["id"]), each.number)
        if len(found) == len(calls):
            break
    return [ids.event(turn.turn, number) for number in sorted(found.values())]


def named(events: Sequence[str]) -> str:
    """Name the first of some events in a sentence, and say how many more there are."""
    more = f" and {len(events) - MOST_SHOWN} more" if len(events) > MOST_SHOWN else ""
    return f"{', '.join(events[:MOST_SHOWN])}{more}"


def not_waiting(services: Services, key: SessionKey, answered: str) -> str:
    """Say that a session does not wait for an answer to these events, and for which it does. Raises SessionNotFound."""
    session = sessions.get(services, key)
    waits = named(waiting(services, turns.running(services, [session]).get(session.turn))) or "nothing"
    return f"the session is not waiting on a response to {answered}; it waits for {waits}"
