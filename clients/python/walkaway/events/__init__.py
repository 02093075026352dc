"""The events of a turn and of a session, a class for each name: made to be told apart by `match`.

    match event:
        case TextDelta(content=text): print(text, end="")
        case ToolUseExecuting(name=name): print(f"[{name}]")

What an event says is decoded when somebody asks for it. What it does not say is empty; what a newer server says
besides is in `data`, and an event that is not known here is an `Unknown`: it flows on.
"""

from collections.abc import Mapping
from typing import Final

from walkaway.events.event import Event, Unknown
from walkaway.events.tools import (
    FileChanged,
    ToolCallApproved,
    ToolCallRequested,
    ToolResult,
    ToolUseExecuting,
    ToolUseInputDelta,
    ToolUseProgress,
    ToolUseStart,
    ToolUseStop,
)
from walkaway.events.turns import (
    EventUnreadable,
    MessageCancelled,
    MessageCompleted,
    MessageCreated,
    MessageError,
    MetadataUpdated,
    SessionArchived,
    SessionInterrupted,
    SessionUpdated,
    StepAdjusted,
    StepCompleted,
    StepRetrying,
    StepStarted,
    TurnCompacted,
    TurnQueued,
    TurnStarted,
    TurnSteered,
)
from walkaway.events.words import (
    ServerToolResult,
    ServerToolUse,
    TextCitation,
    TextDelta,
    TextStart,
    TextStop,
    ThinkingDelta,
    ThinkingStart,
    ThinkingStop,
)

__all__ = [
    "ALL",
    "Event",
    "EventUnreadable",
    "FileChanged",
    "MessageCancelled",
    "MessageCompleted",
    "MessageCreated",
    "MessageError",
    "MetadataUpdated",
    "ServerToolResult",
    "ServerToolUse",
    "SessionArchived",
    "SessionInterrupted",
    "SessionUpdated",
    "StepAdjusted",
    "StepCompleted",
    "StepRetrying",
    "StepStarted",
    "TextCitation",
    "TextDelta",
    "TextStart",
    "TextStop",
    "ThinkingDelta",
    "ThinkingStart",
    "ThinkingStop",
    "ToolCallApproved",
    "ToolCallRequested",
    "ToolResult",
    "ToolUseExecuting",
    "ToolUseInputDelta",
    "ToolUseProgress",
    "ToolUseStart",
    "ToolUseStop",
    "TurnCompacted",
    "TurnQueued",
    "TurnStarted",
    "TurnSteered",
    "Unknown",
    "made",
]

ALL: Final[Mapping[str, type[Event]]] = {
    kind.type: kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, Event) and kind not in {Event, Unknown}
}
"""Every event that is known, by its name on the wire."""


def made(type_: str, cursor: str, text: str, turn_id: str = "") -> Event:
    """Make an event of its name, its place and its JSON."""
    kind = ALL.get(type_)
    return kind(cursor, text, turn_id) if kind else Unknown(type_, cursor, text, turn_id)
