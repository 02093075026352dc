"""The resources of the native dialect, as they go over HTTP (contract A.3 to A.10). Unknown fields are refused."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from walkaway_wire.examples import SESSION_EXAMPLE
from walkaway_wire.strict import Strict
from walkaway_wire.tools import DAY, MOST, FunctionTool, PendingToolCall, Seconds

UNSAID: Final = BeforeValidator(lambda value: value or None)
"""Shows null for what is stored as 0 or empty where nobody says it."""


def _thought(value: Any, handle: ValidatorFunctionWrapHandler) -> Any:
    """Say in one sentence what thinking can be: of two kinds pydantic says what it calls them."""
    try:
        return handle(value)
    except ValidationError:
        raise ValueError("must be true, false, or a whole number of tokens from 1024 to 128000") from None


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


class Settings(Strict):
    """How an agent works: said when a session is made, or by the agent that it names."""

    model: Annotated[str, Field(max_length=200, description="the server's default if empty")] = ""
    instructions: Annotated[str, Field(max_length=100_000, description="added to the system prompt")] = ""
    thinking: Annotated[
        Annotated[bool, Field(strict=True)] | Annotated[int, Field(strict=True, ge=1024, le=128_000)] | None,
        WrapValidator(_thought),
        Field(
            description="whether to think first, or with how many tokens more; as the model does by itself if absent"
        ),
    ] = None
    max_steps: Annotated[int, Field(strict=True, ge=1, le=10_000, description="model calls in one turn")] = 200
    turn_timeout: Annotated[
        int | None,
        Field(strict=True, ge=1, le=604_800, description="seconds until a turn is given up; else the server's"),
    ] = None
    max_output_tokens: Annotated[
        int | None,
        Field(strict=True, ge=256, le=128_000, description="of one answer, its thinking counted; by model if absent"),
    ] = None
    effort: Annotated[
        Literal["low", "medium", "high", "xhigh", "max"] | None,
        Field(description="how much work the model puts into an answer; its own default if absent"),
    ] = None
    temperature: Annotated[
        float | None, Field(strict=True, ge=0, le=1, description="for models that take one; newer ones refuse it")
    ] = None
    allowed_tools: Annotated[
        list[str] | None,
        Field(max_length=50, description="only these; web_search, web_fetch and code_execution are off if not named"),
    ] = None
    disallowed_tools: Annotated[list[str], Field(max_length=50, description="all but these")] = []
    max_cost_usd: Annotated[
        float | None,
        Field(strict=True, gt=0, description="no model call once the session has cost so much, by docs/models.md"),
    ] = None
    max_turn_cost_usd: Annotated[float | None, Field(strict=True, gt=0, description="the same for each turn")] = None
    approve: Annotated[
        list[str], Field(max_length=50, description="tools of the server's whose calls wait for a yes")
    ] = []
    tool_timeout: Annotated[
        Seconds,
        Field(description="seconds that the caller has for a call; then the model is told that nobody answered"),
    ] = DAY
    inline_tools: Annotated[
        bool,
        Field(strict=True, description="whether tools that take moments run beside the model; false: each by itself"),
    ] = True


class ToolSettings(Settings):
    """How an agent works, and the tools that the caller runs for it."""

    tools: Annotated[
        list[FunctionTool],
        Field(max_length=MOST, description="tools that the caller runs: a call waits for POST …/tool_results"),
    ] = []


class SettingsRecord(BaseModel):
    """How an agent works, as records show it: Settings that are stored, so that no limit refuses them."""

    model: Annotated[str, Field(description="of an agent, empty: the server's default")]
    instructions: str
    thinking: bool | int
    max_steps: int
    turn_timeout: Annotated[int | None, UNSAID]
    max_output_tokens: int
    effort: Annotated[str | None, UNSAID]
    temperature: float | None
    allowed_tools: list[str] | None
    disallowed_tools: list[str]
    max_cost_usd: float | None
    max_turn_cost_usd: float | None
    tools: Annotated[list[str], Field(description="names of the tools that the caller runs")]
    approve: list[str]
    tool_timeout: int
    inline_tools: bool

    @staticmethod
    def example(**changes: Any) -> dict[str, Any]:
        """Give what a record shows where nothing but this is said."""
        return ToolSettings().model_dump() | {"thinking": False, "max_output_tokens": 16_000} | changes


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

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"metadata": {"project": "beta"}}]})

    metadata: Annotated[Metadata, Field(description="keys to set; null removes one, other keys stay")]


class SessionState(BaseModel):
    """What a session is besides its settings."""

    id: str
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
    response_id: Annotated[str | None, Field(description="the turn that runs now")]
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


class FileEntry(BaseModel):
    """An entry of a directory."""

    name: Annotated[str, Field(description="the basename")]
    type: Literal["file", "directory"]
    size: int
    modified: float


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
