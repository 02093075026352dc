"""A model call in the words of the Messages API, as the model takes it (models/catalog.json)."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from walkaway_core.models import caching, catalog
from walkaway_core.models.catalog import Card
from walkaway_core.ports.model import ModelRequest, forces
from walkaway_core.settings import BEDROCK

Fields = dict[str, Any]


class Asked(NamedTuple):
    """A request as it is sent: its body, and the headers that are no other request's."""

    body: Fields
    headers: dict[str, str]


EDITIONS: Mapping[str, Mapping[str, str]] = {
    "first": {
        "web_search": "web_search_20250305",
        "web_fetch": "web_fetch_20250910",
        "code_execution": "code_execution_20250825",
    },
    "2026-02": {
        "web_search": "web_search_20260209",
        "web_fetch": "web_fetch_20260209",
        "code_execution": "code_execution_20260120",
    },
    "2026-03": {
        "web_search": "web_search_20260318",
        "web_fetch": "web_fetch_20260318",
        "code_execution": "code_execution_20260521",
    },
}
"""The editions of the service's own tools (Messages API, server tools)."""
MOST_USES, FETCHED_TOKENS = 20, 25_000
"""Of one answer, and of one page: a long document would fill the window."""
BUDGET = 16_000
"""Tokens for thinking where a model wants a number and nobody says one."""
NOTES = "thinking-display-updates-2026-08-18"
BEFORE_SAMPLING_WENT = "2023-06-01"
"""The edition of the Messages API that still knows a temperature (API versions, migration to 2026-10-21)."""
BEDROCK_VERSION = "bedrock-2023-05-31"
MANTLE = re.compile(r"anthropic\.[a-z0-9-]*[a-z0-9](?<!-\d{8})")
EFFORTS = ("low", "medium", "high", "xhigh", "max")


def on_mantle(model: str) -> bool:
    """Whether a name on Bedrock is one of its Messages API endpoint: neither dated nor of a part of the world."""
    return bool(MANTLE.fullmatch(model.removeprefix(BEDROCK)))


def arguments(request: ModelRequest, *, theirs: bool = False) -> Asked:
    """Say a request as it is sent. `theirs`: to Claude's own API, and not to another one that speaks like it."""
    card = catalog.find(request.model)
    headers: dict[str, str] = {}
    body: Fields = {
        "model": request.model.removeprefix(BEDROCK),
        "system": caching.instructions(request.system, slow=request.slow),
        "messages": caching.conversation(request.messages, slow=request.slow),
        "tools": tools(request, theirs=theirs),
        "max_tokens": _most(request, card),
        "stream": True,
    }
    knows = theirs or request.model.startswith(BEDROCK)
    if thinking := _thinking(request, card, knows=knows):
        body["thinking"] = thinking
        if thinking.get("display") == "updates":
            headers["anthropic-beta"] = NOTES
    left = dropped(request)
    effort = {"effort": request.effort} if request.effort and "effort" not in left else {}
    form = {"format": request.output_format} if request.output_format and "output_format" not in left else {}
    if effort or form:
        body["output_config"] = effort | form
    for name, value in (("temperature", request.temperature), ("top_p", request.top_p)):
        if value is not None and name not in left:
            body[name] = value
            if card:
                headers["anthropic-version"] = BEFORE_SAMPLING_WENT
    if choice := _choice(request, left):
        body["tool_choice"] = choice
    if request.container:
        body["container"] = request.container
    if card and card.sampling and request.model.startswith(BEDROCK) and not on_mantle(request.model):
        body["anthropic_version"] = BEDROCK_VERSION  # the SDK's own is for models of 4.7 and later
    return Asked(body, headers)


def tools(request: ModelRequest, *, theirs: bool = False) -> list[dict[str, Any]]:
    """Give the tools' definitions, the service's own ones behind ours."""
    card = catalog.find(request.model)
    live = {"eager_input_streaming": True} if theirs and card and "offline" not in card.services else {}
    return [*({**tool, **live} for tool in request.tools), *_of_the_service(request, card)]


