"""A turn's log as events of its session: the same log gives the same events, in the same places.

Nothing else goes in than the log, what it leaves to the conversation (`told.Said`), and the agent's name. So the list,
the stream and its replay agree, at any age. Ids name places of the log (`ids`): that of what the model has said is
where its block began, and events without a place of their own have letters. Which letter is whose never changes, since
clients have seen the ids (decision 0034).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from walkaway_core.dialects.managed import echo, endings, own, shapes, statuses, step
from walkaway_core.dialects.managed.calls import CALLS, Calls
from walkaway_core.dialects.managed.drafts import ENDED, INTERRUPT, Drafts, Fields
from walkaway_core.dialects.managed.step import Call, Searched, Step, Texts, Thought
from walkaway_core.dialects.managed.told import MESSAGE, THINKING, USE, Said, Told, Who
from walkaway_wire import events, gate
from walkaway_wire.events import Event

Data = Mapping[str, Any]


class Turn:
    """What is told of a turn, as far as its log has been taken in."""

    def __init__(self, who: Who, turn: str, since: float, said: Said, previews: frozenset[str] = frozenset()) -> None:
        """`since`: when the session named the turn; no event is older. `previews`: the types that are asked for."""
        self._turn, self._said, self._previews = turn, said, previews
        self._make = Drafts(who, turn, since)
        self._unseen: list[tuple[int, str, list[Fields]]] = []
        self._steered = 0
        self._step, self._number = Step(), 0
        self._calls = Calls(self._make, said)
        self._searches: dict[str, int] = {}
        self._declined = self._outage = self._rescheduled = False

    def take(self, event: Event) -> list[Told]:
        """Take in the log's next event; give what it is to readers."""
        if event.type == events.TEXT_DELTA:
            return self._told(event, self._write(event), MESSAGE)
        if event.type in BLOCKS:
            return self._told(event, self._block(event), USE if event.type in WRITTEN else THINKING)
        self._make.at = max(self._make.at, event.at)
        if gate.UNREADABLE in event.data:
            return []
        if take := _TAKES.get(event.type):
            return self._told(event, take(self, event.number, event.data))
        if called := CALLS.get(event.type):
            return self._told(event, called(self._calls, event.number, event.data))
        return []

    def _told(self, event: Event, fields: Iterable[Fields], previews: str = "") -> list[Told]:
        at = self._make.at
        return [Told(self._turn, event.number, index, each, at, previews) for index, each in enumerate(fields)]

    def _write(self, event: Event) -> Iterator[Fields]:
        """A piece of text: those who ask for previews are shown it at once."""
        piece = event.piece
        piece = str(event.data.get("content", "")) if piece is None else piece
        if not piece:
            return
        run, index, first = self._step.write(event.number, piece)
        if MESSAGE in self._previews:
            id_ = self._make.id(run.number)
            if first:
                yield step.started(MESSAGE, id_)
            yield step.written(id_, index, piece)

    def _block(self, event: Event) -> Iterator[Fields]:
        if gate.UNREADABLE in event.data:
            return
        self._step.take(event.type, event.number, event.data)
        if event.type == events.THINKING_START and THINKING in self._previews:
            yield step.started(THINKING, self._make.id(event.number))
        elif event.type in WRITTEN and USE in self._previews:
            yield from self._call(event)

    def _call(self, event: Event) -> Iterator[Fields]:
        """A call that is being written: whose tool it is nobody knows yet."""
        call = self._step.blocks[-1] if self._step.blocks else None
        if not isinstance(call, Call):
            return
        id_ = self._make.id(call.number)
        if event.type == events.TOOL_USE_START:
            yield step.started(USE, id_, name=call.name)
        elif piece := str(event.data["content"]):
            yield step.written(id_, 0, piece)

    def begin(self, number: int, data: Data) -> Iterator[Fields]:
        """Begin with a message, which nobody has seen yet; it may have come with an interrupt of nothing."""
        if data.get("interrupts"):
            yield echo.interrupt(self._make.id(number, INTERRUPT), self._make.at)
        yield self._say(0, number, self._said.message())
        yield from self._make.runs(number)

    def steer(self, number: int, data: Data) -> Iterator[Fields]:
        """Take what the user says while it runs, for a step to come."""
        seen = int(data["step"])
        said = self._said.steered(seen, self._steered) or shapes.blocks(str(data.get("message", "")))
        yield self._say(seen, number, said)
        self._steered += 1

    def ask(self, number: int, data: Data) -> Iterator[Fields]:
        """Call the model, which sees what was said for this step."""
        if self._make.span:
            yield self._make.end_request(number, ENDED)
        if self._rescheduled:
            self._rescheduled = False
            yield from self._make.runs(number)
        self._number, self._step = int(data["step"]), Step()
        yield from self._seen(self._number)
        yield self._make.request(number)

    def retry(self, number: int, data: Data) -> Iterator[Fields]:
        """Let the call be tried again. A long wait is told, and once in an outage that it is an error."""
        if self._make.span:
            yield self._make.end_request(number)
        if float(data["wait"]) < statuses.LONG_WAIT:
            return
        if not self._outage:
            yield self._make.error(number, endings.error("model_failed", str(data["error"]), "retrying"))
        self._outage = self._rescheduled = True
        yield from self._make.rescheduled(number)

    def commit(self, number: int, data: Data) -> Iterator[Fields]:
        """Show what the model has said, now that it stands; calls come when they are run, or put to the caller."""
        self._outage = False
        self._declined = data["stop_reason"] == endings.REFUSED
        self._step.commit(str(data["stop_reason"]))
        self._calls.commit(self._number, self._step.calls)
        for block in self._step.blocks:
            yield from self._block_of_answer(block)
        yield self._make.end_request(number, usage=data.get("usage"), is_error=False)

    def _block_of_answer(self, block: Texts | Thought | Call | Searched) -> Iterator[Fields]:
        match block:
            case Thought():
                yield self._make.now(THINKING, self._make.id(block.number))
            case Texts() if block.texts:
                yield self._make.now(MESSAGE, self._make.id(block.number), content=block.content)
            case Searched(answered=False):
                self._searches[block.id] = block.number
                yield self._make.use(block.number, block.name, block.input, "allow")
            case Searched() if block.id in self._searches:
                found = self._found(block.id)
                id_, call = self._make.id(block.number), self._searches[block.id]
                yield self._make.result(id_, call, shapes.found(found), is_error=shapes.failed(found))

    def _found(self, id_: str) -> Any:
        content = self._said.answer(self._number).get("content") or ()
        return next((block.get("content") for block in content if block.get("tool_use_id") == id_), None)

    def update(self, number: int, data: Data) -> Iterator[Fields]:
        """Show that the session was changed meanwhile."""
        yield own.updated(self._make.id(number), data.get("changes"), self._make.at)

    def patch(self, number: int, data: Data) -> Iterator[Fields]:
        """Show the same of a change by the sessions API."""
        if now := data.get("now"):
            yield own.updated(self._make.id(number), now, self._make.at)

    def sum_up(self, number: int, _: Data) -> Iterator[Fields]:
        """Go on from a summary of the conversation."""
        yield self._make.now("agent.thread_context_compacted", self._make.id(number))

    def complete(self, number: int, _: Data) -> Iterator[Fields]:
        """End it: the model is done, or declines."""
        yield from self._break_off(number)
        yield from self._declines(number) if self._declined else self._make.rests(number, endings.END_TURN)

    def cancel(self, number: int, data: Data) -> Iterator[Fields]:
        """End it, since somebody has said so. The session does not rest where a message begins in its place."""
        yield from self._seen()
        yield echo.interrupt(self._make.id(number), self._make.at)
        yield from self._break_off(number)
        if not data.get("followed"):
            yield from self._make.rests(number, endings.END_TURN)

    def fail(self, number: int, data: Data) -> Iterator[Fields]:
        """End it, since it was given up."""
        code = str(data.get("code", ""))
        yield from self._break_off(number)
        if code == endings.REFUSED:
            yield from self._declines(number)
        elif code == endings.OVER_BUDGET:
            yield from self._make.rests(number, endings.BUDGET, spent=self._said.spent())
        else:
            yield self._make.error(number, endings.error(code, str(data.get("error", "")), "exhausted"))
            yield from self._make.rests(number, endings.EXHAUSTED)

    def _break_off(self, number: int) -> Iterator[Fields]:
        """Leave what was said unseen, a request without an answer, and calls that nobody answers."""
        yield from self._seen()
        if self._make.span:
            yield self._make.end_request(number, ENDED)
        yield from self._calls.close()

    def _declines(self, number: int) -> Iterator[Fields]:
        details = endings.refused(self._said.answer(self._number))
        yield from self._make.rests(number, {"type": endings.REFUSED}, details)

    def _say(self, seen: int, number: int, content: Iterable[Mapping[str, Any]]) -> Fields:
        """Show a message that nobody has seen yet; who sees it is that step."""
        message = echo.message(self._make.id(number), [*content], None)
        self._unseen.append((seen, message["id"], message["content"]))
        return message

    def _seen(self, upto: int | None = None) -> Iterator[Fields]:
        """Show messages once more that are seen now: by this step, or by none any more."""
        for message in [each for each in self._unseen if upto is None or each[0] <= upto]:
            self._unseen.remove(message)
            yield echo.message(message[1], message[2], self._make.at)


