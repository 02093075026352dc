"""The programs that read settings, and how a setting says which of them it is for."""

from collections.abc import Callable
from dataclasses import field
from typing import Any

from walkaway_core import values

HTTP = ("api", "stream")
"""The functions of a deployed stack are named after their folders; `serve` is the local server."""
ENGINE = (
    *("call_model", "run_tool", "request_client_tools", "continue_turn", "finish_turn"),
    *("deliver_webhook", "sweep"),
)
MAKING = (*HTTP, "sweep")
"""Those that make sessions and turns: at somebody's request, and by schedules."""
TELLING = ("call_model", "request_client_tools", "finish_turn", "deliver_webhook", "sweep")
METERED = (*HTTP, "call_model", "finish_turn", "deliver_webhook", "sweep")
RESUMING = ("request_client_tools", "continue_turn", "finish_turn", "sweep")


def setting(
    variable: str,
    meaning: str,
    *programs: str,
    default: Any = None,
    read: Callable[[str, str], Any] = values.text,
) -> Any:
    """Declare a setting: its variable, what it means, and the programs that read it."""
    about = {"variable": variable, "meaning": meaning, "programs": programs, "read": read}
    return field(default_factory=lambda: default, metadata=about)
