"""How an agent works, as it goes over HTTP: what can be said, and what records show (contract A.3)."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from walkaway_wire.strict import Strict
from walkaway_wire.tools import DAY, MOST, FunctionTool, Seconds

UNSAID: Final = BeforeValidator(lambda value: value or None)
"""Shows null for what is stored as 0 or empty where nobody says it."""


def _thought(value: Any, handle: ValidatorFunctionWrapHandler) -> Any:
    """Say in one sentence what thinking can be: of two kinds pydantic says what it calls them."""
    try:
        return handle(value)
    except ValidationError:
        raise ValueError("must be true, false, or a whole number of tokens from 1024 to 128000") from None


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