BLOCKS: Final = frozenset(
    {
        events.TEXT_START,
        events.THINKING_START,
        events.TOOL_USE_START,
        events.TOOL_USE_INPUT_DELTA,
        events.SERVER_TOOL_USE,
        events.SERVER_TOOL_RESULT,
    }
)
"""What of a step is said by its blocks, but for texts."""
WRITTEN: Final = frozenset({events.TOOL_USE_START, events.TOOL_USE_INPUT_DELTA})
"""What of it is a call that is being written."""
_TAKES: Final[Mapping[str, Callable[[Turn, int, Data], Iterator[Fields]]]] = {
    events.MESSAGE_CREATED: Turn.begin,
    events.TURN_STEERED: Turn.steer,
    events.STEP_STARTED: Turn.ask,
    events.STEP_RETRYING: Turn.retry,
    events.STEP_COMPLETED: Turn.commit,
    events.TURN_COMPACTED: Turn.sum_up,
    events.SESSION_UPDATED: Turn.update,
    events.METADATA_UPDATED: Turn.patch,
    events.MESSAGE_COMPLETED: Turn.complete,
    events.MESSAGE_CANCELLED: Turn.cancel,
    events.MESSAGE_ERROR: Turn.fail,
}
"""What the turn says beside its blocks and its calls. What is not here, such as progress, is nothing to readers."""
