"""Items between their first event and their last, each with the events of its kind (contract D.4).

An event is drafted as its type, without `response.`, and its fields; the fold numbers it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.dialects.responses import items
from walkaway_core.dialects.responses.items import Item
from walkaway_wire import jsontext

Draft = tuple[str, dict[str, Any]]
Drafts = Iterator[Draft]


@dataclass(slots=True)
class Written:
    """A part that is being written: its pieces, and the text of a delta's event around its number and the piece."""

    before: str
    behind: str
    end: str
    pieces: list[str] = field(default_factory=list)


class Opened:
    """An item that has been added, or is about to be, at its place in the output."""

    type = ""

    def __init__(self, id_: str, index: int) -> None:
        self.id = id_
        self.index = index

    def added(self, item: Item) -> Draft:
        """Say that there is such an item."""
        return "output_item.added", {"output_index": self.index, "item": item}

    def done(self, item: Item) -> Draft:
        """Say that it is as it stays."""
        return "output_item.done", {"output_index": self.index, "item": item}

    def told(self, type_: str, **fields: Any) -> Draft:
        """Say something of it."""
        return type_, {"item_id": self.id, "output_index": self.index, **fields}


class Message(Opened):
    """Texts that follow one another, each a part."""

    type = "message"

    def __init__(self, id_: str, index: int) -> None:
        super().__init__(id_, index)
        self.content: list[Item] = []
        self.written: Written | None = None
        """The part that is open."""
        self._cited: list[Mapping[str, Any]] = []

    @property
    def blank(self) -> bool:
        """Whether nothing is said in it."""
        return not any(part.get("text", "").strip() or part.get("refusal") for part in self.content)

    def begin(self, phase: str) -> Drafts:
        """Add it; `phase` only where it is known so early."""
        yield self.added(items.message(self.id, "in_progress", [], phase))

    def start(self) -> Drafts:
        """Begin a part."""
        yield from self.stop()
        self.written, self._cited = self._begun(), []
        yield self._part("content_part.added", part=items.text(""))

    def write(self, piece: str) -> Drafts:
        """Add to the part."""
        if not self.written:
            yield from self.start()
        if self.written:
            self.written.pieces.append(piece)
        yield self._part("output_text.delta", delta=piece, logprobs=[])

    def cite(self, citation: Mapping[str, Any]) -> None:
        """Note where the part comes from: how far that reaches is known at its end."""
        self._cited.append(citation)

    def stop(self) -> Drafts:
        """End the part, if one is open."""
        if not self.written:
            return
        part = items.text(jsontext.whole("".join(self.written.pieces)), self._cited)
        for number, annotation in enumerate(part["annotations"]):
            yield self._part("output_text.annotation.added", annotation_index=number, annotation=annotation)
        yield self._part("output_text.done", text=part["text"], logprobs=[])
        yield self._part("content_part.done", part=part)
        self.written = None
        self.content.append(part)

    def refuse(self, said: str) -> Drafts:
        """Add a part that says why there is no more."""
        yield self._part("content_part.added", part=items.refusal(""))
        yield self._part("refusal.delta", delta=said)
        yield self._part("refusal.done", refusal=said)
        yield self._part("content_part.done", part=items.refusal(said))
        self.content.append(items.refusal(said))

    def item(self, status: str, phase: str) -> Item:
        """Give it as it stays."""
        return items.message(self.id, status, self.content, phase)

    def _begun(self) -> Written:
        """Begin to write: what `_part` makes of a delta, as the stream has it."""
        type_, about = self._part("output_text.delta")
        before = f'event: response.{type_}\ndata: {{"type":"response.{type_}","sequence_number":'
        return Written(before, f',{jsontext.dumps(about)[1:-1]},"delta":', ',"logprobs":[]}\n\n')

    def _part(self, type_: str, **fields: Any) -> Draft:
        return self.told(type_, content_index=len(self.content), **fields)


class Reasoning(Opened):
    """What the model thinks; its words only if they were asked for."""

    type = "reasoning"

    def __init__(self, id_: str, index: int, *, summed: bool) -> None:
        super().__init__(id_, index)
        self._summed = summed
        self._pieces: list[str] = []
        self._summary: list[Item] = []
        self.said = ""
        """All of its words, once it has ended."""

    def begin(self) -> Drafts:
        """Add it."""
        yield self.added(items.reasoning(self.id, "in_progress", []))
        if self._summed:
            yield self._part("reasoning_summary_part.added", part=items.summary(""))

    def write(self, piece: str) -> Drafts:
        """Add to its words."""
        self._pieces.append(piece)
        if self._summed:
            yield self._part("reasoning_summary_text.delta", delta=piece)

    def stop(self) -> Drafts:
        """End its words."""
        self.said = jsontext.whole("".join(self._pieces))
        if self._summed:
            self._summary = [items.summary(self.said)]
            yield self._part("reasoning_summary_text.done", text=self.said)
            yield self._part("reasoning_summary_part.done", part=items.summary(self.said))

    def item(self, status: str, sealed: str = "") -> Item:
        """Give it as it stays."""
        return items.reasoning(self.id, status, self._summary, sealed)

    def _part(self, type_: str, **fields: Any) -> Draft:
        return self.told(type_, summary_index=0, **fields)


class Search(Opened):
    """Something that the model service does on the web by itself."""

    type = "web_search_call"

    def __init__(self, id_: str, index: int, name: str, given: Mapping[str, Any]) -> None:
        super().__init__(id_, index)
        self._name, self._given = name, given

    def begin(self) -> Drafts:
        """Add it."""
        yield self.added(self.item("in_progress"))
        yield self.told("web_search_call.in_progress")
        yield self.told("web_search_call.searching")

    def complete(self) -> Drafts:
        """Say that it has an answer."""
        yield self.told("web_search_call.completed")

    def item(self, status: str) -> Item:
        """Give it as it is."""
        return items.web_search_call(self.id, status, self._name, self._given)
