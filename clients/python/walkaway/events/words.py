"""Events of what the model says and thinks, and of the tools of its service."""

from collections.abc import Mapping
from typing import Any

from walkaway.events.event import Call, Event, Says, Text
from walkaway_wire import events as wire


class TextStart(Event):
    """A text block opens."""

    __slots__ = ()
    type = wire.TEXT_START


class TextDelta(Text):
    """More text."""

    __slots__ = ()
    type = wire.TEXT_DELTA


class TextStop(Event):
    """The text block is complete."""

    __slots__ = ()
    type = wire.TEXT_STOP


class ThinkingStart(Event):
    """The model's reasoning opens, or what it says of its work between calls of tools."""

    __slots__ = ()
    type = wire.THINKING_START


class ThinkingDelta(Text):
    """More reasoning."""

    __slots__ = ()
    type = wire.THINKING_DELTA


class ThinkingStop(Event):
    """The reasoning is complete."""

    __slots__ = ()
    type = wire.THINKING_STOP


class TextCitation(Event):
    """Where the text that is open now comes from, in the words of the Messages API."""

    __slots__ = ()
    type = wire.TEXT_CITATION
    citation = Says[Mapping[str, Any]]({})


class ServerToolUse(Call):
    """The model service uses a tool of its own, such as web_search."""

    __slots__ = ()
    type = wire.SERVER_TOOL_USE
    name = Says("")
    input = Says[Any](None)


class ServerToolResult(Call):
    """That tool has answered; the whole block is in the conversation. Its kind is `data["type"]`."""

    __slots__ = ()
    type = wire.SERVER_TOOL_RESULT
