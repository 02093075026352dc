"""The events of an answer, as the Messages API streams them: in pieces, and no longer than the request allows."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from walkaway_core.models.rehearsal.refusing import CHARACTERS_PER_TOKEN, tokens
from walkaway_core.models.rehearsal.script import Reply
from walkaway_wire import jsontext

Block = dict[str, Any]

DELTA_CHARACTERS = 24
DELTAS = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}
CALL = ("input_json_delta", "partial_json")
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded, as the message asked"}}


def events(body: Block, reply: Reply, *, fails: bool) -> Iterator[Block]:
    """Stream a reply to a request. `fails`: it breaks off with an error behind its first piece."""
    room = body["max_tokens"] * CHARACTERS_PER_TOKEN
    written = sum(len(_written(block)) for block in reply.blocks)
    count = min(written, room) // CHARACTERS_PER_TOKEN
    message = {"id": "msg_rehearsal", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    usage = {"input_tokens": tokens(body), "output_tokens": 1}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    for event in _blocks(reply.blocks, room):
        yield event
        if fails and event["type"] == "content_block_delta":
            break
    if fails:
        yield OVERLOADED
        return
    details = {"stop_details": reply.stop_details} if reply.stop_details else {}
    delta = {"stop_reason": "max_tokens" if written > room else reply.stop_reason, "stop_sequence": None, **details}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": count}}
    yield {"type": "message_stop"}


def _blocks(blocks: Sequence[Block], room: int) -> Iterator[Block]:
    """Stream blocks up to so many characters. Thinking that is cut off has no signature."""
    for index, block in enumerate(blocks):
        text = _written(block)
        if text and not room:
            return
        kept, type_ = text[:room], block["type"]
        room -= len(kept)
        yield {"type": "content_block_start", "index": index, "content_block": _empty(block)}
        kind, name = DELTAS.get(type_, CALL)
        deltas = [{"type": kind, name: piece} for piece in _pieces(kept)]
        if type_ == "thinking" and kept == text:
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
        if kept != text:
            return


def _empty(block: Block) -> Block:
    empties: dict[str, Block] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    return {**block, **empties[block["type"]]}


def _written(block: Block) -> str:
    """Give what of a block comes in pieces."""
    if block["type"] == "tool_use":
        return jsontext.dumps(block["input"])
    return str(block[block["type"]])


def _pieces(text: str) -> Iterator[str]:
    for start in itertools.count(0, DELTA_CHARACTERS):
        if start >= len(text):
            return
        yield text[start : start + DELTA_CHARACTERS]
