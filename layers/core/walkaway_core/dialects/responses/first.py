"""Version 1 of the fold: what each event of a turn's log is to readers of the response (contract D.4)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from walkaway_core.dialects.responses import endings, objects
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.calls import ServerCall
from walkaway_core.dialects.responses.endings import Ending
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.items import Result
from walkaway_core.dialects.responses.opened import Drafts, Search, Written
from walkaway_core.dialects.responses.output import Output
from walkaway_core.dialects.responses.step import TEXTS, Data, Step
from walkaway_wire import events, jsontext
from walkaway_wire.events import Event

BLOCKS: Final[Mapping[str, Callable[[Step, Data], Drafts]]] = {
    events.THINKING_START: Step.think,
    events.THINKING_DELTA: Step.thought,
    events.THINKING_STOP: Step.end_thinking,
    events.TOOL_USE_START: Step.call,
    events.TOOL_USE_INPUT_DELTA: Step.argue,
    events.TOOL_USE_STOP: Step.end_call,
    events.SERVER_TOOL_USE: Step.search,
    events.SERVER_TOOL_RESULT: Step.found,
}
"""What of a step is said by its blocks, but for texts."""


class Fold:
    """A response's stream, as far as its turn's log has been taken in. What nobody can read of it is passed over."""

    def __init__(self, names: Names, asked: Asked) -> None:
        self.over = False
        self._names, self._asked = names, asked
        self._created_at: float | None = None
        self._status = "queued"
        self._begun = False
        self._output = Output(names)
        self._searches: dict[str, Search] = {}
        self._step = Step(asked, self._output, self._searches)
        self._open = False
        """Whether the step has begun and is not committed: it may be lost."""
        self._running: dict[str, ServerCall] = {}

    def take(self, event: Event) -> Drafts:
        """Take in the log's next event; give what it is to readers. Of what stands behind the end nothing comes."""
        if self.over:
            return
        data = event.data
        if self._created_at is None:
            yield from self._create(event.at, data)
        if event.type in TEXTS:
            yield from self._step.text(event.type, data)
        elif take := BLOCKS.get(event.type):
            yield from take(self._step, data)
        elif event.terminal:
            yield from self._end(endings.read(event))
        elif turn := _TURN.get(event.type):
            yield from turn(self, data)

    def writing(self, type_: str) -> Written | None:
        """Give what an event of this type writes to by itself: a text that is open."""
        return self._step.writing if type_ == events.TEXT_DELTA and not self.over else None

    def _create(self, at: float, data: Data) -> Drafts:
        self._created_at = at
        waits = self._asked.background or data.get("status") == "queued"
        self._status = "queued" if waits else "in_progress"
        yield "created", self._response()
        if waits:
            yield "queued", self._response()

    def _progress(self) -> Drafts:
        """Say once that work has begun: with the calls of an earlier response that somebody has said yes to."""
        if self._begun:
            return
        self._begun, self._status = True, "in_progress"
        yield "in_progress", self._response()
        for id_, approved in self._asked.approved.items():
            call = ServerCall(*self._output.add(ServerCall.type), id_, approved.name, approved.request)
            yield from call.begin()
            yield from call.write(approved.arguments)
            yield from call.stop()
            self._running[id_] = call

    def begin(self, data: Data) -> Drafts:
        """Begin an attempt at a step. If one was open, it is lost."""
        yield from self._step.lose() if self._open else self._step.settle(None)
        yield from self._progress()
        self._output.begin(data["step"], data["attempt"])
        self._step, self._open = Step(self._asked, self._output, self._searches), True

    def commit(self, data: Data) -> Drafts:
        """Take a step as one that stands."""
        self._open = False
        yield from self._step.commit(data)
        self._running |= self._step.running

    def execute(self, _: Data) -> Drafts:
        """Begin with a call that an earlier response has asked about; others are there already, or not at all."""
        yield from self._progress()

    def answer(self, data: Data) -> Drafts:
        """Show what came of a call of the server's."""
        if call := self._running.pop(data["id"], None):
            content = data["content"]
            said = content if isinstance(content, str) else jsontext.dumps(content)
            yield from self._answered(call, Result(said, data["is_error"]))

    def _answered(self, call: ServerCall, result: Result | None) -> Drafts:
        yield from call.end(result)
        item = call.item("incomplete" if result is None else "failed" if result.is_error else "completed")
        yield call.done(item)
        self._output.keep(call.index, item)

    def _end(self, ending: Ending) -> Drafts:
        yield from self._step.lose() if self._open else self._step.settle(ending)
        for call in self._running.values():
            yield from self._answered(call, None)
        for search in self._searches.values():
            item = search.item("failed")
            yield search.done(item)
            self._output.keep(search.index, item)
        if ending.code == "refusal":
            yield from self._step.refuse(ending.sentence)
        self.over = True
        yield ending.event, self._response(ending)

    def _response(self, ending: Ending | None = None) -> dict[str, Any]:
        output = self._output.items if ending else ()
        return {
            "response": objects.response(self._names, self._asked, self._created_at or 0, self._status, output, ending)
        }


_TURN: Final[Mapping[str, Callable[[Fold, Data], Drafts]]] = {
    events.STEP_STARTED: Fold.begin,
    events.STEP_COMPLETED: Fold.commit,
    events.TOOL_USE_EXECUTING: Fold.execute,
    events.TOOL_RESULT: Fold.answer,
}
"""What the turn says beside its blocks. What is not here, such as progress and metadata, is nothing to readers."""
