"""The settings of a response's turn, all of them: nothing is carried over from the response before (contract D.8)."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from walkaway_core.dialects.responses import formats
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.choosing import Tools
from walkaway_core.dialects.responses.fold import NEWEST
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.dialects.responses.wire import Reasoning, ResponseCreate
from walkaway_wire import problems
from walkaway_wire.settings import ToolSettings

EFFORTS: Final = {"minimal": "low"}
ECHOED: Final = (
    *("instructions", "previous_response_id", "parallel_tool_calls", "tool_choice", "store", "temperature", "top_p"),
    *("truncation", "max_output_tokens", "max_tool_calls", "safety_identifier", "prompt_cache_key", "metadata"),
    *("background", "user"),
)
"""Fields that the response's object repeats as they came."""


class TurnSettings(ToolSettings):
    """Settings of a response's turn: those that anybody may say, and those that only responses have."""

    web_search: dict[str, Any] | None
    max_tool_calls: int | None


def read(asked: ResponseCreate, told: Sequence[str], tools: Tools) -> TurnSettings:
    """Say every setting. `told` is what the input's beginning tells the model. Raises Refusal."""
    form = formats.read(asked)
    instructions = [asked.instructions or "", *told, *form.told]
    try:
        return TurnSettings(
            model=asked.model or "",
            instructions="\n\n".join(part for part in instructions if part.strip()),
            thinking=_thinking(asked.reasoning),
            effort=_effort(asked.reasoning),
            max_steps=200,
            turn_timeout=None,
            max_output_tokens=None,
            max_turn_output_tokens=asked.max_output_tokens,
            temperature=_chosen(asked.temperature),
            top_p=_chosen(asked.top_p),
            allowed_tools=[*tools.ours],
            disallowed_tools=[],
            max_cost_usd=None,
            max_turn_cost_usd=None,
            approve=[*tools.approve],
            tool_timeout=86_400,
            inline_tools=True,
            tool_choice=tools.choice,  # type: ignore[arg-type]  # one of the three words
            parallel_tool_calls=asked.parallel_tool_calls is not False,
            output_format=form.output_format,
            tools=[*tools.functions],
            web_search=tools.search or None,
            max_tool_calls=asked.max_tool_calls,
        )
    except ValidationError as error:
        first = str(error.errors()[0]["loc"][0])
        raise Refusal(problems.of_fields(error), "input" if told and first == "instructions" else first) from None


def _chosen(sampling: float | None) -> float | None:
    """Give a temperature or a top_p. 1 changes nothing: some clients always say it, and some models take neither."""
    return None if sampling == 1 else sampling


def said(asked: ResponseCreate, tools: Tools) -> dict[str, Any]:
    """Give what the response's object repeats of the request; it shows the model's name as it was asked for."""
    values = {name: getattr(asked, name) for name in ECHOED}
    reasoning = asked.reasoning
    shown = {"effort": reasoning.effort, "summary": _summary(reasoning)} if reasoning else None
    values |= {"model": asked.model, "tools": [*tools.echoed] or None, "text": formats.read(asked).echoed}
    values["reasoning"] = shown
    return {name: value for name, value in values.items() if value is not None}


def kept(asked: ResponseCreate, model: str, tools: Tools) -> Asked:
    """Give what the turn keeps of the request."""
    known = {"model": model, **said(asked, tools)}
    return Asked(known, frozenset(tools.approve), frozenset(tools.ours), version=NEWEST)


def _summary(reasoning: Reasoning) -> str | None:
    return reasoning.summary or reasoning.generate_summary


def _effort(reasoning: Reasoning | None) -> Any:
    effort = reasoning.effort if reasoning else None
    return None if effort in (None, "none") else EFFORTS.get(str(effort), effort)


def _thinking(reasoning: Reasoning | None) -> bool | None:
    """Whether to think: as the model does by itself where nothing is said."""
    if reasoning is None or (reasoning.effort is None and _summary(reasoning) is None):
        return None
    return reasoning.effort != "none"
