"""Routes that say how large an input is, and that make less of it (contract D.18)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.responses import beginning, sizing
from walkaway_core.dialects.responses.errors import ResponseProblem
from walkaway_core.dialects.responses.wire import (
    AnInput,
    Flag,
    MaybeInput,
    Reasoning,
    ResponseCreate,
    Text,
    TextOptions,
)
from walkaway_core.engine import awaiting
from walkaway_core.http import errors, large
from walkaway_core.http.access import Called
from walkaway_core.http.attended import attended
from walkaway_core.http.streaming import streamed
from walkaway_core.store.turn_facts import OVER
from walkaway_core.store.turns import Turn
from walkaway_wire.strict import Strict

router = APIRouter(prefix="/v1/responses", tags=["responses"], route_class=large.Route)
WRONG = errors.answers(400, 404, 413, 422, model=ResponseProblem)
LONGEST = 600.0
"""Seconds until nobody waits for a summary any more: clients do not, either."""


class InputTokens(Strict):
    """A request that is to be counted."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"model": "rehearsal", "input": "Hello"}]}
    )

    model: Text | None = None
    input: Annotated[Any, AnInput] = None
    instructions: Text | None = None
    previous_response_id: Text | None = None
    conversation: Any = None
    tools: Any = None
    tool_choice: Any = None
    parallel_tool_calls: Flag | None = None
    reasoning: Reasoning | None = None
    text: TextOptions | None = None
    truncation: Literal["auto", "disabled"] | None = None


class InputTokensCounted(BaseModel):
    """How large it is."""

    object: Literal["response.input_tokens"] = "response.input_tokens"
    input_tokens: int


class Compact(Strict):
    """What is to be summed up."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"model": "rehearsal", "input": "Hello"}]}
    )

    model: Annotated[Text, Field(max_length=200)]
    input: Annotated[Any, MaybeInput] = None
    instructions: Text | None = None
    previous_response_id: Text | None = None
    prompt_cache_key: Text | None = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    service_tier: Text | None = None
    image: Any = None


class Compacted(BaseModel):
    """What stands for it: to be sent as the next input, as it is."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: Literal["response.compaction"] = "response.compaction"
    created_at: int
    output: list[dict[str, Any]]
    usage: dict[str, Any] | None


@router.post("/input_tokens", responses=WRONG, summary="Count the tokens of an input")
def input_tokens(caller: Called, asked: InputTokens) -> InputTokensCounted:
    """Say how many tokens a request would be: as the model service counts them where it can be asked, else about."""
    create = ResponseCreate.model_validate(asked.model_dump(exclude_unset=True))
    return InputTokensCounted(input_tokens=sizing.tokens(caller.services, caller.tenant, create))


@router.post("/compact", responses=WRONG | errors.answers(502, model=ResponseProblem), summary="Sum up an input")
@streamed
async def compact(caller: Called, asked: Compact) -> Compacted:
    """Let the model sum up what was said; the answer comes when it has, and stands for the input from then on."""
    services = caller.services
    create = sizing.summing(asked.model_dump(exclude_unset=True))
    turn, _ = await attended(services, beginning.begin, services, caller.tenant, create)
    turn = await awaiting.until(services, turn.key, _over, min(services.settings.hold_seconds or LONGEST, LONGEST))
    return Compacted(**await services.reading(sizing.compacted, services, turn))


def _over(turn: Turn) -> bool:
    return turn.status in OVER
