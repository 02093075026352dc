"""Which of the caller's tools a message asks for, and with what arguments: by the words in their names."""

import re
from collections.abc import Sequence
from typing import Any

from walkaway_core.models.rehearsal import contained
from walkaway_core.models.rehearsal.instances import Matter, instance
from walkaway_core.models.rehearsal.reading import Wish

OURS = frozenset(
    {
        *("bash", "read_file", "write_file", "edit_file", "list_files", "search_files"),
        *("report_progress", "create_presentation", "fetch_url"),
        *("web_search", "web_fetch", "code_execution"),
    }
)
"""What is called by other rules, or not at all."""
COMMON = frozenset(
    {"get", "set", "fetch", "read", "find", "look", "lookup", "current", "the", "my", "all", "list", "tool"}
)
"""Words in a tool's name that say nothing about what it is for."""

_LOOK_UP = re.compile(r"\s*(?:please\s+)?look\s+up\b", re.IGNORECASE)
_QUOTED = re.compile(r"[`\"“]([^`\"“”\n]+)[`\"”]")
_NUMBER = re.compile(r"(?<![\w-])([A-Za-z](?=[\w-]*\d)[\w-]*-[\w-]*\w)")
"""A letter first, and somewhere a dash and a digit."""


def fitting(wish: Wish, message: str, tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write a call for each of the caller's tools that the message asks for; files and commands go before them."""
    if wish.deed in ("make", "run") or wish.path:
        return []
    stems = {_stem(word) for word in re.findall(r"[a-z]+", message.lower())}
    own = owned(tools)
    named = [tool for tool in own if _words(tool["name"]) & stems]
    return [call(tool, wish, message) for tool in named or (own[:1] if looks_up(message) else [])]


def owned(tools: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give those tools that are the caller's."""
    return [tool for tool in tools if tool["name"] not in OURS and not contained.is_ours(tool)]


def looks_up(message: str) -> bool:
    """Whether a message begins by asking to look something up: that is done by a tool, and without a word before it."""
    return bool(_LOOK_UP.match(message))


def call(tool: dict[str, Any], wish: Wish, message: str) -> dict[str, Any]:
    """Write a call of a tool, with arguments that are made up of a message."""
    arguments = instance({"type": "object", **tool.get("input_schema", {})}, matter(wish, message))
    return {"type": "tool_use", "name": tool["name"], "input": arguments}


def _words(name: str) -> set[str]:
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return {_stem(part.lower()) for part in parts} - COMMON


def _stem(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word


def matter(wish: Wish, message: str) -> Matter:
    """Say what values are made of: text is the subject, a number is one that the message names."""
    number = re.search(r"\d+", message)
    return Matter(_text(wish, message), int(number[0]) if number else 1)


def _text(wish: Wish, message: str) -> str:
    """Find a text: what stands in quotes, else an article's number, such as A-4711, else the subject."""
    found = _QUOTED.search(message) or _NUMBER.search(message)
    return found[1] if found else wish.subject
