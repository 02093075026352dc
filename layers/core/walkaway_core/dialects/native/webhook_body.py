"""What webhooks of the sessions API are sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from walkaway_core.dialects.native import records
from walkaway_core.engine.pause import asking
from walkaway_core.store import outbox
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn


def body(services: Services, notice: Notice, turn: Turn | None) -> Mapping[str, Any]:
    """What has happened, when, and to what; of a turn its record, with the result."""
    data: dict[str, Any] = {"session_id": notice.session} if notice.session else {}
    if turn:
        data = records.states(services, [turn])[0].model_dump()
        if notice.kind == outbox.AWAITING:
            calls = asking.requested(services, turn, notice.more["step"])
            data["tool_calls"] = [call.shown for call in calls]
    elif notice.turn:
        data["id"] = notice.turn
    at = datetime.fromtimestamp(notice.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = dict(notice.more) | data
    return {"type": notice.kind, "id": notice.id, "timestamp": at, "sequence": notice.sequence, "data": data}
