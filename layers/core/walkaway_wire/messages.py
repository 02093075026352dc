"""What is said to a session and what comes of it, as it goes over HTTP (contract A.5 to A.8)."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from walkaway_wire.examples import RESPONSE_EXAMPLE
from walkaway_wire.settings import SettingsRecord, ToolSettings
from walkaway_wire.strict import Strict
from walkaway_wire.tools import PendingToolCall

MESSAGE_CHARACTERS: Final = 1_000_000


class AttachmentIn(Strict):
    """An image (JPEG, PNG, GIF, WebP up to 5 MB), a PDF (20 MB) or a text (1 MB) for the model to look at."""

    path: Annotated[str, Field(max_length=2000, description="a file of the workspace")] = ""
    media_type: Annotated[str, Field(max_length=200, description="needed with data; else by the path's suffix")] = ""
    data: Annotated[str, Field(description="the bytes in base64, instead of a path")] = ""
    name: Annotated[str, Field(max_length=500, description="what the model is told the file is called")] = ""


class MessageCreate(ToolSettings):
    """A message to the agent, and settings that hold for its turn alone: the session's are what is absent."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"message": "Write a report on tides to /opt/sandbox/workspace/report.md"},
                {"message": "What does the chart say?", "attachments": [{"path": "charts/tides.png"}]},
                {"message": "Check the sums once more.", "effort": "high", "max_steps": 10},
            ],
        },
    )

    message: Annotated[str, Field(min_length=1, max_length=MESSAGE_CHARACTERS, description="plain text or markdown")]
    attachments: Annotated[
        list[AttachmentIn], Field(default_factory=list, max_length=20, description="up to 20 MB in all")
    ]
    on_busy: Annotated[
        Literal["reject", "enqueue", "steer", "interrupt"],
        Field(
            description="what happens while a turn runs: 409, wait for it to end, tell it so at its next step, "
            "or cancel it and begin at once",
        ),
    ] = "reject"
    webhook_url: Annotated[
        str, Field(max_length=2000, description="an address that is told how this turn ends; see /v1/webhooks")
    ] = ""
    webhook_secret: Annotated[
        str, Field(max_length=200, description="signs what is sent there: whsec_ and 24 to 64 bytes in base64")
    ] = ""


class Accepted(BaseModel):
    """A message that a turn has: a new one, one that waits, or the one that was running already."""

    response_id: str
    session_id: str
    status: Literal["in_progress", "queued"] = "in_progress"
    outcome: Annotated[Literal["started", "queued", "steered"], Field(description="what became of the message")]
    events_url: Annotated[str, Field(description="address of the turn's events")]
    after: Annotated[int, Field(description="what to send there as `after`, to read on from the message; -1: all")]


class Said(BaseModel):
    """One entry of the conversation: from the user, the model, or a tool (`role` is then `tool`)."""

    id: Annotated[str, Field(description="a cursor for `after`")]
    response_id: str
    step: Annotated[int, Field(description="0 for the user's message")]
    role: Literal["user", "assistant", "tool"]
    content: Annotated[list[dict[str, Any]], Field(description="blocks in the shape of the Messages API")]
    created_at: float


class ChangedFile(BaseModel):
    """A file that a tool has changed, as the turn left it."""

    path: str
    op: Literal["written", "deleted"]
    size: Annotated[int | None, Field(description="bytes; null once it is deleted")]
    version: Annotated[str | None, Field(description="its ETag without quotes; null once it is deleted")] = None
    call_id: Annotated[str, Field(description="the call that changed it last")]


class ResponseState(BaseModel):
    """A turn as it is now."""

    id: str
    session_id: str
    status: Literal["queued", "in_progress", "completed", "failed", "cancelled"]
    created_at: float
    started_at: Annotated[float | None, Field(description="when it began to run; null while it waits")]
    ended_at: float | None
    steps: Annotated[int, Field(description="model calls so far")]
    usage: dict[str, int]
    cost_usd: Annotated[float | None, Field(description="by docs/models.md; null when a model has no price there")]
    output_text: Annotated[str, Field(description="the text of the last step")]
    error: str | None
    error_code: Annotated[str | None, Field(description="why it failed, for programs; null where nothing says so")]
    pending_tool_calls: Annotated[list[PendingToolCall], Field(description="what it waits for the caller to do")]
    files: Annotated[
        list[ChangedFile], Field(description="what its tools have changed, each file once; the last 1,000")
    ] = []
    schedule_id: Annotated[str | None, Field(description="the schedule that began it; null: somebody has")] = None
    firing_id: Annotated[str | None, Field(description="and at which of its times")] = None


class ResponseRecord(SettingsRecord, ResponseState):
    """A turn as it is now, with the settings that it began with; one that waits: with those that it would have now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [RESPONSE_EXAMPLE | SettingsRecord.example(model="rehearsal", turn_timeout=5400)]
        }
    )


class Cancelled(BaseModel):
    """What came of a cancel (contract A.8)."""

    response_id: str
    status: Literal["cancelling", "already_complete"]


class EventsPage(BaseModel):
    """Some events of a turn's log, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [{"id": 4, "event": "text.delta", "data": {"content": "Once", "sequence_number": 4}}],
                    "next": 4,
                    "done": False,
                }
            ]
        }
    )

    events: list[dict[str, Any]]
    next: Annotated[int, Field(description="what to send as `after` for the rest")]
    done: Annotated[bool, Field(description="whether the terminal event is at or before `next`")]


class SessionEventsPage(BaseModel):
    """Some events of a session, in order, over its turns."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "id": "msg_019a6f0c3f6e1a2b3c4d5e6f:0",
                            "event": "message.created",
                            "data": {"id": "msg_019a6f0c3f6e1a2b3c4d5e6f", "sequence_number": 0},
                            "response_id": "msg_019a6f0c3f6e1a2b3c4d5e6f",
                        }
                    ],
                    "next": "msg_019a6f0c3f6e1a2b3c4d5e6f:0",
                }
            ]
        }
    )

    events: list[dict[str, Any]]
    next: Annotated[str, Field(description="what to send as `after` for the rest; empty: from the beginning")]
