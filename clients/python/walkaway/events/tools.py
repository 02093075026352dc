"""Events of tools: calls that the model makes, that the server runs, and that are put to the caller."""

from collections.abc import Mapping
from typing import Any

from walkaway.events.event import Call, Event, Says, Text
from walkaway_wire import events as wire


class ToolUseStart(Call):
    """The model begins to write a tool call."""

    __slots__ = ()
    type = wire.TOOL_USE_START
    name = Says("")


class ToolUseInputDelta(Text):
    """More of the call's arguments, as JSON text."""

    __slots__ = ()
    type = wire.TOOL_USE_INPUT_DELTA


class ToolUseStop(Event):
    """The arguments are complete."""

    __slots__ = ()
    type = wire.TOOL_USE_STOP


class ToolUseExecuting(Call):
    """The tool is about to run."""

    __slots__ = ()
    type = wire.TOOL_USE_EXECUTING
    name = Says("")
    input = Says[Any](None)


class ToolUseProgress(Call):
    """How far the tool is; at most once a second."""

    __slots__ = ()
    type = wire.TOOL_USE_PROGRESS
    content = Says("")


class ToolResult(Call):
    """What the tool returned; `id` is that of ToolUseStart."""

    __slots__ = ()
    type = wire.TOOL_RESULT
    content = Says("")
    is_error = Says(absent=False)


class FileChanged(Event):
    """This call has `written` or `deleted` a file; before its ToolResult. `size` in bytes, None once deleted."""

    __slots__ = ()
    type = wire.FILE_CHANGED
    path = Says("")
    op = Says("")
    size = Says[int | None](None)
    version = Says[str | None](None)
    call_id = Says("")


class ToolCallRequested(Event):
    """The turn waits for an output, or for a yes or no where `needs` is `approval`."""

    __slots__ = ()
    type = wire.TOOL_CALL_REQUESTED
    call_id = Says("")
    name = Says("")
    arguments = Says[Mapping[str, Any]]({})
    needs = Says("output")
    expires_at = Says(0.0)


class ToolCallApproved(Event):
    """The call may run; a no is a ToolResult with `is_error`."""

    __slots__ = ()
    type = wire.TOOL_CALL_APPROVED
    call_id = Says("")
