"""What thinking is bound to (Messages API, preserved thinking): sent back behind anything else, it is refused.

A block belongs to its model, and to what stood before its answer: instructions, tools, messages. Markers of the cache
do not count, nor does thinking itself. But thinking may be missing only at its beginning or its end, and what was
left out once stays out: so each signature names the thinking before it, too.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from walkaway_core.models import catalog

Block = dict[str, Any]

THOUGHTS = ("thinking", "redacted_thinking")
INVALID = "messages.{message}.content.{block}: Invalid `signature` in `thinking` block."
ELSEWHERE = "The block is bound to a different conversation."
FORM = re.compile(r"bound\.([0-9a-f]{16})\.([0-9a-f]{16}|-)\.(\d+)\.([0-9a-f]{64})\.(\d+)")
"""Names of the model and of the thinking before, how much of that there was, the digest of all that stands before, and
how many blocks of it are in the same message: an answer that paused is gone on with there."""


def signature(body: Block, before: Sequence[Block] = ()) -> str:
    """Sign a thinking block of the answer to a request. `before`: the thinking blocks before it in that answer."""
    reader, model, last, count = _Reader(body), _name(body["model"]), "-", 0
    for message in body["messages"]:
        reader.turn_to(message["role"])
        for block in blocks(message["content"]):
            if block["type"] not in THOUGHTS:
                reader.add(block)
            elif (mark := _mark(block)) and mark.model == model:
                last, count = mark.name, count + 1
    reader.turn_to("assistant")
    for block in before:
        if mark := _mark(block):
            last, count = mark.name, count + 1
    return f"bound.{model}.{last}.{count}.{reader.digests[-1]}.{len(reader.digests) - 1}"


def misfit(body: Block) -> str | None:
    """Say, in the service's words, which thinking block of a request does not belong where it stands; None if all do.

    Blocks of another model are ignored, and so are signatures that were not made here. Only models that are bound
    (models/catalog.json) look at more than whether there is a signature.
    """
    card = catalog.find(body["model"])
    bound, model, last, count = card is not None and card.bound, _name(body["model"]), "", 0
    reader = _Reader(body)
    for i, message in enumerate(body["messages"]):
        reader.turn_to(message["role"])
        for j, block in enumerate(blocks(message["content"])):
            if block["type"] not in THOUGHTS:
                reader.add(block)
            elif block["type"] == "thinking" and not block.get("signature"):
                return INVALID.format(message=i, block=j)
            elif bound and (mark := _mark(block)) and mark.model == model:
                if not reader.has_read(mark) or last not in ("", mark.after) or count > mark.count:
                    return f"{INVALID.format(message=i, block=j)} {ELSEWHERE}"
                last, count = mark.name, count + 1
    return None


def blocks(content: str | list[Block]) -> list[Block]:
    """Give a content as blocks, also one that is a text."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a signature says."""

    name: str
    model: str
    after: str
    count: int
    before: str
    inside: int


def _mark(block: Block) -> _Mark | None:
    signed = str(block.get("signature", ""))
    match = FORM.fullmatch(signed)
    return _Mark(_name(signed), match[1], match[2], int(match[3]), match[4], int(match[5])) if match else None


class _Reader:
    """Reads a request from its beginning. `digests`: of all up to the current role's turn, and behind each block."""

    def __init__(self, body: Block) -> None:
        head = [_bare(blocks(body.get("system") or [])), _bare(body.get("tools") or [])]
        self._sum = hashlib.sha256(_bytes(head))
        self._role = ""
        self.digests = [self._sum.hexdigest()]

    def turn_to(self, role: str) -> None:
        """Begin a message; one of the same role goes on with the one before."""
        if role != self._role:
            self._role = role
            self.digests = [self._sum.hexdigest()]

    def add(self, block: Block) -> None:
        self._sum.update(_bytes([self._role, *_bare([block])]))
        self.digests.append(self._sum.hexdigest())

    def has_read(self, mark: _Mark) -> bool:
        """Whether what stands before is what stood before the block."""
        return mark.inside < len(self.digests) and self.digests[mark.inside] == mark.before


def _bare(content: Sequence[Block]) -> list[Block]:
    """Leave out the markers of the cache, also those within a tool's result."""
    made = []
    for block in content:
        kept = {name: value for name, value in block.items() if name != "cache_control"}
        if isinstance(kept.get("content"), list):
            kept["content"] = _bare(kept["content"])
        made.append(kept)
    return made


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _bytes(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode() + b"\n"
