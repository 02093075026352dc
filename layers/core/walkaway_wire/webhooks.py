"""Webhooks, as they go over HTTP: endpoints, their deliveries, and what is sent to them."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from walkaway_wire.strict import Strict

MEANINGS: Final = {
    "turn.started": "the agent begins to work on a message",
    "turn.awaiting_tools": "the turn waits for what the caller is to do",
    "turn.completed": "the turn has ended, and its result is there",
    "turn.failed": "the turn has ended with an error",
    "turn.cancelled": "the turn was cancelled, also while it still waited",
    "turn.queued": "a message waits behind the turn that runs; only by name",
    "turn.resumed": "the turn has all answers that it waited for; only by name",
    "session.created": "a session was made; only by name",
    "session.updated": "somebody has changed a session's title or metadata; only by name",
    "session.archived": "a session was closed for ever, and can be read; only by name",
    "session.deleted": "a session was deleted before its time was over; only by name",
    "session.expired": "the session's time is over; its files stay",
    "schedule.fired": "a schedule has begun a turn; only by name",
    "schedule.skipped": "a time of a schedule was passed over, or missed; only by name",
    "schedule.failed": "a schedule could not begin a turn; only by name",
    "schedule.paused": "a schedule was paused, by hand or by trouble that would not pass; only by name",
    "webhook.disabled": "an endpoint takes nothing any more: it failed for days, or said 410",
}
"""Everything that an endpoint can be told, and what it means."""
BY_NAME: Final = frozenset(
    {"turn.queued", "turn.resumed", "session.created", "session.updated", "session.archived", "session.deleted"}
    | {"schedule.fired", "schedule.skipped", "schedule.failed", "schedule.paused"}
)
"""What is told only to who names it: `*` means what it has meant in 0.1.0. The feed has all of it."""
TEST: Final = "webhook.test"
"""What `POST /v1/webhooks/{id}/test` sends, whatever the endpoint asks for."""
ALL: Final = "*"

EventName = Literal[
    "*",
    "turn.started",
    "turn.awaiting_tools",
    "turn.completed",
    "turn.failed",
    "turn.cancelled",
    "turn.queued",
    "turn.resumed",
    "session.created",
    "session.updated",
    "session.archived",
    "session.deleted",
    "session.expired",
    "schedule.fired",
    "schedule.skipped",
    "schedule.failed",
    "schedule.paused",
    "webhook.disabled",
]
ManagedName = Literal[
    "session.status_run_started",
    "session.status_idled",
    "session.status_terminated",
    "session.requires_action",
    "session.budget_reached",
    "session.running",
    "session.idled",
]
"""What an endpoint of the format `managed` can be told besides the names that both have (docs/dialects/managed.md)."""
Format = Annotated[str, Field(description="what the body looks like: the name of a dialect")]

Url = Annotated[
    str, Field(min_length=1, max_length=2000, description="http(s), on port 80 or 443, at a public address")
]
Events = Annotated[
    list[Literal[EventName, ManagedName]],
    Field(min_length=1, max_length=30, description="what to be told; `*` for all. Some are of the format `managed`"),
]


Name = Annotated[
    str,
    Field(
        max_length=100,
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$",
        description="which no other one has, and which stands for its id; empty: none",
    ),
]


class WebhookCreate(Strict):
    """An address that is to be told what happens."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"url": "https://example.com/hook", "events": ["turn.completed", "turn.failed"]}]
        },
    )

    url: Url
    events: Annotated[Events, Field(default_factory=lambda: ["*"])]
    format: Format = "native"
    description: Annotated[str, Field(max_length=500, description="for people")] = ""
    name: Name = ""


class WebhookChange(Strict):
    """What can be changed about an endpoint; what is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"status": "enabled"}]})

    url: Url | None = None
    events: Events | None = None
    format: Format | None = None
    description: Annotated[str | None, Field(max_length=500)] = None
    name: Name | None = None
    status: Annotated[Literal["enabled", "disabled"] | None, Field(description="a disabled one is told nothing")] = None


class SecretRotate(Strict):
    """How to change an endpoint's secret."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"grace": 86400}]})

    grace: Annotated[
        int, Field(strict=True, ge=0, le=30 * 86400, description="seconds for which the old one signs too")
    ] = 86_400


WEBHOOK_EXAMPLE: Final[dict[str, Any]] = {
    "id": "whk_019a6f0c3f6e1a2b3c4d5e6f",
    "url": "https://example.com/hook",
    "events": ["turn.completed", "turn.failed"],
    "format": "native",
    "description": "",
    "name": "reports",
    "status": "enabled",
    "reason": None,
    "created_at": 1763812800.0,
    "failing_since": None,
}


class WebhookRecord(BaseModel):
    """An endpoint as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [WEBHOOK_EXAMPLE]})

    id: str
    url: str
    events: list[str]
    format: str
    description: str
    name: Annotated[str, Field(description="empty: it has none")]
    status: Literal["enabled", "disabled"]
    reason: Annotated[str | None, Field(description="why it was disabled")]
    created_at: Annotated[float, Field(description="seconds since the epoch, like all times")]
    failing_since: Annotated[float | None, Field(description="nothing was delivered since then; null: all is well")]


class WebhookCreated(WebhookRecord):
    """A new endpoint. This is the only time that its secret is shown."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**WEBHOOK_EXAMPLE, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}]}
    )

    secret: Annotated[str, Field(repr=False, description="verifies signatures, see standardwebhooks.com")]


class SecretRotated(BaseModel):
    """A new secret. This is the only time that it is shown."""

    secret: Annotated[str, Field(repr=False)]
    old_valid_until: Annotated[float, Field(description="until then messages are signed with the old one too")]


class AttemptRecord(BaseModel):
    """One attempt to deliver."""

    at: float
    latency_ms: int
    status_code: Annotated[int | None, Field(description="null when there was no answer")]
    error: Annotated[str | None, Field(description="why there was none, or why it does not count")]
    response: Annotated[str, Field(description="the beginning of the answer's body")]


class DeliveryRecord(BaseModel):
    """Something that an endpoint is to be told, and how far that is."""

    id: Annotated[str, Field(description="the event's id, which the header webhook-id has in every attempt")]
    type: str
    status: Annotated[
        Literal["pending", "succeeded", "failed"], Field(description="failed: no attempt is left, or none is wanted")
    ]
    sequence: Annotated[int, Field(description="increases with each event of a session; 0: of no session")]
    session_id: str | None
    response_id: str | None
    created_at: float
    next_attempt_at: float | None
    attempts: Annotated[list[AttemptRecord], Field(description="the latest ones")]


class DeliveryDetail(DeliveryRecord):
    """A delivery with what is sent."""

    payload: Any
