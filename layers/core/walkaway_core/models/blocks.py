"""Turns the raw stream of the Messages API into the turn's events, and collects the answer.

It reads as the SDK's own accumulator does: what stands in a block's beginning is part of it, and pieces find their
block by its index. Unlike it, it takes streams that leave out what says nothing new: usage, and the ends of blocks.
"""

import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from walkaway_core.models.block import Block, Call, Draft, Drafts, ServerCall, Text, Thinking, Unreadable, fields, named
from walkaway_core.ports.model import Answer
from walkaway_wire import jsontext

Event = Mapping[str, Any]

CHARACTERS_PER_TOKEN = 3.5
KINDS: Mapping[str, type[Block]] = {
    "text": Text,
    "thinking": Thinking,
    "tool_use": Call,
    "server_tool_use": ServerCall,
}
"""The blocks of which something is written; each other one is kept as it begins."""


class Blocks:
    """The content blocks of one answer while they come in. `messages`: what was sent, whose calls' ids are taken.

    `signed`: readers are told the signatures of thinking.
    """

    def __init__(self, messages: Sequence[Mapping[str, Any]] = (), *, signed: bool = False) -> None:
        self.complete = False
        self._signed = signed
        self._messages = messages
        self._taken: set[str] | None = None
        self._content: list[Block] = []
        self._at: dict[int | None, Block] = {}
        self._shown: deque[Block] = deque()
        self._usage: dict[str, int] = {}
        self._stop_reason = ""
        self._refusal: dict[str, str] = {}
        self._container: dict[str, str] = {}

    def take(self, event: object) -> Drafts:
        """Take in one raw event; give what readers get to see now. Raises Unreadable."""
        if self.complete:
            return ()
        if not isinstance(event, dict):
            raise Unreadable("an event is no object")
        kind = event.get("type")
        if kind == "content_block_delta":  # nearly all of them are
            block = self._at.get(_index(event))
            if block is None:
                raise Unreadable(f"a piece belongs to block {event.get('index')}, which is not open")
            drafts = block.add(fields(event.get("delta")))
            return drafts if not drafts or block is self._shown[0] else self._show(block, drafts)
        if kind == "content_block_start":
            return self._start(event)
        if kind == "content_block_stop":
            return self._stop(_index(event))
        return self._rest(event)

    def end(self) -> Drafts:
        """End the answer where the stream ended: it is complete if it has said why it stopped."""
        if self.complete:
            return ()
        self.complete = bool(self._stop_reason)
        return self._end_all()

    def cut(self) -> Drafts:
        """End the answer here, if it has anything to keep: open text stays, an open call goes back as broken.

        Thinking that has not been signed and a service's tool without a result cannot be sent back. What the service
        would have counted as output is estimated: it counts only at the end.
        """
        drafts = self._end_all()
        answered = {block.body.get("tool_use_id") for block in self._content}
        self._content = [block for block in self._content if block.kept(answered)]
        if content := self.answer().content:
            self.complete = True
            self._stop_reason = "time_limit"
            written = len(jsontext.dumps(content)) / CHARACTERS_PER_TOKEN
            self._usage["output_tokens"] = max(self._usage.get("output_tokens", 0), int(written))
        return drafts

    def answer(self) -> Answer:
        """Give the answer as it is, without thinking that cannot be sent back."""
        kept = [block for block in self._content if not isinstance(block, Thinking) or block.signed]
        broken = {block.body["id"]: block.broken for block in kept if isinstance(block, Call) and block.broken}
        content = [block.body for block in kept]
        return Answer(content, self._stop_reason, self._usage, broken, self._refusal, self._container)

    def _rest(self, event: Event) -> Drafts:
        """Take in what is of no block."""
        kind = event.get("type")
        if kind == "message_start":
            message = fields(event.get("message"))
            self._count(message.get("usage"))
            self._contain(message.get("container"))
        elif kind == "message_delta":
            self._close(event)
        elif kind == "message_stop":
            return self.end()
        return ()

    def _start(self, event: Event) -> Drafts:
        index = _index(event)
        shown = self._stop(index)  # a block of this index that was not ended is, by the next one
        body = dict(fields(event.get("content_block")))
        kind = named(body, "type")
        if kind == "tool_use":
            body["id"] = self._own(body.get("id"))
        block = KINDS.get(kind, Block)(body)
        if isinstance(block, Thinking):
            block.told = self._signed
        self._content.append(block)
        self._at[index] = block
        self._shown.append(block)
        return [*shown, *self._show(block, block.begin())]

    def _stop(self, index: int | None) -> Drafts:
        block = self._at.pop(index, None)
        return self._show(block, block.end()) if block else ()

    def _end_all(self) -> Drafts:
        return [draft for index in list(self._at) for draft in self._stop(index)]

    def _show(self, block: Block, drafts: Drafts) -> Drafts:
        """Let readers see one block after the other, for an event does not say which one it is of."""
        if not self._shown or block is not self._shown[0]:
            block.held += drafts
            return ()
        shown: list[Draft] = [*drafts]
        while not self._shown[0].open:
            self._shown.popleft()
            if not self._shown:
                break
            shown += self._shown[0].held
        return shown

    def _own(self, given: Any) -> str:
        """Give a call an id that no other one has: some services count them anew in each answer, or give none."""
        if self._taken is None:
            blocks = (block for message in self._messages for block in message["content"])
            self._taken = {block["id"] for block in blocks if block["type"] == "tool_use"}
        usable = isinstance(given, str) and given.strip() and given not in self._taken
        call_id = str(given) if usable else f"toolu_{secrets.token_hex(12)}"
        self._taken.add(call_id)
        return call_id

    def _close(self, event: Event) -> None:
        """Take in how the answer ends: why, what it cost, and where the service keeps its files."""
        self._count(event.get("usage"))
        delta = fields(event.get("delta"))
        self._stop_reason = _texts(delta, "stop_reason").get("stop_reason") or self._stop_reason
        self._refusal = _texts(delta.get("stop_details"), "category", "explanation") or self._refusal
        self._contain(delta.get("container"))

    def _contain(self, container: Any) -> None:
        self._container = _texts(container, "id", "expires_at") or self._container

    def _count(self, usage: Any) -> None:
        """Count what a part of the answer says of usage, which may be nothing; later sums replace earlier ones."""
        counted = dict(fields(usage))
        counted |= fields(counted.pop("server_tool_use", None))
        hour = fields(counted.pop("cache_creation", None)).get("ephemeral_1h_input_tokens")
        counted["cache_creation_1h_input_tokens"] = hour
        self._usage.update({name: value for name, value in counted.items() if type(value) is int})


def _index(event: Event) -> int | None:
    """Give the place of the block that an event is of; some services have only one, and do not say it."""
    index = event.get("index")
    if index is not None and not isinstance(index, int):
        raise Unreadable("the index of a block is no number")
    return index


def _texts(value: Any, *names: str) -> dict[str, str]:
    """Those of these fields that are there."""
    texts = {name: text for name, text in fields(value).items() if name in names and isinstance(text, str)}
    return {name: jsontext.whole(text) for name, text in texts.items()}
