"""How the offline model's thinking comes with an answer: as the request says, and signed (Messages API, thinking)."""

import itertools
from collections.abc import Sequence
from typing import Any

from walkaway_core.models.rehearsal.binding import signature

Block = dict[str, Any]


def thought_over(blocks: Sequence[Block], request: Block, thought: str) -> list[Block]:
    """Put thinking into an answer, unless the request wants none.

    Its text is there when it is to be summarized. Where updates are, or thinking between tools alone, a remark before
    a call comes as thinking of its own.
    """
    asked = request.get("thinking", {})
    kind = asked.get("type")
    if kind == "disabled":
        return [*blocks]
    display = asked.get("display", "summarized" if kind == "enabled" else "omitted")
    notes = kind == "between_tools" or display == "updates"
    made = [] if kind == "between_tools" else [_think(thought if display == "summarized" else "")]
    for block, after in itertools.zip_longest(blocks, blocks[1:]):
        is_remark = block["type"] == "text" and after is not None and after["type"] == "tool_use"
        made.append(_think(block["text"]) if notes and is_remark else block)
    return _signed(made, request)


def _think(text: str) -> Block:
    return {"type": "thinking", "thinking": text}


def _signed(blocks: Sequence[Block], request: Block) -> list[Block]:
    made = list[Block]()
    for block in blocks:
        before = [earlier for earlier in made if earlier["type"] == "thinking"]
        signed = {"signature": signature(request, before)} if block["type"] == "thinking" else {}
        made.append({**block, **signed})
    return made
