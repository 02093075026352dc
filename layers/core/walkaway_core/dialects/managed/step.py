"""One attempt at a step, as its events come: previews while it is written, and whole events once it is committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.dialects.managed import shapes
from walkaway_core.log.transcript import CUT_SHORT
from walkaway_wire import events, gate

Data = Mapping[str, Any]


@dataclass(slots=True)
class Texts:
    """A run of neighbouring texts, which is one message. Texts without a letter have no place in it."""

    number: int
    texts: list[list[str]] = field(default_factory=list)
    open: bool = False
    """Whether the text that is written now has a place already."""

    def add(self, piece: str) -> int:
        """Take in a piece; give the place of its text."""
        if not self.open:
            self.texts.append([])
            self.open = True
        self.texts[-1].append(piece)
        return len(self.texts) - 1

    @property
    def content(self) -> list[dict[str, Any]]:
        """The message's blocks."""
        return [shapes.text("".join(pieces)) for pieces in self.texts]


@dataclass(slots=True)
class Thought:
    """A block of thinking."""

    number: int


@dataclass(slots=True)
class Call:
    """A call of a tool, by the number of the event in which it began."""

    number: int
    id: str
    name: str
    index: int
    pieces: list[str] = field(default_factory=list)
    cut: bool = False

    @property
    def input(self) -> dict[str, Any] | None:
        """Its arguments; None where they are no object, or were cut off: the model alone is told of those."""
        if self.cut:
            return None
        try:
            decoded = gate.decoded("".join(self.pieces) or "{}")
        except ValueError:
            return None
        return decoded if isinstance(decoded, dict) else None


@dataclass(slots=True)
class Searched:
    """A tool of the model service's that was used, or has answered."""

    number: int
    id: str
    name: str = ""
    input: Any = None
    answered: bool = False


class Step:
    """What has been written of an attempt."""

    def __init__(self) -> None:
        self.blocks: list[Texts | Thought | Call | Searched] = []

    @property
    def calls(self) -> list[Call]:
        """The calls of it, in their order."""
        return [block for block in self.blocks if isinstance(block, Call)]

    def take(self, type_: str, number: int, data: Data) -> None:
        """Take in an event that is not a piece of text."""
        match type_:
            case events.TEXT_START:
                self._run(number).open = False
            case events.THINKING_START:
                self.blocks.append(Thought(number))
            case events.TOOL_USE_START:
                self.blocks.append(Call(number, str(data["id"]), str(data["name"]), len(self.calls)))
            case events.TOOL_USE_INPUT_DELTA if self.blocks and isinstance(call := self.blocks[-1], Call):
                call.pieces.append(str(data["content"]))
            case events.SERVER_TOOL_USE:
                self.blocks.append(Searched(number, str(data["id"]), str(data["name"]), data.get("input")))
            case events.SERVER_TOOL_RESULT:
                self.blocks.append(Searched(number, str(data["id"]), answered=True))

    def write(self, number: int, piece: str) -> tuple[Texts, int, bool]:
        """Take in a piece of text; give the run that has it, its text's place there, and whether it is the first."""
        run = self._run(number)
        first = not run.texts
        return run, run.add(piece), first

    def commit(self, stop_reason: str) -> None:
        """Take it as one that stands: a call at the end of an answer that was cut off is none."""
        if stop_reason in CUT_SHORT and self.blocks and isinstance(call := self.blocks[-1], Call):
            call.cut = True

    def _run(self, number: int) -> Texts:
        if not (self.blocks and isinstance(self.blocks[-1], Texts)):
            self.blocks.append(Texts(number))
        run = self.blocks[-1]
        assert isinstance(run, Texts)
        return run


def started(type_: str, id_: str, **more: str) -> dict[str, Any]:
    """Announce an event that is being written."""
    return {"type": "event_start", "event": {"type": type_, "id": id_, **more}}


def written(id_: str, index: int, piece: str) -> dict[str, Any]:
    """Give a piece of its text."""
    content = {"type": "content_delta", "index": index, "content": shapes.text(piece)}
    return {"type": "event_delta", "event_id": id_, "delta": content}
