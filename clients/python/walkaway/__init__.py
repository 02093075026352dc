"""Walkaway from Python: send an agent a task, walk away, come back for the result.

    from walkaway import Walkaway
    print(Walkaway().run("Write a 6-page report on tidal power to report.md").text)

docs/client.md is the page to learn it from.
"""

from typing import TYPE_CHECKING, Any

from walkaway import errors
from walkaway.errors import WalkawayError

if TYPE_CHECKING:
    from walkaway import events, webhooks
    from walkaway._async.client import AsyncWalkaway
    from walkaway._async.results import AsyncResult
    from walkaway._async.session import AsyncSession
    from walkaway._async.turns import AsyncTurn
    from walkaway._sync.client import Walkaway
    from walkaway._sync.results import Result
    from walkaway._sync.session import Session
    from walkaway._sync.turns import Turn
    from walkaway.tools import Call, Deny, Tool, ToolError, tool

__all__ = [
    "AsyncResult",
    "AsyncSession",
    "AsyncTurn",
    "AsyncWalkaway",
    "Call",
    "Deny",
    "Result",
    "Session",
    "Tool",
    "ToolError",
    "Turn",
    "Walkaway",
    "WalkawayError",
    "errors",
    "events",
    "tool",
    "webhooks",
]

_OF_TOOLS = {"Call", "Deny", "Tool", "ToolError", "tool"}
_LATER = {"Walkaway": "client", "Result": "results", "Session": "sessions", "Turn": "turns"}
"""Imported when somebody asks: who uses one client does not pay for the other, nor a command line for any."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in {"events", "webhooks"}:
        return import_module(f"walkaway.{name}")
    if name in _OF_TOOLS:
        return getattr(import_module("walkaway.tools"), name)
    plain = name.removeprefix("Async")
    if plain not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"walkaway.{'_sync' if plain == name else '_async'}.{_LATER[plain]}"), name)