def dropped(request: ModelRequest) -> list[str]:
    """Name what is asked for and not sent, since the model would refuse the whole call for it."""
    card = catalog.find(request.model)
    if card is None:
        return []
    return [
        *(["temperature"] if request.temperature is not None and not _samples(request, card) else []),
        *(["top_p"] if request.top_p is not None and not _takes_top_p(request, card) else []),
        *(["tool_choice"] if forces(request.tool_choice) and not can_be_forced(card, request.effort) else []),
        *(["effort"] if request.effort and request.effort not in card.efforts else []),
        *(["thinking"] if request.thinking is False and not can_be_off(card, request.effort) else []),
        *(["max_output_tokens"] if request.max_tokens > card.output else []),
        *(["output_format"] if request.output_format and not takes_formats(request.model) else []),
        *(request.server_tools if request.model.startswith(BEDROCK) else ()),
    ]


def can_be_off(card: Card, effort: str) -> bool:
    """Whether the model works without thinking, with this effort (its default if empty)."""
    if card.off_effort is None:
        return False
    effort = effort or card.effort or "low"
    return EFFORTS.index(effort) <= EFFORTS.index(card.off_effort)


def can_be_forced(card: Card, effort: str) -> bool:
    """Whether the model can be made to call a tool: with thinking off, which is to be possible where it can be."""
    return card.forced_tools and (card.off_effort is None or can_be_off(card, effort))


def takes_formats(model: str) -> bool:
    """Whether an answer can be given a form: not by Bedrock's Messages API (Bedrock, structured outputs)."""
    return not (model.startswith(BEDROCK) and on_mantle(model))


def _choice(request: ModelRequest, left: list[str]) -> Fields | None:
    """Say which tools are to be called (Messages API, tool_choice); None where that is as the model likes."""
    names = {tool["name"] for tool in request.tools} | {*request.server_tools}
    choice = request.tool_choice or "auto"
    chosen: Fields = {"type": choice} if isinstance(choice, str) else choice
    if "tool_choice" in left or chosen.get("name", "") not in {*names, ""}:
        chosen = {"type": "auto"}
    if not request.parallel_tool_calls and chosen["type"] != "none":
        chosen = {**chosen, "disable_parallel_tool_use": True}
    return chosen if names and chosen != {"type": "auto"} else None


def _samples(request: ModelRequest, card: Card) -> bool:
    """Whether it takes a temperature: none does while it thinks."""
    return card.sampling and not request.thinking


def _takes_top_p(request: ModelRequest, card: Card) -> bool:
    """Whether it takes a top_p: none does beside a temperature (Messages API, create a message)."""
    return _samples(request, card) and request.temperature is None


def _most(request: ModelRequest, card: Card | None) -> int:
    thinking = request.thinking
    more = thinking if isinstance(thinking, int) and thinking is not True else 0
    if thinking is True and card and card.thinking == "budget":
        more = BUDGET
    return min(request.max_tokens + more, card.output) if card else request.max_tokens + more


def _thinking(request: ModelRequest, card: Card | None, *, knows: bool) -> Fields | None:
    """Say how to think (Messages API, thinking: configuring). Who is not asked shows its notes, where it has any."""
    asked = request.thinking
    kind = card.thinking if card else None
    if asked is False and card and can_be_off(card, request.effort):
        return {"between": {"type": "between_tools"}, "on": {"type": "disabled"}, "any": {"type": "disabled"}}.get(
            card.thinking
        )
    if not asked:
        return {"type": "adaptive", "display": "updates"} if card and card.notes and knows else None
    if kind == "budget" or (kind is None and asked is not True):
        room = _most(request, card) - 1
        return {"type": "enabled", "budget_tokens": min(BUDGET if asked is True else asked, room)}
    return {"type": "adaptive", "display": "summarized"}


def _of_the_service(request: ModelRequest, card: Card | None) -> list[dict[str, Any]]:
    """Say which of its own tools the service is to have; none of them is there on Bedrock."""
    if request.model.startswith(BEDROCK):
        return []
    edition = card.server_tools if card else "first"
    wanted = []
    for name in request.server_tools:
        tool: dict[str, Any] = {"type": EDITIONS[edition][name], "name": name}
        if name != "code_execution":
            tool["max_uses"] = MOST_USES
            if edition != "first" and "code_execution" in request.server_tools:
                tool["allowed_callers"] = ["direct"]  # or it would bring a second place to run code in
        if name == "web_search":
            tool |= request.web_search or {}
        if name == "web_fetch":
            tool["max_content_tokens"] = FETCHED_TOKENS
        wanted.append(tool)
    return wanted
