"""What of a conversation the model is not shown, and what stands in its place: the users' own view keeps all."""

import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from walkaway_core.log.transcript import Entry, Message

EVERY: Container[int] = range(sys.maxsize)
"""Any number of a block."""


@dataclass(frozen=True, slots=True)
class Omissions:
    """What is left out. `refused` has, by entry and number of the block, in whose words the service refused it.

    Attachments before the entry `old` are only named, but for those of the turn `turn`. Thinking before
    `thinking_since` does not belong any more to what now stands before it.
    """

    refused: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    old: str = ""
    turn: str = ""
    thinking_since: str = ""

    def content(self, entry: Entry, longest: int, only: Container[int] = EVERY) -> list[tuple[int, Message]]:
        """Give blocks of a message of the user's by their numbers, or what stands in their place."""
        refused = self.refused.get(entry.id, {})
        named = entry.id < self.old and entry.turn != self.turn
        chosen = [(index, block) for index, block in enumerate(entry.body["content"]) if index in only]
        blocks = []
        for index, block in chosen:
            if index in refused and block["type"] == "tool_result":
                blocks.append({**block, "content": f"[The result stood here. {_refused(refused[index])}]"})
            elif index in refused:
                blocks.append(_text(f"[{_kind(block)} stood here. {_refused(refused[index])}]"))
            else:
                blocks.append(_named(block) if named else block)
        return [(index, block) for (index, _), block in zip(chosen, _shortened(blocks, longest), strict=True)]

    def result(self, entry: Entry, longest: int) -> Message:
        """Give a tool's result, or what stands in its place."""
        body = {name: value for name, value in entry.body.items() if name != "shown"}
        if refused := self.refused.get(entry.id):
            return {**body, "content": f"[The result stood here. {_refused(refused[0])}]"}
        old = entry.id < self.old and entry.turn != self.turn
        return _cut(_named(body) if old else body, longest)


def omissions(entries: Sequence[Entry]) -> Omissions:
    """Say what is left out of a conversation: by what was written when the service refused it, and by its summary."""
    refused: dict[str, dict[int, str]] = {}
    old = turn = since = answered = ""
    for entry in entries:
        role = entry.body.get("role")
        if role == "summary":
            old, turn = entry.id, entry.turn
        elif role == "assistant":
            answered = entry.id
        elif role == "refused":
            for id_, index in entry.body["left"]:
                refused.setdefault(id_, {})[index] = entry.body["reason"]
                if id_ < answered:
                    since = entry.id
    return Omissions(refused, old, turn, since)


def parts(entry: Entry) -> int:
    """Count what can be left out of an entry."""
    return len(entry.body["content"]) if entry.call is None else 1


def shorten(text: str, longest: int) -> str:
    """Leave out the middle of a text that is longer than this; 0 for any length."""
    if not longest or len(text) <= longest:
        return text
    head, tail = longest * 2 // 3, longest // 3
    missing = len(text) - head - tail
    return (
        f"{text[:head]}\n\n[… {missing} characters were left out here, or there would be no room …]\n\n{text[-tail:]}"
    )


def _named(block: Message) -> Message:
    """Give what stands in the place of an attachment that is old, also of one in a result."""
    if "source" in block:
        return _text(f"[{_kind(block)} stood here, and was left out to make room.]")
    if block["type"] == "tool_result" and isinstance(block["content"], list):
        return {**block, "content": [_named(each) for each in block["content"]]}
    return block


def attached(block: Message) -> list[Message]:
    """Give the attachments that a block is, or has in it."""
    inner = block.get("content") if block["type"] == "tool_result" else None
    return [each for each in (inner if isinstance(inner, list) else [block]) if "source" in each]


def _shortened(blocks: list[Message], longest: int) -> list[Message]:
    lengths = [len(_words(block)) for block in blocks] if longest else []
    if sum(lengths) <= longest:
        return blocks
    share = longest // sum(1 for length in lengths if length)
    return [_cut(block, share) for block in blocks]


def _words(block: Message) -> str:
    if block["type"] == "text":
        return str(block["text"])
    if block["type"] == "tool_result":
        content = block["content"]
        return content if isinstance(content, str) else "".join(map(_words, content))
    source = block.get("source", {})
    return str(source["data"]) if source.get("type") == "text" else ""


def _cut(block: Message, longest: int) -> Message:
    words = _words(block)
    if len(words) <= longest:
        return block
    if block["type"] == "text":
        return {**block, "text": shorten(words, longest)}
    if block["type"] == "tool_result":
        content = block["content"]
        short = shorten(words, longest) if isinstance(content, str) else _shortened(content, longest)
        return {**block, "content": short}
    return {**block, "source": {**block["source"], "data": shorten(words, longest)}}


def _kind(block: Message) -> str:
    if block["type"] == "text":
        return f"A text of {len(block['text'])} characters"
    about = [f'"{block["title"]}"'] if "title" in block else []
    about += [f"({block['source']['media_type']})"] if "source" in block else []
    return " ".join([f"{'An' if block['type'] == 'image' else 'A'} {block['type']}", *about])


def _refused(reason: str) -> str:
    return f"It was left out, since the model service refused it: {reason}"


def _text(text: str) -> Message:
    return {"type": "text", "text": text}
