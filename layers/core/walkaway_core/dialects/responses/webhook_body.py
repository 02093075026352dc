"""What webhooks of the responses dialect are sent: that a response of the background is over (contract D.14).

The body is thin: who is told reads the response.
"""

from collections.abc import Mapping
from typing import Any, Final

from walkaway_core.dialects.responses import stored
from walkaway_core.dialects.responses.endings import INCOMPLETE
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.store.notice import Notice
from walkaway_core.store.turn_facts import OVER
from walkaway_core.store.turns import Turn

STATUSES: Final = ("completed", "failed", "cancelled", "incomplete")
TYPES: Final = tuple(f"response.{status}" for status in STATUSES)


def body(notice: Notice, turn: Turn | None) -> Mapping[str, Any] | None:
    """Write it; None for what is no such end."""
    if turn is None or turn.status not in OVER or turn.facts.get(stored.MADE) != "background":
        return None
    failed = turn.status == "failed"
    status = "incomplete" if failed and turn.code in INCOMPLETE else turn.status
    return event(notice.id, notice.at, f"response.{status}", Names(turn.key.session, turn.key.turn).response)


def event(id_: str, at: float, type_: str, response: str) -> Mapping[str, Any]:
    """Write an event about a response."""
    return {"id": id_, "object": "event", "created_at": int(at), "type": type_, "data": {"id": response}}
