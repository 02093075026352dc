"""Schedules, as they go over HTTP: turns that begin by themselves, and sessions that go by themselves."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from walkaway_wire.firings import FIRING_EXAMPLE, Action, FiringRecord, Overlap, ScheduleTrouble
from walkaway_wire.messages import MESSAGE_CHARACTERS, AttachmentIn
from walkaway_wire.resources import Metadata, SessionCreate
from walkaway_wire.strict import Strict

CatchUp = Literal["latest", "all", "none"]
Time = Annotated[int | None, Field(strict=True, description="seconds since the epoch")]
Name = Annotated[
    str, Field(max_length=100, pattern="^[A-Za-z0-9._-]*$", description="one's own in the tenant; stands for the id")
]
EXAMPLE: Final[dict[str, Any]] = {
    "name": "digest",
    "cron": "0 8 * * 1-5",
    "timezone": "Europe/Berlin",
    "agent": "researcher",
    "message": "The digest for {{scheduled_at}}",
    "overlap": "skip",
    "catch_up": "latest",
}


def _whose(value: Any, handle: ValidatorFunctionWrapHandler) -> Any:
    """Say what is wrong with a session that is to be made in its own words, and else what can be said at all."""
    if isinstance(value, dict):
        return SessionCreate.model_validate(value)
    try:
        return handle(value)
    except ValidationError:
        raise ValueError("must be an object that says how to make a session, or the id of one") from None


class When(Strict):
    """When to fire: just one of `cron`, `every` and `at` says it."""

    cron: Annotated[
        str | None, Field(max_length=200, description="minute, hour, day of month, month, day of week; or @daily")
    ] = None
    every: Annotated[int | None, Field(strict=True, description="seconds from one to the next, 60 at least")] = None
    at: Annotated[Time, Field(description="once, at this time; one that has passed needs `catch_up` beside it")] = None
    timezone: Annotated[str, Field(max_length=100, description="of the IANA database; cron is in it")] = "UTC"


class SchedulePrune(Strict):
    """Which sessions a schedule deletes: those that are idle, and have been for long."""

    status: Annotated[Literal["idle"], Field(description="a busy one is never deleted by itself")] = "idle"
    older_than: Annotated[
        str, Field(max_length=40, description="unused for so long before the time that fires, such as 720h or 1h30m")
    ]


class ScheduleFields(When):
    """What a schedule says besides its name."""

    starts_at: Annotated[Time, Field(description="nothing before it; `every` counts from it on")] = None
    ends_at: Annotated[Time, Field(description="nothing behind it")] = None
    max_firings: Annotated[
        int | None, Field(strict=True, ge=1, le=1_000_000_000, description="how often it begins something by itself")
    ] = None
    jitter: Annotated[
        int, Field(strict=True, ge=0, le=3600, description="seconds by which it may be late, to spread the load")
    ] = 0
    action: Annotated[
        Action, Field(description="message: begins a turn; prune: deletes sessions, and takes no message")
    ] = "message"
    prune: Annotated[SchedulePrune | None, Field(description="which sessions are deleted, where `action` is prune")] = (
        None
    )
    message: Annotated[
        str,
        Field(
            max_length=MESSAGE_CHARACTERS,
            description="what the agent is told, with {{scheduled_at}}, {{previous_at}}, {{schedule}} and {{firing}}",
        ),
    ] = ""
    attachments: Annotated[list[AttachmentIn], Field(default_factory=list, max_length=20)]
    webhook_url: Annotated[
        str, Field(max_length=2000, description="an address that is told how each turn ends; see /v1/webhooks")
    ] = ""
    agent: Annotated[str, Field(max_length=200, description="id or name of the agent; also `session.agent`")] = ""
    session: Annotated[
        SessionCreate | str | None,
        WrapValidator(_whose),
        Field(description="how to make the session of each turn (by default it lives a week), or the id of one"),
    ] = None
    overlap: Annotated[
        Overlap, Field(description="what happens while the last turn, or deleting, that it began goes on")
    ] = "skip"
    catch_up: Annotated[
        CatchUp, Field(description="which of the times fire that nobody could keep: the newest, all up to 100, or none")
    ] = "latest"
    catch_up_window: Annotated[
        int, Field(strict=True, ge=0, le=366 * 86400, description="seconds: what was missed earlier does not fire")
    ] = 86_400
    pause_after_failures: Annotated[
        int | None, Field(strict=True, ge=1, le=1000, description="pause when so many in a row have failed")
    ] = None
    metadata: Annotated[Metadata, Field(default_factory=dict, description="free form, up to 16 KB")]
    status: Annotated[Literal["active", "paused"], Field(description="a paused one keeps no times")] = "active"
    note: Annotated[str, Field(max_length=500, description="why it is paused")] = ""


class ScheduleCreate(ScheduleFields):
    """A turn at given times, or sessions that are deleted then."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name = ""


