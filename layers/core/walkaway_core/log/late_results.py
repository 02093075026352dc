"""Results that stand in a later turn than their calls: the turn had ended, and the next one's message brought them.

They are the blocks `tool_result` of a user's entry, and the journals of step 0: what the message has approved.
"""

from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass

from walkaway_core.log.transcript import Entry, Message

Place = tuple[str, int]
"""Where a block comes from: the id of its entry, and its number there."""


@dataclass(frozen=True, slots=True)
class Late:
    """Results by the id of the answer's entry and the id of the call; `taken` says where they stand."""

    found: Mapping[str, Mapping[str, tuple[Entry, int]]]
    taken: AbstractSet[Place]

    def of(self, answer: Entry) -> Mapping[str, tuple[Entry, int]]:
        """Give what came for the calls of an answer: the entry where it stands, and which of its blocks it is."""
        return self.found.get(answer.id, {})


def late(entries: Sequence[Entry]) -> Late:
    """Find what came for an answer's calls between it and the next answer; of two results the first one counts."""
    found: dict[str, dict[str, tuple[Entry, int]]] = {}
    asked: dict[str, tuple[Entry, int]] = {}
    open_: set[str] = set()
    for entry in entries:
        if entry.body.get("role") == "assistant" and entry.body.get("stop_reason") != "refusal":
            asked = found.setdefault(entry.id, {})
            open_ = {block["id"] for block in entry.body["content"] if block["type"] == "tool_use"}
            continue
        for index, call in results(entry):
            if call in open_:
                asked[call] = entry, index
                open_.remove(call)
    return Late(found, {(entry.id, index) for came in found.values() for entry, index in came.values()})


def results(entry: Entry) -> list[tuple[int, str]]:
    """Say which blocks of an entry are results that came late, and for which calls."""
    if entry.step or "content" not in entry.body:
        return []
    if entry.call is not None:
        return [(0, entry.body["tool_use_id"])]
    return [
        (index, block["tool_use_id"])
        for index, block in enumerate(entry.body["content"])
        if block["type"] == "tool_result"
    ]


def loose(block: Message) -> Message:
    """Give a result in words, of whose call nothing is shown any more."""
    content = block["content"]
    said = content if isinstance(content, str) else "".join(each.get("text", "") for each in content)
    return {"type": "text", "text": f"[What came of the call {block['tool_use_id']}:] {said}"}


def carried_out(entry: Entry) -> Message:
    """Give the answer whose calls are carried out at an entry's step; at step 0 that is what its message approves."""
    if entry.step:
        return entry.body
    return {"content": entry.body.get("approved", []), "broken": {}, "stop_reason": "tool_use"}
