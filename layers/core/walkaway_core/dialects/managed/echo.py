"""Events that a client has sent, as its own request is answered and as the list shows them for ever after."""

from collections.abc import Mapping, Sequence
from typing import Any

from walkaway_core.dialects.managed import dates, shapes


def message(id_: str, content: Sequence[Mapping[str, Any]], at: float | None) -> dict[str, Any]:
    """Show a `user.message`; `at` None: nobody has seen it yet."""
    return {"type": "user.message", "id": id_, "content": shapes.blocks(content), "processed_at": dates.perhaps(at)}


def interrupt(id_: str, at: float) -> dict[str, Any]:
    """Show a `user.interrupt`."""
    return {"type": "user.interrupt", "id": id_, "session_thread_id": None, "processed_at": dates.shown(at)}


def result(
    id_: str, call: str, content: str | Sequence[Mapping[str, Any]], at: float, *, is_error: bool
) -> dict[str, Any]:
    """Show a `user.custom_tool_result` for the event `call`."""
    return {
        "type": "user.custom_tool_result",
        "id": id_,
        "custom_tool_use_id": call,
        "content": shapes.blocks(content),
        "is_error": is_error,
        "session_thread_id": None,
        "processed_at": dates.shown(at),
    }


def confirmation(id_: str, call: str, at: float, *, allow: bool, deny_message: str = "") -> dict[str, Any]:
    """Show a `user.tool_confirmation` for the event `call`."""
    return {
        "type": "user.tool_confirmation",
        "id": id_,
        "tool_use_id": call,
        "result": "allow" if allow else "deny",
        "deny_message": deny_message or None,
        "session_thread_id": None,
        "processed_at": dates.shown(at),
    }
