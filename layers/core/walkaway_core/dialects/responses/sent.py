"""An item as a client sends it, before it is known what it is to the model: its type, and what it cannot be without."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.problems import MISSING, VALUE, Refusal
from walkaway_core.dialects.responses.refusing import value as unsupported

SYSTEM: Final = ("system", "developer")
ROLES: Final = ("user", "assistant", *SYSTEM)
KINDS: Final = frozenset(
    {
        *("message", "reasoning", "compaction", "function_call", "function_call_output", "web_search_call"),
        *("mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"),
    }
)
"""The types that are taken."""
_NEEDS: Final[Mapping[str, Sequence[str]]] = {
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id",),
    "mcp_call": ("name", "arguments"),
    "mcp_approval_request": ("name", "arguments"),
    "mcp_approval_response": ("approval_request_id",),
}

Resolve = Callable[[str], Item]
"""Finds the item that a reference names. Raises Refusal."""


def item(given: Any, where: str, resolve: Resolve) -> Item:
    """Give an item without what says nothing, with its type; of a reference what it names."""
    if not isinstance(given, dict):
        raise Refusal(f"{where} must be an object", where)
    read = {name: value for name, value in given.items() if value is not None}
    kind = read.get("type") or ("message" if "role" in read else "item_reference" if "id" in read else None)
    if kind is None:
        raise Refusal(f"{where}.type is missing", f"{where}.type", MISSING)
    if kind == "item_reference":
        return {**resolve(str(read.get("id", "")))}
    if kind not in KINDS:
        raise unsupported(f"{where}.type", f"{where}: items of the type {str(kind)[:100]!r} are not taken")
    for name in _NEEDS.get(kind, ()):
        if not isinstance(read.get(name), str):
            raise Refusal(f"{where}.{name} must be a text", f"{where}.{name}", VALUE if name in read else MISSING)
    if kind == "message":
        read = _message(read, where)
    return {**read, "type": kind}


def _message(item: Item, where: str) -> Item:
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        raise Refusal(f"{where}.role must be one of {', '.join(ROLES)}", f"{where}.role")
    if content is None or isinstance(content, str):
        kind = "output_text" if role == "assistant" else "input_text"
        content = [{"type": kind, "text": content or ""}]
    return {"status": "completed", **item, "content": content}
