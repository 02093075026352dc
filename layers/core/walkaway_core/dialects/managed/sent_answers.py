"""Answers to calls, as a client sends them: a yes or a no, or what came of a tool of its own (contract E.9)."""

from dataclasses import dataclass, field
from typing import Any

from walkaway_core.dialects.managed import echo, ids, sent_calls
from walkaway_core.dialects.managed.content import Reader
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.dialects.managed.sent_wire import Confirmation, CustomToolResult
from walkaway_core.engine.pause import asking
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to the call that an `event` has shown; `content` are its blocks as they were sent."""

    call: str
    answer: CallAnswer
    event: str
    content: list[dict[str, Any]] = field(default_factory=list)

    @property
    def turn(self) -> str:
        """The turn whose call it is."""
        place = ids.read_event(self.event)
        assert place
        return place.owner

    def shown(self, id_: str, at: float) -> dict[str, Any]:
        """Show it under its id."""
        if self.answer.approve is None:
            return echo.result(id_, self.event, self.content, at, is_error=self.answer.is_error)
        deny = self.answer.reason
        return echo.confirmation(id_, self.event, at, allow=self.answer.approve, deny_message=deny)


def read(
    services: Services, session: SessionKey, sent: Confirmation | CustomToolResult, reader: Reader, where: str
) -> Answer:
    """Read an answer; `where` names its event. Raises Refusal, BodyTooLarge, Unavailable."""
    yes_or_no = isinstance(sent, Confirmation)
    name = "tool_use_id" if yes_or_no else "custom_tool_use_id"
    event: str = getattr(sent, name)
    call, place = sent_calls.call_of(services, session, event), ids.read_event(event)
    request = asking.find(services, session, [call]).get(call) if call else None
    if call is None or request is None or place is None or place.owner != request.turn.turn:
        raise invalid(sent_calls.not_waiting(services, session, event[:100]), f"{where}.{name}")
    if request.needs != ("approval" if yes_or_no else "output"):
        other = "user.custom_tool_result" if yes_or_no else "user.tool_confirmation"
        raise invalid(f"{event} is answered by {other}", f"{where}.type")
    if isinstance(sent, Confirmation):
        allow = sent.result == "allow"
        return Answer(call, CallAnswer(approve=allow, reason="" if allow else sent.deny_message or ""), event)
    content = sent.content or []
    blocks, shown = reader.result(content, f"{where}.content")
    return Answer(call, CallAnswer("", bool(sent.is_error), blocks=blocks, shown=shown), event, content)
