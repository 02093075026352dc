"""Which of the caller's tools a message asks for, and with what arguments: by the words in their names."""

import re
from typing import Any

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

_QUOTED = re.compile(r"[`\"“]([^`\"“”\n]+)[`\"”]")
_NUMBER = re.compile(r"(?<![\w-])([A-Za-z](?=[\w-]*\d)[\w-]*-[\w-]*\w)")
"""A letter first, and somewhere a dash and a digit."""


def fitting(wish: Wish, message: str, tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write a call for each of the caller's tools that the message asks for; files and commands go before them."""
    if wish.deed in ("make", "run") or wish.path:
        return []
    stems = {_stem(word) for word in re.findall(r"[a-z]+", message.lower())}
    return [
        {"type": "tool_use", "name": tool["name"], "input": _arguments(tool.get("input_schema", {}), wish, message)}
        for tool in tools
        if tool["name"] not in OURS and _words(tool["name"]) & stems
    ]


def _words(name: str) -> set[str]:
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return {_stem(part.lower()) for part in parts} - COMMON


def _stem(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word


def _arguments(schema: dict[str, Any], wish: Wish, message: str) -> dict[str, Any]:
    properties = schema.get("properties", {})
    needed = [name for name in schema.get("required", ()) if name in properties]
    return {name: _value(properties[name], wish, message) for name in needed}


def _value(schema: Any, wish: Wish, message: str) -> Any:
    """Make up a value of the right type: text is the subject, a number is one that the message names."""
    schema = schema if isinstance(schema, dict) else {}
    if schema.get("enum"):
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    number = re.search(r"\d+", message)
    made: dict[str, Any] = {"boolean": True, "array": [], "object": _arguments(schema, wish, message)}
    if schema.get("type") in ("integer", "number"):
        return int(number[0]) if number else 1
    return made.get(schema.get("type", ""), _text(wish, message))


def _text(wish: Wish, message: str) -> str:
    """Find a text: what stands in quotes, else an article's number, such as A-4711, else the subject."""
    found = _QUOTED.search(message) or _NUMBER.search(message)
    return found[1] if found else wish.subject
