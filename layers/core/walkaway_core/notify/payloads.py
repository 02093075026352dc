"""What is sent: a body for each format."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from walkaway_core.dialects.native import records
from walkaway_core.dialects.workflows import records as task_records, tasks
from walkaway_core.engine.pause import asking
from walkaway_core.store import outbox, turns
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.outbox import Told
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext

RUN_KEYS = ("job_id", "status", "result", "error", "completed_at", "duration_seconds")


def native(services: Services, told: Told, turn: Turn | None) -> dict[str, Any]:
    """Our own: what has happened, when, and to what; of a turn its record, with the result."""
    data: dict[str, Any] = {"session_id": told.session} if told.session else {}
    if turn:
        data = records.responses(services, [turn])[0].model_dump()
        if told.kind == outbox.AWAITING:
            requests = asking.requested(services, turn, told.more["step"])
            data["tool_calls"] = [request.shown for request in requests]
    elif told.turn:
        data["id"] = told.turn
    return {
        "type": told.kind,
        "id": told.id,
        "timestamp": datetime.fromtimestamp(told.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "sequence": told.sequence,
        "data": dict(told.more) | data,
    }


def runs(services: Services, told: Told, turn: Turn | None) -> dict[str, Any]:
    """The six keys of the runs dialect (contract B.8); what is no run has the id of its turn there."""
    if turn is None:
        return {**dict.fromkeys(RUN_KEYS), "job_id": told.turn or None, "status": told.kind}
    state, ended = turn.run_state, turn.ended_at
    result = records.responses(services, [turn])[0].output_text if state == "succeeded" else None
    completed = datetime.fromtimestamp(ended, UTC).isoformat(timespec="microseconds") if ended else None
    seconds = round(ended - (turn.began_at or ended), 6) if ended else None
    job = turn.run.id if turn.run else told.turn
    error = turn.run_error if state == "failed" else None
    return dict(zip(RUN_KEYS, (job, state, result, error, completed, seconds), strict=True))


def workflows(services: Services, told: Told, turn: Turn | None) -> dict[str, Any]:
    """The model of the workflows dialect (contract C.3): the state that the event tells of, and when this was sent."""
    said: dict[str, Any] = {"task_id": None, "status": told.kind}
    if turn:
        step = told.more.get("step", 0)
        requests = asking.requested(services, turn, step) if step else []
        calls = [request for request in requests if request.needs == "output"]
        then = None if turn.ended_at and told.kind in outbox.ENDED.values() else calls
        said = task_records.whole(services, turn, tasks.asked(services, turn), then)
    return {**said, "timestamp": services.clock.now()}


FORMATS: Mapping[str, Callable[[Services, Told, Turn | None], dict[str, Any]]] = {
    "native": native,
    "runs": runs,
    "workflows": workflows,
}


def body(services: Services, format_: str, told: Told, turn: Turn | None) -> bytes:
    """Write a body."""
    return jsontext.dump_bytes(FORMATS[format_](services, told, turn))


def subject(services: Services, told: Told) -> Turn | None:
    """Find the turn that something is about, if it is one and is still there."""
    return turns.load(services, SessionKey(told.tenant, told.session).turn(told.turn)) if told.turn else None
