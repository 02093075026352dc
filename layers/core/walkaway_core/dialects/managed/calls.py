"""The calls of a turn's step as events: shown when they are run, or put to the caller, and answered once each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from walkaway_core.dialects.managed import echo, shapes
from walkaway_core.dialects.managed.drafts import ENDED, REFUSED, Drafts, Fields
from walkaway_core.dialects.managed.step import Call
from walkaway_core.dialects.managed.told import Said
from walkaway_core.log.conversation import BROKEN_OFF, UNANSWERED
from walkaway_wire import events

Data = Mapping[str, Any]


class Calls:
    """The calls of the step that was committed last."""

    def __init__(self, make: Drafts, said: Said) -> None:
        self._make, self._said = make, said
        self._number = 0
        self._calls: dict[str, Call] = {}
        self._shown: set[str] = set()
        self._left: set[str] = set()
        """Those that are neither run yet nor put to the caller."""
        self._asked: dict[str, str] = {}
        """Those that wait for the caller, with what they need."""
        self._running: dict[str, Call] = {}

    def commit(self, number: int, calls: Sequence[Call]) -> None:
        """Take those of a step that stands from now on."""
        self._number = number
        self._calls = {call.id: call for call in calls}
        self._left = {call.id for call in calls if call.input is not None}
        self._shown.clear()
        self._asked.clear()
        self._running.clear()

    def execute(self, _: int, data: Data) -> Iterator[Fields]:
        """Run a tool, for the first time or again. Of arguments that are none the model alone is told."""
        call = self._calls.get(str(data["id"]))
        if call is None:
            return
        self._left.discard(call.id)
        if call.input is None:
            return
        self._running[call.id] = call
        if call.id not in self._shown:
            self._shown.add(call.id)
            yield self._make.use(call.number, call.name, data["input"], "allow")

    def request(self, number: int, data: Data) -> Iterator[Fields]:
        """Put a call to the caller. With the last one the session rests: what is not asked has been run before."""
        call = self._calls.get(str(data["call_id"]))
        if call is None or call.id in self._shown:
            return
        self._shown.add(call.id)
        self._left.discard(call.id)
        self._asked[call.id] = str(data["needs"])
        if data["needs"] == "approval":
            yield self._make.use(call.number, call.name, data["arguments"], "ask")
        else:
            yield self._make.custom_use(call.number, call.name, data["arguments"])
        if not self._left:
            yield from self._waits(number)

    def approve(self, number: int, data: Data) -> Iterator[Fields]:
        """Take the caller's yes."""
        call = self._calls.get(str(data["call_id"]))
        if call and self._asked.pop(call.id, None):
            used, made = self._make.id(call.number), self._make.id(number)
            yield echo.confirmation(made, used, self._make.at, allow=True)
            yield from self._answered(number, data)

    def answer(self, number: int, data: Data) -> Iterator[Fields]:
        """Show what came of a call: of ours, or from the caller."""
        call = self._calls.get(str(data["id"]))
        if call is None or call.input is None:
            return
        self._running.pop(call.id, None)
        id_, needs = self._make.id(number), self._asked.pop(call.id, None)
        given = None if data.get("closed") else self._said.given(self._number, call.index)
        content, is_error = shapes.blocks(data["content"] if given is None else given), bool(data["is_error"])
        if needs is None:
            yield self._make.result(id_, call.number, content, is_error=is_error)
        elif data.get("closed"):
            yield self._closed(id_, call, needs, content)
        elif needs == "approval":
            used, why = self._make.id(call.number), str(data.get("denied") or "")
            yield echo.confirmation(id_, used, self._make.at, allow=False, deny_message=why)
            yield self._make.result(self._make.id(number, REFUSED), call.number, content, is_error=True)
            yield from self._answered(number, data)
        else:
            yield echo.result(id_, self._make.id(call.number), content, self._make.at, is_error=is_error)
            yield from self._answered(number, data)

    def _answered(self, number: int, data: Data) -> Iterator[Fields]:
        """Go on, or rest until the other calls have their answers; neither while more of the same request follows."""
        if data.get("more"):
            return
        yield from self._waits(number) if self._asked else self._make.runs(number)

    def _waits(self, number: int) -> Iterator[Fields]:
        called = [self._make.id(self._calls[id_].number) for id_ in self._asked]
        yield from self._make.rests(number, {"type": "requires_action", "event_ids": called})

    def close(self) -> Iterator[Fields]:
        """Leave those that wait without an answer, and those that run without a result: the turn ends before."""
        for id_, needs in self._asked.items():
            call = self._calls[id_]
            yield self._closed(self._make.id(call.number, ENDED), call, needs, shapes.blocks(UNANSWERED))
        for call in self._running.values():
            id_ = self._make.id(call.number, ENDED)
            yield self._make.result(id_, call.number, shapes.blocks(BROKEN_OFF), is_error=True)
        self._asked.clear()
        self._running.clear()

    def _closed(self, id_: str, call: Call, needs: str, content: list[Fields]) -> Fields:
        if needs == "approval":
            return self._make.result(id_, call.number, content, is_error=True)
        return echo.result(id_, self._make.id(call.number), content, self._make.at, is_error=True)


CALLS: Final[Mapping[str, Callable[[Calls, int, Data], Iterator[Fields]]]] = {
    events.TOOL_USE_EXECUTING: Calls.execute,
    events.TOOL_CALL_REQUESTED: Calls.request,
    events.TOOL_CALL_APPROVED: Calls.approve,
    events.TOOL_RESULT: Calls.answer,
}
"""What the log says of them."""
