"""What a session's own log says between turns, as events."""

from collections.abc import Iterator
from typing import Any, Final

from walkaway_core.dialects.managed import dates, echo, endings, ids, metadata
from walkaway_core.dialects.managed.drafts import SESSION, THREAD
from walkaway_core.dialects.managed.told import Told, Who
from walkaway_wire.events import METADATA_UPDATED, SESSION_ARCHIVED, SESSION_INTERRUPTED, SESSION_UPDATED, Event

SHOWN: Final = ("title", "metadata", "agent", "budget")
"""What an update may have changed, as events have it."""


def told(who: Who, event: Event) -> list[Told]:
    """Give what an event of the session's own log is to readers."""
    drafts = enumerate(_drafts(who, event))
    return [Told(who.session, event.number, index, fields, event.at) for index, fields in drafts]


def updated(id_: str, changes: Any, at: float) -> dict[str, Any]:
    """Show that the session was changed: what was, as it is now, and nothing else."""
    said = {name: value for name, value in changes.items() if name in SHOWN} if isinstance(changes, dict) else {}
    if isinstance(said.get("metadata"), dict):
        said["metadata"] = metadata.texts(said["metadata"])
    return {"type": "session.updated", "id": id_, **said, "processed_at": dates.shown(at)}


def deleted(who: Who, number: int, at: float) -> Told:
    """Say that the session is gone, on streams that are open; `number`: how many events its own log had."""
    fields = {"type": "session.deleted", "id": ids.event(who.session, number), "processed_at": dates.shown(at)}
    return Told(who.session, number, 0, fields, at)


def _drafts(who: Who, event: Event) -> Iterator[dict[str, Any]]:
    at = dates.shown(event.at)

    def id_(letter: str = "") -> str:
        return ids.event(who.session, event.number, letter)

    if event.type == SESSION_UPDATED:
        yield updated(id_(), event.data.get("changes"), event.at)
    elif event.type == METADATA_UPDATED and (now := event.data.get("now")):
        yield updated(id_(), now, event.at)
    elif event.type == SESSION_INTERRUPTED:
        rests = {"stop_reason": endings.END_TURN, "stop_details": None, "processed_at": at}
        yield echo.interrupt(id_(), event.at)
        yield {"type": "session.thread_status_idle", "id": id_(THREAD), **who.thread, **rests}
        yield {"type": "session.status_idle", "id": id_(SESSION), **rests}
    elif event.type == SESSION_ARCHIVED:
        terminated = {"type": "session.thread_status_terminated", "id": id_(THREAD), **who.thread}
        yield {**terminated, "processed_at": at}
        yield {"type": "session.status_terminated", "id": id_(SESSION), "processed_at": at}
