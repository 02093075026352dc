"""Tools that the caller runs, and calls that need a yes, as they go over HTTP (contract A.12)."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from walkaway_wire import gate
from walkaway_wire.strict import Strict

MOST: Final = 128
DESCRIPTION_BYTES: Final = 16 * 1024
DAY: Final = 86_400
LONGEST_CLAIM: Final = 3600
TOOL: Final[dict[str, Any]] = {
    "type": "function",
    "name": "get_current_time",
    "description": "Tells the time where the caller is",
    "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]},
}
PENDING: Final[dict[str, Any]] = {
    "call_id": "toolu_01A09q90qw90lq917835lq9",
    "name": "get_current_time",
    "arguments": {"zone": "Europe/Paris"},
    "needs": "output",
    "expires_at": 1777309397.07,
}

Seconds = Annotated[int, Field(strict=True, ge=1, le=365 * DAY)]


class FunctionTool(Strict):
    """A tool that the caller runs, in the flat form of OpenAI's Responses API."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [TOOL]})

    type: Literal["function"] = "function"
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="by which the model calls it")]
    description: Annotated[str, Field(description="for the model, up to 16 KiB")] = ""
    parameters: Annotated[
        dict[str, Any], Field(description="JSON schema of an object", default_factory=lambda: {"type": "object"})
    ]
    strict: Annotated[
        bool | None, Field(strict=True, description="taken and not used: models differ in what they promise")
    ] = None
    timeout: Annotated[Seconds | None, Field(description="seconds for an answer; else the session's tool_timeout")] = (
        None
    )

    @field_validator("description")
    @classmethod
    def _not_long(cls, value: str) -> str:
        if (size := len(value.encode(errors="replace"))) > DESCRIPTION_BYTES:
            raise ValueError(f"is {size} bytes long; {DESCRIPTION_BYTES} are allowed")
        return value

    @field_validator("parameters")
    @classmethod
    def _of_an_object(cls, value: dict[str, Any]) -> dict[str, Any]:
        if value.setdefault("type", "object") != "object":
            raise ValueError('must be the schema of an object: {"type": "object", "properties": {…}}')
        if not isinstance(value.get("properties", {}), dict):
            raise ValueError("properties must be an object: a schema for each argument, by its name")  # noqa: TRY004
        checked: dict[str, Any] = gate.taken(value)
        return checked


class PendingToolCall(BaseModel):
    """A call that waits for the caller: for its output, or for a yes or no to a tool that the server runs."""

    model_config = ConfigDict(json_schema_extra={"examples": [PENDING]})

    call_id: str
    name: str
    arguments: dict[str, Any]
    needs: Annotated[Literal["output", "approval"], Field(description="how to answer it")]
    expires_at: Annotated[
        float | None, Field(description="then the model is told that nobody answered; null: it waits without an end")
    ]


class ToolResult(Strict):
    """The answer to a call: an output, or a yes or no."""

    call_id: Annotated[str, Field(min_length=1, max_length=500)]
    output: Annotated[Any, Field(description="what the tool gave: text, or what the model is to read as JSON")] = None
    is_error: Annotated[bool, Field(strict=True, description="whether the tool failed; output says why")] = False
    approve: Annotated[bool | None, Field(strict=True, description="whether the server's tool may run")] = None
    reason: Annotated[str, Field(max_length=10_000, description="of a no: told to the model")] = ""

    _of_json = field_validator("output")(gate.taken)


class ToolResults(Strict):
    """Answers to calls that wait."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"results": [{"call_id": PENDING["call_id"], "output": "12:04"}]},
                {"results": [{"call_id": PENDING["call_id"], "approve": False, "reason": "Not in this folder"}]},
            ]
        },
    )

    results: Annotated[list[ToolResult], Field(min_length=1, max_length=1000)]


class ToolResultsTaken(BaseModel):
    """The answers are kept."""

    response_id: Annotated[str, Field(description="the turn whose calls they were")]
    pending_tool_calls: Annotated[list[PendingToolCall], Field(description="what it waits for still; none: it goes on")]


class ToolClaim(Strict):
    """A worker takes a call that waits, to run its function."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"call_id": PENDING["call_id"], "worker": "shop-1:4711", "seconds": 60}]},
    )

    call_id: Annotated[str, Field(min_length=1, max_length=500)]
    worker: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9._:@-]{1,200}$", description="who claims it; the same name renews its claim")
    ]
    seconds: Annotated[int, Field(strict=True, ge=1, le=LONGEST_CLAIM, description="how long, from now")] = 60


class ToolClaimed(BaseModel):
    """The call is this worker's, until then or until somebody answers it."""

    call_id: str
    worker: str
    until: Annotated[float, Field(description="when the claim ends, by the server's clock")]
