"""Turns the raw stream of the Messages API into the turn's events, and collects the answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from walkaway_core.ports.model import Answer
from walkaway_wire import jsontext
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

if TYPE_CHECKING:
    from anthropic.types import RawContentBlockDelta, RawContentBlockStartEvent, RawMessageStreamEvent

Draft = tuple[str, dict[str, Any]]

CHARACTERS_PER_TOKEN = 3.5
STARTS = {"text": TEXT_START, "thinking": THINKING_START, "tool_use": TOOL_USE_START}
STOPS = {"text": TEXT_STOP, "thinking": THINKING_STOP, "tool_use": TOOL_USE_STOP}


class Blocks:
    """The content blocks of one answer while they come in."""

    def __init__(self) -> None:
        self.complete = False
        self._blocks: list[dict[str, Any]] = []
        self._pieces: list[str] = []
        self._broken: dict[str, str] = {}
        self._usage: dict[str, int] = {}
        self._stop_reason = ""
        self._open = False

    def take(self, event: "RawMessageStreamEvent") -> Iterator[Draft]:
        """Take in one raw event; yield what readers get to see of it."""
        if event.type == "content_block_delta":
            yield from self._delta(event.delta)
        elif event.type == "content_block_start":
            yield from self._start(event)
        elif event.type == "content_block_stop":
            yield from self._stop()
        elif event.type == "message_start":
            self._count(event.message.usage)
        elif event.type == "message_delta":
            self._stop_reason = event.delta.stop_reason or ""
            self._count(event.usage)
        elif event.type == "message_stop":
            self.complete = True

    def cut(self) -> Iterator[Draft]:
        """End the answer here, if it has anything to keep: open text stays, an open call goes back as broken.

        Thinking that has not been signed and a service's tool without a result cannot be sent back. What the service
        would have counted as output is estimated: it counts only at the end.
        """
        if self._open:
            yield from self._stop()
        answered = {block.get("tool_use_id") for block in self._blocks}
        self._blocks = [block for block in self._blocks if _keeps(block, answered)]
        if self._blocks:
            self.complete = True
            self._stop_reason = "time_limit"
            written = len(jsontext.dumps(self._blocks)) / CHARACTERS_PER_TOKEN
            self._usage["output_tokens"] = max(self._usage.get("output_tokens", 0), int(written))

    def answer(self) -> Answer:
        """Give the answer as it is."""
        return Answer(self._blocks, self._stop_reason, self._usage, self._broken)

    def _delta(self, delta: "RawContentBlockDelta") -> Iterator[Draft]:
        if delta.type == "text_delta":
            self._pieces.append(delta.text)
            yield TEXT_DELTA, {"content": delta.text}
        elif delta.type == "input_json_delta":
            self._pieces.append(delta.partial_json)
            if self._blocks[-1]["type"] == "tool_use":
                yield TOOL_USE_INPUT_DELTA, {"content": delta.partial_json}
        elif delta.type == "thinking_delta":
            self._pieces.append(delta.thinking)
            yield THINKING_DELTA, {"content": delta.thinking}
        elif delta.type == "signature_delta":
            self._blocks[-1]["signature"] = delta.signature
        elif delta.type == "citations_delta":
            citation = delta.citation.model_dump(mode="json", exclude_none=True)
            self._blocks[-1].setdefault("citations", []).append(citation)
            yield TEXT_CITATION, {"citation": citation}

    def _start(self, event: "RawContentBlockStartEvent") -> Iterator[Draft]:
        block = event.content_block.model_dump(mode="json", exclude_none=True)
        self._blocks.append(block)
        self._pieces = []
        self._open = True
        if block["type"] in STARTS:
            named = {"name": block["name"], "id": block["id"]} if block["type"] == "tool_use" else {}
            yield STARTS[block["type"]], named
        elif block["type"].endswith("_tool_result"):
            yield SERVER_TOOL_RESULT, {"id": block["tool_use_id"], "type": block["type"]}

    def _stop(self) -> Iterator[Draft]:
        block, whole = self._blocks[-1], jsontext.whole("".join(self._pieces))
        self._open = False
        if block["type"] == "text":
            block["text"] = whole
        elif block["type"] == "thinking":
            block["thinking"] = whole
        elif block["type"] == "tool_use":
            block["input"] = self._arguments(block["id"], whole)
        elif block["type"] == "server_tool_use":
            block["input"] = self._arguments(block["id"], whole) if whole else block["input"]
            yield SERVER_TOOL_USE, {"name": block["name"], "id": block["id"], "input": block["input"]}
        if block["type"] in STOPS:
            yield STOPS[block["type"]], {}

    def _arguments(self, call_id: str, text: str) -> dict[str, Any]:
        """Decode a call's arguments; what is no JSON object is kept aside, for the model to be told."""
        try:
            decoded = jsontext.loads(text or "{}")
        except ValueError:
            decoded = None
        if isinstance(decoded, dict) and jsontext.is_unicode(decoded):
            return decoded
        self._broken[call_id] = text
        return {}

    def _count(self, usage: Any) -> None:
        found = usage.model_dump(exclude_none=True)
        found |= found.pop("server_tool_use", {})
        self._usage.update({name: value for name, value in found.items() if isinstance(value, int)})


def _keeps(block: dict[str, Any], answered: set[str | None]) -> bool:
    """Whether a block can be sent back after the answer was cut off."""
    if block["type"] == "thinking":
        return bool(block.get("signature"))
    if block["type"] == "server_tool_use":
        return block["id"] in answered
    return block["type"] != "text" or bool(block["text"].strip())
