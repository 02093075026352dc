"""What webhooks of the runs dialect are sent (contract B.8)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from walkaway_core.dialects.runs import index
from walkaway_core.dialects.runs.index import Run
from walkaway_core.log import spoken
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

KEYS = ("job_id", "status", "result", "error", "completed_at", "duration_seconds")


def body(services: Services, notice: Notice, turn: Turn | None) -> Mapping[str, Any]:
    """The six keys; what is no run has the id of its turn there."""
    if turn is None:
        return {**dict.fromkeys(KEYS), "job_id": notice.turn or None, "status": notice.kind}
    state, ended, run = index.state(turn), turn.ended_at, Run.read(turn.facts)
    result = spoken.texts(services, [(turn.key, turn.step)])[0] if state == "succeeded" else None
    completed = datetime.fromtimestamp(ended, UTC).isoformat(timespec="microseconds") if ended else None
    seconds = round(turn.seconds, 6) if ended else None
    error = index.error(turn) if state == "failed" else None
    job = run.id if run else notice.turn
    return dict(zip(KEYS, (job, state, result, error, completed, seconds), strict=True))
