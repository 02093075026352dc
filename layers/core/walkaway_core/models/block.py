"""One content block of an answer while it comes in: what readers see of it, and what is kept."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from walkaway_wire import gate, jsontext
from walkaway_wire.events import (
    SERVER_TOOL_RESULT,
    SERVER_TOOL_USE,
    TEXT_CITATION,
    TEXT_DELTA,
    TEXT_START,
    TEXT_STOP,
    THINKING_DELTA,
    THINKING_START,
    THINKING_STOP,
    TOOL_USE_INPUT_DELTA,
    TOOL_USE_START,
    TOOL_USE_STOP,
)

Delta = Mapping[str, Any]
Draft = tuple[str, dict[str, Any]]
Drafts = Sequence[Draft]


class Unreadable(ValueError):
    """An answer that breaks the rules of the Messages API in a way that cannot be passed over."""


class Block:
    """A block that is kept as it began: a result of the service's tools, hidden thinking, what is not known here."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body: dict[str, Any] = gate.mended(body)
        self.open = False
        """Whether more of it is to come."""
        self.held: list[Draft] = []
        """What readers see of it later: an earlier block is still open."""

    def begin(self) -> Drafts:
        """Give what readers see of its beginning."""
        kind = self.body["type"]
        if not kind.endswith("_tool_result"):
            return ()
        return ((SERVER_TOOL_RESULT, {"id": named(self.body, "tool_use_id"), "type": kind}),)

    def add(self, _: Delta) -> Drafts:
        """Take in a piece; one that such a block does not have is passed over."""
        return ()

    def end(self) -> Drafts:
        """Make its body whole."""
        return ()

    def kept(self, _: set[Any]) -> bool:
        """Whether it can be sent back after an answer that was cut off, given the calls that have a result."""
        return True


class Text(Block):
    """Text, and where it comes from."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__({**body, "text": ""})
        self.open = True
        self._given = body.get("text")
        self._pieces: list[str] = []

    def begin(self) -> Drafts:
        """Text that stands in the beginning is the first piece."""
        self._pieces += [self._given] if self._given else []
        written = [(TEXT_DELTA, {"content": piece}) for piece in self._pieces]
        cited = [(TEXT_CITATION, {"citation": citation}) for citation in self.body.get("citations") or ()]
        return [(TEXT_START, {}), *written, *cited]

    def add(self, delta: Delta) -> Drafts:
        """Take in more text, or where it comes from."""
        kind = delta.get("type")
        if kind == "text_delta" and (text := piece(delta, "text")):
            self._pieces.append(text)
            return ((TEXT_DELTA, {"content": text}),)
        if kind != "citations_delta":
            return ()
        citation = gate.mended({name: part for name, part in fields(delta.get("citation")).items() if part is not None})
        self.body["citations"] = [*(self.body.get("citations") or ()), citation]
        return ((TEXT_CITATION, {"citation": citation}),)

    def end(self) -> Drafts:
        """Join the pieces."""
        self.open = False
        self.body["text"] = jsontext.whole("".join(self._pieces))
        return ((TEXT_STOP, {}),)

    def kept(self, _: set[Any]) -> bool:
        """Empty text is nothing to send back."""
        return bool(self.body["text"].strip())


class Thinking(Block):
    """Thinking. Readers are told of it when there is something to read; without a signature it cannot be sent back.

    `told`: they are told the signature as well, also of thinking that has no words.
    """

    told = False

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__({**body, "thinking": ""})
        self.open = True
        self._given = body.get("thinking")
        self._pieces: list[str] = []

    def begin(self) -> Drafts:
        """Thinking that stands in the beginning is the first piece."""
        return self._written(self._given)

    def add(self, delta: Delta) -> Drafts:
        """Take in more thinking, or its signature."""
        kind = delta.get("type")
        if kind == "thinking_delta":
            return self._written(piece(delta, "thinking"))
        if kind == "signature_delta":
            self.body["signature"] = jsontext.whole(piece(delta, "signature"))
        return ()

    def end(self) -> Drafts:
        """Join the pieces."""
        self.open = False
        self.body["thinking"] = jsontext.whole("".join(self._pieces))
        told = {"signature": self.body["signature"]} if self.told and self.signed else {}
        if self._pieces:
            return ((THINKING_STOP, told),)
        return ((THINKING_START, {}), (THINKING_STOP, told)) if told else ()

    @property
    def signed(self) -> bool:
        """Whether the service takes it back (Messages API, extended thinking)."""
        return bool(self.body.get("signature"))

    def _written(self, text: str | None) -> Drafts:
        if not text:
            return ()
        self._pieces.append(text)
        written = (THINKING_DELTA, {"content": text})
        return (written,) if len(self._pieces) > 1 else ((THINKING_START, {}), written)


class Call(Block):
    """A call of a tool. Its arguments stand in its beginning or come in pieces, which then count alone."""

    broken: str | None = None
    """The arguments, if they are no JSON object or are not taken (walkaway_wire.gate), for the model to be told."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__({**body, "name": named(body, "name"), "id": named(body, "id"), "input": {}})
        self.open = True
        self._given = body.get("input")
        self._pieces: list[str] = []

    def begin(self) -> Drafts:
        """Tell which tool it is."""
        return ((TOOL_USE_START, {"name": self.body["name"], "id": self.body["id"]}),)

    def add(self, delta: Delta) -> Drafts:
        """Take in more of the arguments."""
        if delta.get("type") != "input_json_delta" or not (text := piece(delta, "partial_json")):
            return ()
        self._pieces.append(text)
        return ((TOOL_USE_INPUT_DELTA, {"content": text}),)

    def end(self) -> Drafts:
        """Read the arguments; readers see those that stood in the beginning now, since pieces might have come."""
        text = self._whole()
        given: list[Draft] = [(TOOL_USE_INPUT_DELTA, {"content": text})] if text and not self._pieces else []
        return [*given, (TOOL_USE_STOP, {})]

    def _whole(self) -> str:
        """Read the arguments, when all of them are there; give their text."""
        self.open = False
        text = jsontext.whole("".join(self._pieces))
        if not text and self._given:
            text = jsontext.whole(self._given) if isinstance(self._given, str) else json.dumps(self._given)
        try:
            decoded = gate.decoded(text or "{}")
        except ValueError:
            decoded = None
        if isinstance(decoded, dict):
            self.body["input"] = decoded
        else:
            self.broken = text
        return text


class ServerCall(Call):
    """A call of a tool that the service runs itself."""

    def begin(self) -> Drafts:
        """Readers see it when it is whole."""
        return ()

    def add(self, delta: Delta) -> Drafts:
        """Take in more of the arguments."""
        super().add(delta)
        return ()

    def end(self) -> Drafts:
        """Read the arguments, and tell of the call."""
        self._whole()
        return ((SERVER_TOOL_USE, {name: self.body[name] for name in ("name", "id", "input")}),)

    def kept(self, answered: set[Any]) -> bool:
        """Without its result it cannot be sent back."""
        return self.body["id"] in answered


def named(body: dict[str, Any], name: str) -> str:
    """Give the text that a block cannot be without. Raises Unreadable."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"a block of type {str(body.get('type'))[:100]!r} has no {name}")
    return value


def piece(delta: Delta, name: str) -> str:
    """Give the text of a piece, which may be missing. Raises Unreadable for what is no text."""
    value = delta.get(name)
    if value is not None and not isinstance(value, str):
        raise Unreadable(f"the {name} of a piece is no text")
    return value or ""


def fields(value: Any) -> dict[str, Any]:
    """Give a part of an event; one that is no object has no fields."""
    return value if isinstance(value, dict) else {}
