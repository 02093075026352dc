"""A step of a response's stream, version 1: the items that the blocks of a model's answer become (contract D.4)."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.dialects.responses import items, thinking
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.calls import Call, FunctionCall, Request, ServerCall
from walkaway_core.dialects.responses.endings import Ending
from walkaway_core.dialects.responses.opened import Drafts, Message, Opened, Reasoning, Search, Written
from walkaway_core.dialects.responses.output import Output
from walkaway_core.log.transcript import CUT_SHORT
from walkaway_wire.events import TEXT_CITATION, TEXT_DELTA, TEXT_START, TEXT_STOP

COMMENTARY, FINAL = "commentary", "final_answer"
TEXTS = (TEXT_START, TEXT_DELTA, TEXT_CITATION, TEXT_STOP)
Data = Mapping[str, Any]


class Step:
    """An attempt at a step, until the next one or the end shows what its last text was.

    The log has one block after the other; so one text, one thinking and one call is open at most.
    """

    def __init__(self, asked: Asked, output: Output, carried: dict[str, Search]) -> None:
        """`carried`: searches of earlier steps that have no answer yet, by the service's ids."""
        self._asked = asked
        self._functions, self._held = asked.functions, asked.held
        self._output = output
        self._waiting: list[tuple[str, Data]] = []
        self._message: Message | None = None
        self._reasoning: Reasoning | None = None
        self._call: Call | Request | None = None
        """The last block, if it is a call, or if nothing but searches without an answer is behind it."""
        self._searched = False
        """Whether one is."""
        self._cut: FunctionCall | None = None
        self._calls: list[Call | Request] = []
        self._carried = carried
        self._searches: dict[str, Search] = {}
        self.spoke = False
        """Whether it has a text that says something."""

    @property
    def writing(self) -> Written | None:
        """The text that is open and told as it comes; whatever is no text has closed it."""
        return self._message.written if self._message and not self._held else None

    def text(self, type_: str, data: Data) -> Drafts:
        """Take in an event of a text, or hold it back until it is known what the text is."""
        self._call = None
        if self._held:
            self._waiting.append((type_, data))
        else:
            yield from self._write(type_, data, "")

    def _write(self, type_: str, data: Data, phase: str) -> Drafts:
        if self._message is None:
            self._message = Message(*self._output.add(Message.type))
            yield from self._message.begin(phase)
        if type_ == TEXT_START:
            yield from self._message.start()
        elif type_ == TEXT_DELTA:
            yield from self._message.write(data["content"])
        elif type_ == TEXT_CITATION:
            self._message.cite(data["citation"])
        else:
            yield from self._message.stop()

    def _end_message(self, phase: str, status: str = "completed") -> Drafts:
        """End the text that is open: what it is, is known now."""
        waiting, self._waiting = self._waiting, []
        for type_, data in waiting:
            yield from self._write(type_, data, phase)
        message, self._message = self._message, None
        if message:
            yield from message.stop()
            yield from self._done(message, message.item(status, phase), stays=not message.blank)
            self.spoke |= not message.blank

    def think(self, _: Data) -> Drafts:
        """Begin to think."""
        yield from self._end_message(COMMENTARY)
        self._call = None
        if self._asked.reasons:
            self._reasoning = Reasoning(*self._output.add(Reasoning.type), summed=self._asked.summed)
            yield from self._reasoning.begin()

    def thought(self, data: Data) -> Drafts:
        """Take in more thinking."""
        if self._reasoning:
            yield from self._reasoning.write(data["content"])

    def end_thinking(self, data: Data) -> Drafts:
        """End thinking."""
        reasoning, self._reasoning = self._reasoning, None
        if reasoning:
            yield from reasoning.stop()
            sealed = thinking.seal(self._asked.seal, {**data, "thinking": reasoning.said})
            yield from self._done(reasoning, reasoning.item("completed", sealed))

    def call(self, data: Data) -> Drafts:
        """Begin a call: of a function, of a tool of the server's, or one that is to be approved."""
        yield from self._end_message(COMMENTARY)
        id_, name = data["id"], data["name"]
        self._call = None
        if name in self._functions:
            self._call = FunctionCall(*self._output.add(FunctionCall.type), id_, name)
            yield from self._call.begin()
        elif name in self._asked.approve:
            self._call = Request(id_, name)
        elif self._asked.serves(name):
            self._call = ServerCall(*self._output.add(ServerCall.type), id_, name)
            yield from self._call.begin()
        self._searched = False
        self._calls += [self._call] if self._call else []

    def argue(self, data: Data) -> Drafts:
        """Take in more of a call's arguments."""
        if self._call:
            yield from self._call.write(data["content"])

    def end_call(self, _: Data) -> Drafts:
        """End a call's arguments."""
        if self._call:
            yield from self._call.stop()

    def search(self, data: Data) -> Drafts:
        """Begin what the model service does by itself; what is done nowhere on the web has no item."""
        yield from self._end_message(COMMENTARY)
        self._searched = True
        if data["name"].startswith("web_"):
            search = Search(*self._output.add(Search.type), data["name"], data["input"])
            self._searches[data["id"]] = search
            yield from search.begin()

    def found(self, data: Data) -> Drafts:
        """End that."""
        self._call = None
        if search := self._searches.pop(data["id"], None) or self._carried.pop(data["id"], None):
            yield from search.complete()
            yield from self._done(search, search.item("completed"))

    def commit(self, data: Data) -> Drafts:
        """End the step: from now on its calls are to be answered, by whoever is asked to.

        A call that was cut off, or whose arguments are no object, is nothing to answer: it does not stay. Of an answer
        that was cut by time, searches without an answer are not kept, so that the call before them was the last.
        """
        reason = data["stop_reason"]
        cut = self._call if reason in CUT_SHORT and (reason == "time_limit" or not self._searched) else None
        if cut:
            cut.whole = False
        self._cut = cut if isinstance(cut, FunctionCall) else None
        for call in self._calls:
            if isinstance(call, FunctionCall) and call is not self._cut:
                yield from self._done(call, call.item("completed") if call.whole else call.lost(), stays=call.whole)
        if reason == "time_limit":
            yield from self._give_up()
        self._carried |= self._searches
        for call in self._calls:
            if isinstance(call, Request) and call.whole:
                yield from call.ask(*self._output.add(Request.type))
                yield from self._done(call, call.item())

    @property
    def running(self) -> dict[str, ServerCall]:
        """The calls that the server is to carry out, once the step is committed."""
        return {call.call: call for call in self._calls if isinstance(call, ServerCall)}

    def settle(self, ending: Ending | None) -> Drafts:
        """End what was open: it is known what follows the step, the turn's end or another step."""
        final = ending is not None and ending.stands
        short = ending is not None and ending.status == "incomplete"
        yield from self._end_message(FINAL if final else COMMENTARY, "incomplete" if short else "completed")
        cut, self._cut = self._cut, None
        if cut:
            yield from self._done(cut, cut.item("incomplete") if short else cut.lost(), stays=short)

    def refuse(self, sentence: str) -> Drafts:
        """Say why there is no more, where nothing else was said."""
        if not self.spoke:
            message = Message(*self._output.add(Message.type))
            yield from message.begin("")
            yield from message.refuse(sentence)
            yield from self._done(message, message.item("completed", FINAL))

    def lose(self) -> Drafts:
        """Close what the attempt has begun: nothing of it stays."""
        self._waiting.clear()
        message, reasoning = self._message, self._reasoning
        self._message = self._reasoning = None
        if message:
            yield from message.stop()
            yield message.done(message.item("incomplete", ""))
        if reasoning:
            yield from reasoning.stop()
            yield reasoning.done(reasoning.item("incomplete"))
        for call in self._calls:
            if isinstance(call, Call):
                yield from call.stop()
                if isinstance(call, ServerCall):
                    yield from call.end(None)
                yield call.done(call.lost() if isinstance(call, FunctionCall) else call.item("incomplete"))
        yield from self._give_up()
        self._calls.clear()
        self._output.lose()

    def _give_up(self) -> Drafts:
        """Close searches whose answer will not come."""
        for search in self._searches.values():
            yield search.done(search.item("failed"))
        self._searches.clear()

    def _done(self, opened: Opened, item: items.Item, *, stays: bool = True) -> Drafts:
        yield opened.done(item)
        if stays:
            self._output.keep(opened.index, item)
