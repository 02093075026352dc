"""The resources of the native dialect, as they go over HTTP (contract A.3 to A.10). Unknown fields are refused."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from walkaway_wire.examples import SESSION_EXAMPLE
from walkaway_wire.settings import SettingsRecord, ToolSettings
from walkaway_wire.strict import Strict
from walkaway_wire.tools import PendingToolCall

METADATA_VALUES: Final = 8_192
"""Values that 16 KB of JSON can hold: in a list each takes two bytes."""


def _few(value: Any) -> Any:
    """Refuse what cannot fit before anybody copies or writes it: hundreds of thousands of names take their time."""
    left, count = [value], 0
    while left:
        one = left.pop()
        if isinstance(one, dict | list):
            count += len(one)
            if count > METADATA_VALUES:
                raise ValueError(f"holds more than {METADATA_VALUES} values, which 16 KB have no room for")
            left += one.values() if isinstance(one, dict) else one
    return value


Metadata = Annotated[dict[str, Any], BeforeValidator(_few)]


class FileAccess(Strict):
    """Which paths of the workspace a session may touch; each stands for itself and all below, `""` for everything."""

    read: Annotated[list[str], Field(max_length=100)] = [""]
    write: Annotated[list[str], Field(max_length=100)] = [""]


class SessionCreate(ToolSettings):
    """What can be said when a session is made; everything has a default, or is the named agent's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"persistent": True, "ttl": 14400, "metadata": {"project": "alpha"}}]},
    )

    persistent: Annotated[bool, Field(strict=True, description="false: ends 5 minutes after its last response")] = False
    ttl: Annotated[int, Field(strict=True, ge=1, le=365 * 86400, description="seconds it lives at the most")] = 14_400
    metadata: Annotated[Metadata, Field(description="free form, up to 16 KB; the agent reports here too")] = {}
    file_access: FileAccess = FileAccess()
    agent: Annotated[
        str, Field(max_length=200, description="id or name of an agent; what is said here goes before what it says")
    ] = ""
    network: Annotated[
        bool, Field(strict=True, description="whether commands may reach the network, where the server allows that")
    ] = False


class SessionChange(Strict):
    """What can be changed about a session."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"metadata": {"project": "beta"}, "title": "Tides of Porto"}]}
    )

    metadata: Annotated[
        Metadata, Field(default_factory=dict, description="keys to set; null removes one, other keys stay")
    ]
    title: Annotated[
        str | None, Field(max_length=200, description="what it is called in lists; empty: it has no title")
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> "SessionChange":
        if not self.model_fields_set:
            raise ValueError("says nothing; send `metadata`, `title`, or both")
        return self


class LastResponse(BaseModel):
    """The turn of a session that ended last, at its `last_activity`."""

    id: str
    status: Literal["completed", "failed", "cancelled"]


class SessionState(BaseModel):
    """What a session is besides its settings."""

    id: str
    title: Annotated[str, Field(description="the beginning of its first message, or what PATCH said; may be empty")]
    created_at: Annotated[float, Field(description="seconds since the epoch, like all times")]
    last_activity: float
    busy: Annotated[bool, Field(description="whether a turn runs")]
    persistent: bool
    ttl: int
    status: Literal["ready"] = "ready"
    metadata: dict[str, Any]
    file_access: FileAccess
    agent: Annotated[str | None, Field(description="id of the agent that says the rest")]
    network: bool
    cost_usd: Annotated[float, Field(description="what its turns have cost so far, as far as models have prices")]
    expires_at: float
    turns: Annotated[int | None, Field(description="how many have begun; null where 0.1.0 has begun to count none")]
    response_id: Annotated[str | None, Field(description="the turn that runs now")]
    last_response: Annotated[LastResponse | None, Field(description="the turn that ended last")]
    queue: Annotated[list[str], Field(description="the turns that wait for it to end, the next one first")]
    pending_tool_calls: Annotated[list[PendingToolCall], Field(description="what the turn waits for the caller to do")]


class SessionRecord(SettingsRecord, SessionState):
    """A session as it is now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [SESSION_EXAMPLE | SettingsRecord.example(model="rehearsal", turn_timeout=5400)]}
    )

    turn_timeout: int


class Deleted(BaseModel):
    """How many sessions were deleted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deleted": 3}]})

    deleted: int


ENTRY_EXAMPLE: Final[dict[str, Any]] = {
    "name": "porto.txt",
    "path": "charts/porto.txt",
    "type": "file",
    "size": 2,
    "modified": 1763812800.0,
    "sha256": "2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df",
}


class FileEntry(BaseModel):
    """An entry of a directory."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY_EXAMPLE]})

    name: Annotated[str, Field(description="the basename")]
    path: Annotated[str, Field(description="from the workspace's root")]
    type: Literal["file", "directory"]
    size: int
    modified: float
    sha256: Annotated[str | None, Field(description="of a file, in hexadecimal; null: not asked for, or not known")]


class FileWritten(BaseModel):
    """A file that has been written."""

    path: str
    size: int
    modified: float


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"] = "ok"
    version: str
    model: Annotated[str, Field(description="the model of sessions that name none")]


class ErrorBody(BaseModel):
    """What is wrong and what to do (contract A.14)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"error": "session.not_found", "message": "There is no such session: …"}]}
    )

    error: Annotated[str, Field(description="a short name for programs")]
    message: Annotated[str, Field(description="a sentence for people")]
    response_id: Annotated[str, Field(description="the turn that runs; only where a session is busy")] = ""
    worker: Annotated[str, Field(description="who has claimed the call; only where one is claimed")] = ""
    until: Annotated[float, Field(description="when that claim ends; only where a call is claimed")] = 0
