"""Firings of schedules, as they go over HTTP: how one is asked for, and what became of each time."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from walkaway_wire.messages import MESSAGE_CHARACTERS
from walkaway_wire.strict import Strict

Action = Literal["message", "prune"]
Overlap = Literal["skip", "enqueue", "enqueue_all", "interrupt", "allow"]
Outcome = Literal["queued", "started", "skipped", "missed", "failed"]
Trigger = Literal["tick", "catch_up", "manual", "backfill"]


class ScheduleRunAsked(Strict):
    """How to fire now; what is absent is the schedule's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap": "allow"}]})

    overlap: Overlap | None = None
    message: Annotated[str | None, Field(min_length=1, max_length=MESSAGE_CHARACTERS)] = None


class ScheduleBackfillAsked(Strict):
    """For which past times to fire: those from `from` to `to`, 100 at most."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"from": 1777226400, "to": 1777312800}]}, populate_by_name=True
    )

    begin: Annotated[int, Field(strict=True, alias="from", ge=0)]
    to: Annotated[int, Field(strict=True, ge=0)]
    overlap: Annotated[
        Literal["enqueue", "skip", "interrupt", "allow"], Field(description="enqueue: all wait, in their order")
    ] = "enqueue"


class ScheduleTrouble(BaseModel):
    """What is wrong."""

    code: str
    message: str


FIRING_EXAMPLE: Final[dict[str, Any]] = {
    "id": "fire_019dd1f0a8601a2b3c4d5e6f",
    "schedule_id": "sch_019a6f0c3f6e1a2b3c4d5e6f",
    "scheduled_at": 1777269600,
    "fired_at": 1777269600.4,
    "trigger": "tick",
    "outcome": "started",
    "count": 1,
    "session_id": "sess_019bd1f0a86118c066881a2b",
    "response_id": "msg_019bd1f0a90c44b1d2e3f4a5",
    "turn_status": "completed",
    "pruned": None,
    "error": None,
}


class FiringPruned(BaseModel):
    """What a firing that deletes sessions has done so far."""

    status: Annotated[
        Literal["in_progress", "completed", "failed", "cancelled"],
        Field(description="failed: some could not be deleted, as the firing's error says"),
    ]
    deleted: Annotated[int, Field(description="how many sessions it has deleted")]


class FiringRecord(BaseModel):
    """A time at which a schedule was to fire, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [FIRING_EXAMPLE]})

    id: str
    schedule_id: str
    scheduled_at: Annotated[int, Field(description="the time that the schedule names, whenever it was kept")]
    fired_at: float
    trigger: Trigger
    outcome: Annotated[Outcome, Field(description="queued: it waits; missed: nobody was there to keep it")]
    count: Annotated[int, Field(description="of how many times this tells; more than 1 only where all were missed")]
    session_id: str | None
    response_id: str | None
    turn_status: Annotated[
        Literal["queued", "in_progress", "completed", "failed", "cancelled"] | None,
        Field(description="null where there is no turn, or it is gone with its session"),
    ]
    pruned: Annotated[FiringPruned | None, Field(description="null where it deletes no sessions")]
    error: Annotated[ScheduleTrouble | None, Field(description="why nothing began, or not all could be deleted")]
