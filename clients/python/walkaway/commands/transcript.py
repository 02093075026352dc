"""A conversation as text: who said what, and which tools were called."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from walkaway.commands import times

if TYPE_CHECKING:
    from walkaway_wire.messages import Said


def markdown(said: "Said", *, utc: bool) -> str:
    """Write one entry as markdown."""
    head = " · ".join(filter(None, (str(said.role), times.point(said.created_at, utc=utc))))
    return "\n\n".join([f"## {head}", *_blocks(said.content)]) + "\n"


def _blocks(content: object) -> Iterator[str]:
    for block in content if isinstance(content, list) else ():
        if text := _text(block):
            yield text


def _text(block: object) -> str:
    if not isinstance(block, Mapping):
        return "[?]"
    match block.get("type"):
        case "text":
            return str(block.get("text", ""))
        case "tool_use" | "server_tool_use":
            return f"`{block.get('name')}` {json.dumps(block.get('input') or {}, ensure_ascii=False)}"
        case "tool_result":
            inner = block.get("content")
            said = inner if isinstance(inner, str) else "\n".join(_blocks(inner))
            return "\n".join(f"> {line}" for line in said.splitlines())
        case "thinking" | "redacted_thinking":
            return ""
    return f"[{block.get('type')}]"
