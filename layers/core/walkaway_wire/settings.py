"""How an agent works, as it goes over HTTP: what can be said, and what records show (contract A.3)."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)

from walkaway_wire import gate, jsontext
from walkaway_wire.strict import Strict
from walkaway_wire.tools import DAY, MOST, FunctionTool

SCHEMA_BYTES: Final = 32 * 1024
UNSAID: Final = BeforeValidator(lambda value: value or None)
"""Shows null for what is stored as 0 or empty where nobody says it."""


def _thought(value: Any, handle: ValidatorFunctionWrapHandler) -> Any:
    """Say in one sentence what thinking can be: of two kinds pydantic says what it calls them."""
    try:
        return handle(value)
    except ValidationError:
        raise ValueError("must be true, false, or a whole number of tokens from 1024 to 128000") from None


class ToolNamed(Strict):
    """The one tool that the model is to call."""

    type: Literal["tool"] = "tool"
    name: Annotated[str, Field(min_length=1, max_length=200)]


def _chosen(value: Any, handle: ValidatorFunctionWrapHandler) -> Any:
    """Say in one sentence what a choice can be, as `_thought` does."""
    try:
        return handle(value)
    except ValidationError:
        raise ValueError('must be auto, any, none, or {"type": "tool", "name": "…"}') from None


class OutputFormat(Strict):
    """What the text of an answer is to be."""

    type: Literal["json_schema"] = "json_schema"
    schema_: Annotated[
        dict[str, Any], Field(alias="schema", description="of JSON, up to 32 KiB: the text is an instance of it")
    ]

    @field_validator("schema_")
    @classmethod
    def _not_large(cls, value: dict[str, Any]) -> dict[str, Any]:
        checked: dict[str, Any] = gate.taken(value)
        if (size := len(jsontext.dump_bytes(checked))) > SCHEMA_BYTES:
            raise ValueError(f"is {size} bytes long; {SCHEMA_BYTES} are allowed")
        return checked


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
        int,
        Field(
            strict=True,
            ge=0,
            le=365 * DAY,
            description="seconds that the caller has for a call; then the model is told that nobody answered. 0: as "
            "many as the session lives",
        ),
    ] = DAY
    inline_tools: Annotated[
        bool,
        Field(strict=True, description="whether tools that take moments run beside the model; false: each by itself"),
    ] = True
    tool_choice: Annotated[
        Literal["auto", "any", "none"] | ToolNamed | None,
        WrapValidator(_chosen),
        Field(description="whether to call tools; one or `any` that must be is called in a turn's first step alone"),
    ] = None
    parallel_tool_calls: Annotated[
        bool, Field(strict=True, description="whether an answer may call several tools at once")
    ] = True
    output_format: Annotated[
        OutputFormat | None, Field(description="what the text of each answer is to be; any text if absent")
    ] = None
    max_turn_output_tokens: Annotated[
        int | None,
        Field(strict=True, ge=16, le=100_000_000, description="the same of all answers of a turn together"),
    ] = None
    top_p: Annotated[
        float | None, Field(strict=True, ge=0, le=1, description="for models that take one, instead of a temperature")
    ] = None


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
    tool_choice: str | dict[str, Any] | None
    parallel_tool_calls: bool
    output_format: dict[str, Any] | None
    max_turn_output_tokens: int | None
    top_p: float | None

    @staticmethod
    def example(**changes: Any) -> dict[str, Any]:
        """Give what a record shows where nothing but this is said."""
        return ToolSettings().model_dump() | {"thinking": False, "max_output_tokens": 16_000} | changes
