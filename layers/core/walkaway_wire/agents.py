"""Agents, as they go over HTTP: named settings that sessions and runs can share."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from walkaway_wire.settings import UNSAID, SettingsRecord, ToolSettings
from walkaway_wire.tools import TOOL

Name = Annotated[str, Field(min_length=1, max_length=200, description="by which sessions and runs may name it")]
EXAMPLE: Final[dict[str, Any]] = {
    "name": "researcher",
    "description": "Reads much, writes little",
    "instructions": "Cite every source.",
    "allowed_tools": ["read_file", "write_file", "fetch_url"],
}


class AgentCreate(ToolSettings):
    """An agent: a name, and how it works."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    description: Annotated[str, Field(max_length=2000, description="for people")] = ""


class AgentChange(ToolSettings):
    """What can be changed about an agent; what is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"instructions": "Be brief."}]})

    name: Name | None = None
    description: Annotated[str | None, Field(max_length=2000)] = None


class AgentState(BaseModel):
    """What an agent is besides its settings."""

    id: str
    name: str
    description: str
    version: Annotated[int, Field(description="one more with each change; a turn keeps the one that it began with")]
    created_at: Annotated[float, Field(description="seconds since the epoch, like all times")]
    updated_at: float


class AgentRecord(SettingsRecord, AgentState):
    """An agent as it is now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "agt_019a6f0c3f6e1a2b3c4d5e6f",
                    "version": 1,
                    "created_at": 1763812800.0,
                    "updated_at": 1763812800.0,
                    **SettingsRecord.example(),
                    **EXAMPLE,
                }
            ]
        }
    )


class VersionState(BaseModel):
    """What an agent was besides its settings."""

    id: str
    name: Annotated[str | None, UNSAID, Field(description="that it had then; null of one that 0.1.0 kept")]
    description: Annotated[str | None, UNSAID]
    version: int
    updated_at: Annotated[float | None, UNSAID, Field(description="when it came to be; null of one that 0.1.0 kept")]


class AgentVersion(SettingsRecord, VersionState):
    """An agent as it was in a version: a turn that began with it keeps it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "agt_019a6f0c3f6e1a2b3c4d5e6f",
                    "version": 1,
                    "updated_at": 1763812800.0,
                    **SettingsRecord.example(),
                    **EXAMPLE,
                }
            ]
        }
    )


class AgentVersionDetail(AgentVersion):
    """A version with the definitions of its tools."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "agt_019a6f0c3f6e1a2b3c4d5e6f",
                    "version": 1,
                    "updated_at": 1763812800.0,
                    **SettingsRecord.example(),
                    **EXAMPLE,
                    "tools": [TOOL | {"timeout": None}],
                }
            ]
        }
    )

    tools: Annotated[  # type: ignore[assignment]  # what others only name
        list[dict[str, Any]], Field(description="those that the caller runs, as they can be sent again")
    ]
