"""Who is calling, and what there is for them, as it goes over HTTP."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

FEATURES: Final = {
    "feed": "`GET /v1/events`",
    "session_filters": "`busy`, `waiting`, `failed`, `agent` and `q` where sessions are listed",
    "request_ids": "`X-Request-Id` on every answer",
    "titles": "`title`, `turns` and `last_response` of sessions",
    "agent_versions": "`GET /v1/agents/{agent}/versions`",
    "idempotent_creates": "`Idempotency-Key` on what makes sessions, agents, webhooks and schedules",
    "files_of_turns": "`files` of a turn, and `file.changed` among its events",
    "recursive_files": "`recursive` where files are listed, and `GET /v1/workspace`",
    "webhook_names": "`name` of webhooks",
    "tool_claims": "`POST /v1/sessions/{session}/tool_claims`",
    "schedules": "`/v1/schedules`",
    "turn_settings": "settings of a message, for its turn alone; and those of each turn where one is read",
    "wait": "`wait` and `until` where a turn is read",
}
"""What this version has that an earlier one had not, and where it is described."""


class KeyRecord(BaseModel):
    """A key: never the key itself."""

    id: Annotated[str, Field(description="the beginning of its hash, by which `walkaway keys` names it")]
    name: Annotated[str, Field(description="what it is for; empty where nobody has said it")]


class ModelRecord(BaseModel):
    """A model that sessions can name."""

    id: str
    default: Annotated[bool, Field(description="whether it answers where none is named")]


class Me(BaseModel):
    """Who is calling, and what there is for them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tenant": "alice",
                    "key": {"id": "9f86d081884c7d65", "name": "laptop"},
                    "version": "0.2.0",
                    "features": [*sorted(FEATURES)],
                    "limits": {"message_characters": 1_000_000, "wait_seconds": 25},
                    "models": [{"id": "rehearsal", "default": True}],
                }
            ]
        }
    )

    tenant: str
    key: Annotated[KeyRecord | None, Field(description="null where nobody needs one")]
    version: str
    features: Annotated[list[str], Field(description="what clients may ask whether it is there: docs/reference.md")]
    limits: Annotated[dict[str, int], Field(description="by name, each with its unit; more may come")]
    models: Annotated[list[ModelRecord], Field(description="the default one first; others may work as well")]
