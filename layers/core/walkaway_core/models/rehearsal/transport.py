"""An httpx2 transport that answers `POST /v1/messages` as the service would, streamed, at a pace."""

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import httpx2

from walkaway_core.models.rehearsal.script import next_blocks, pace
from walkaway_wire import jsontext

DELTA_CHARACTERS = 24
CHARACTERS_PER_TOKEN = 4


class RehearsalTransport(httpx2.BaseTransport):
    """Answers model calls; waits `delay` seconds before each delta."""

    def __init__(self, delay: float) -> None:
        self._delay = delay

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one call."""
        body = jsontext.loads(request.read())
        if request.url.path.endswith("/count_tokens"):
            return httpx2.Response(200, json={"input_tokens": tokens(body)})
        headers = {"content-type": "text/event-stream", "request-id": "rehearsal"}
        return httpx2.Response(200, headers=headers, stream=_PacedStream(_events(body), pace(body, self._delay)))


class _PacedStream(httpx2.SyncByteStream):
    """The bytes of an answer; closing it from any thread breaks the answer off."""

    def __init__(self, events: Iterator[dict[str, Any]], delay: float) -> None:
        self._events = events
        self._delay = delay
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        for event in self._events:
            if event["type"] == "content_block_delta" and self._delay:
                self._closed.wait(self._delay)
            if self._closed.is_set():
                raise httpx2.ReadError("the stream was closed")
            yield f"event: {event['type']}\ndata: {jsontext.dumps(event)}\n\n".encode()

    def close(self) -> None:
        self._closed.set()


def tokens(body: dict[str, Any]) -> int:
    """Count a request's tokens, roughly."""
    return len(jsontext.dumps(body["messages"])) // CHARACTERS_PER_TOKEN


def _events(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    blocks = next_blocks(body)
    said = sum(len(jsontext.dumps(block)) for block in blocks)
    usage = {
        "input_tokens": tokens(body),
        "output_tokens": said // CHARACTERS_PER_TOKEN,
    }
    message = {"id": "msg_rehearsal", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    start = {**message, "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": start}
    for index, block in enumerate(blocks):
        yield from _block(index, block)
    reason = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    delta = {"stop_reason": reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}}
    yield {"type": "message_stop"}


def _block(index: int, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = block["type"]
    empties: dict[str, dict[str, Any]] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    yield {"type": "content_block_start", "index": index, "content_block": {**block, **empties[kind]}}
    if kind == "text":
        deltas = ({"type": "text_delta", "text": piece} for piece in _pieces(block["text"]))
    elif kind == "thinking":
        deltas = ({"type": "thinking_delta", "thinking": piece} for piece in _pieces(block["thinking"]))
    else:
        text = jsontext.dumps(block["input"])
        deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in _pieces(text))
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    if kind == "thinking":
        signature = {"type": "signature_delta", "signature": block["signature"]}
        yield {"type": "content_block_delta", "index": index, "delta": signature}
    yield {"type": "content_block_stop", "index": index}


def _pieces(text: str) -> Iterator[str]:
    for start in itertools.count(0, DELTA_CHARACTERS):
        if start >= len(text):
            return
        yield text[start : start + DELTA_CHARACTERS]