class ScheduleChange(ScheduleFields):
    """What can be changed about a schedule; what is absent stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"status": "paused", "note": "holidays"}]}
    )

    name: Name = ""

    @model_validator(mode="after")
    def _says_something(self) -> "ScheduleChange":
        if not self.model_fields_set:
            raise ValueError("says nothing; send what is to change")
        return self


class SchedulePreviewAsked(When):
    """When to fire, and how many times are to be shown."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"cron": "0 8 * * 1-5"}]})

    starts_at: Time = None
    ends_at: Time = None
    count: Annotated[int, Field(strict=True, ge=1, le=100)] = 5


class SchedulePreview(BaseModel):
    """When a schedule would fire."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"description": "At 08:00 on Monday through Friday", "upcoming": [1777269600, 1777356000]}]
        }
    )

    description: str
    upcoming: Annotated[list[int], Field(description="seconds since the epoch, like all times")]


class SchedulePaused(ScheduleTrouble):
    """Why a schedule is paused."""

    at: float


class ScheduleCounts(BaseModel):
    """How many times had which outcome."""

    started: int
    skipped: int
    missed: int
    failed: int


class ScheduleRecord(BaseModel):
    """A schedule as it is now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "sch_019a6f0c3f6e1a2b3c4d5e6f",
                    "every": None,
                    "at": None,
                    "starts_at": None,
                    "ends_at": None,
                    "max_firings": None,
                    "jitter": 0,
                    "action": "message",
                    "prune": None,
                    **EXAMPLE,
                    "attachments": [],
                    "webhook_url": "",
                    "session": None,
                    "catch_up_window": 86400,
                    "pause_after_failures": None,
                    "metadata": {},
                    "status": "active",
                    "paused_reason": None,
                    "description": "At 08:00 on Monday through Friday",
                    "next_at": 1777356000,
                    "upcoming": [1777356000, 1777442400, 1777528800, 1777615200, 1777874400],
                    "last_firing": FIRING_EXAMPLE,
                    "counts": {"started": 12, "skipped": 1, "missed": 0, "failed": 0},
                    "created_at": 1763812800.0,
                    "updated_at": 1763812800.0,
                }
            ]
        }
    )

    id: str
    name: str
    cron: str | None
    every: int | None
    at: int | None
    timezone: str
    starts_at: int | None
    ends_at: int | None
    max_firings: int | None
    jitter: int
    action: Action
    prune: SchedulePrune | None
    message: str
    attachments: list[dict[str, Any]]
    webhook_url: str
    agent: str
    session: dict[str, Any] | str | None
    overlap: Overlap
    catch_up: CatchUp
    catch_up_window: int
    pause_after_failures: int | None
    metadata: dict[str, Any]
    status: Annotated[Literal["active", "paused", "ended"], Field(description="an ended one goes after 30 days")]
    paused_reason: SchedulePaused | None
    description: Annotated[str, Field(description="when it fires, in words")]
    next_at: int | None
    upcoming: Annotated[list[int], Field(description="the next five times")]
    last_firing: FiringRecord | None
    counts: ScheduleCounts
    created_at: Annotated[float, Field(description="seconds since the epoch, like all times")]
    updated_at: float
