"""Bodies of the conversation's entries: decoded, or said to be what nobody can read any more."""

from collections.abc import Mapping
from typing import Any

from walkaway_wire import gate

NEEDS: Mapping[str, Mapping[str, Any]] = {
    "user": {"content": list},
    "assistant": {"content": list},
    "summary": {"summary": str, "from": str},
    "refused": {"left": list},
    "imported": {"entries": list},
}
"""What an entry must have, by its role."""
BLOCKS: Mapping[str, Mapping[str, Any]] = {
    "text": {"text": str},
    "tool_use": {"id": str, "name": str},
    "tool_result": {"tool_use_id": str},
}
"""What the blocks that are looked into here must have."""


def read(body: bytes, call: int | None, step: int) -> dict[str, Any]:
    """Decode an entry's body; one that cannot be read becomes an entry of its kind that says so."""
    needs = ("role",) if call is None else ("tool_use_id", "content", "is_error")
    parsed = gate.stored_object(body, *needs)
    wrong = parsed.get(gate.UNREADABLE) or _misfit(parsed, call)
    if not wrong:
        return parsed
    said = f"[This entry cannot be read any more: {wrong}]"
    if call is not None:
        return {"type": "tool_result", "tool_use_id": "", "content": said, "is_error": True}
    content = [{"type": "text", "text": said}]
    about = {"stop_reason": "end_turn", "broken": {}, "tokens": 0} if step else {}
    return {"role": "assistant" if step else "user", "content": content, **about}


def _misfit(body: Mapping[str, Any], call: int | None) -> str:
    """Say what in an entry's body is of another type than it must be; nothing where all is well."""
    content = body.get("content", [])
    if call is not None:
        kinds: Mapping[str, Any] = {"type": str, "tool_use_id": str, "content": str | list, "is_error": bool}
    else:
        blocks = content if isinstance(content, list) else []
        if body["role"] not in list(NEEDS) or not all(isinstance(block, dict) and _fits(block) for block in blocks):
            return "what is stored here is nothing that is said"
        kinds = NEEDS[body["role"]]
        entries = body.get("entries", []) if body["role"] == "imported" else []
        if isinstance(entries, list) and not all(_is_said(entry) for entry in entries):
            return "what is stored here was said by nobody"
    wrong = [name for name, kind in kinds.items() if not isinstance(body.get(name), kind)]
    return f"what is stored here has no `{wrong[0]}` of its type" if wrong else ""


def _is_said(entry: Any) -> bool:
    """Whether something that came along from elsewhere is a message."""
    return isinstance(entry, dict) and entry.get("role") in ("user", "assistant") and not _misfit(entry, None)


def _fits(block: Mapping[str, Any]) -> bool:
    type_ = block.get("type")
    kinds = BLOCKS.get(type_, {}) if isinstance(type_, str) else {"type": str}
    return all(isinstance(block.get(name), kind) for name, kind in kinds.items())
