"""Events that a client may send, as they go over HTTP (contract E.9), and the refusal of those that it may not."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.managed.content_wire import shaped
from walkaway_core.dialects.managed.problems import Refusal, invalid
from walkaway_wire.strict import Strict

MOST: Final = 50
"""Events of a request."""
DENY_CHARACTERS: Final = 10_000
Object = dict[str, Any]


class UserMessage(Strict):
    """Something said."""

    type: Literal["user.message"]
    content: Annotated[list[Object], Field(min_length=1, description="blocks of the types text, image and document")]


class Interrupt(Strict):
    """An end of what runs."""

    type: Literal["user.interrupt"]
    session_thread_id: str | None = None


class Confirmation(Strict):
    """A yes or a no to a call."""

    type: Literal["user.tool_confirmation"]
    tool_use_id: str
    result: Literal["allow", "deny"]
    deny_message: Annotated[str | None, Field(max_length=DENY_CHARACTERS)] = None
    session_thread_id: str | None = None


class CustomToolResult(Strict):
    """What came of a call of the client's own tool."""

    type: Literal["user.custom_tool_result"]
    custom_tool_use_id: str
    content: Annotated[list[Object] | None, Field(description="also of the type search_result")] = None
    is_error: Annotated[bool | None, Field(strict=True)] = None
    session_thread_id: str | None = None


KINDS: Final[Mapping[str, type[Strict]]] = {
    "user.message": UserMessage,
    "user.interrupt": Interrupt,
    "user.tool_confirmation": Confirmation,
    "user.custom_tool_result": CustomToolResult,
}
NOT_HERE: Final[Mapping[str, str]] = {
    "user.tool_result": "the session's environment is of the type cloud, where the server runs the agent's own tools; "
    "results of custom tools are sent as user.custom_tool_result",
    "user.define_outcome": "outcomes are not graded here; say in a user.message what is to be reached",
    "system.message": "the model takes no system messages between others; say it in the agent's `system`, or in a "
    "user.message",
}
"""Events of other servers that are not taken."""
OLD: Final[Mapping[str, str]] = {
    "message": "user.message",
    "interrupt": "user.interrupt",
    "tool_confirmation": "user.tool_confirmation",
    "custom_tool_result": "user.custom_tool_result",
    "tool_result": "user.custom_tool_result",
}
"""Names of old guides, and those of today."""
MESSAGE: Final[Object] = {"type": "user.message", "content": [{"type": "text", "text": "Begin."}]}


class EventsSent(BaseModel):
    """Events for a session: all of them are taken, or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"events": [MESSAGE]}]})

    events: Annotated[
        list[Object],
        Field(min_length=1, max_length=MOST, description=f"of the types {', '.join(KINDS)}"),
    ]


class EventsTaken(BaseModel):
    """The events as they were taken, each with its id; `processed_at` is null of what the agent has not seen yet."""

    data: list[Object]


def read(event: Object, where: str) -> Strict:
    """Read one event; `where` names it. Raises Refusal."""
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise _no_kind(kind, f"{where}.type")
    read = shaped(KINDS[kind], event, where)
    if isinstance(read, Confirmation) and read.deny_message is not None and read.result == "allow":
        raise invalid("goes with the result deny alone", f"{where}.deny_message")
    return read


def _no_kind(kind: Any, where: str) -> Refusal:
    if kind is None:
        return invalid("is missing", where)
    if isinstance(kind, str) and kind in NOT_HERE:
        return invalid(NOT_HERE[kind], where)
    if isinstance(kind, str) and kind in OLD:
        return invalid(f"{kind!r} is called {OLD[kind]!r}", where)
    return invalid(f"{str(kind)[:100]!r} is nothing that is sent; there are {', '.join(KINDS)}", where)
