"""What webhooks of the workflows dialect are sent (contract C.3)."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.dialects.workflows import reading, records
from walkaway_core.engine.pause import asking
from walkaway_core.store import outbox
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn


def body(services: Services, notice: Notice, turn: Turn | None) -> Mapping[str, Any]:
    """The task's record in the state that the event tells of, and when this was sent."""
    record: dict[str, Any] = {"task_id": None, "status": notice.kind}
    if turn:
        step = notice.more.get("step", 0)
        calls = [call for call in (asking.requested(services, turn, step) if step else []) if call.needs == "output"]
        then = None if turn.ended_at and notice.kind in outbox.ENDED.values() else calls
        record = records.whole(services, turn, reading.asked(services, turn), then)
    return {**record, "timestamp": services.clock.now()}
