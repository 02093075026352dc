"""Makes room when a conversation nears its limit: what is old becomes a summary, what is new stays as it is.

The entries themselves stay in the table and in `GET …/messages`; only the model is shown the summary in their place.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from walkaway_core.agent import prompt, room
from walkaway_core.log import transcript
from walkaway_core.log.conversation import as_seen
from walkaway_core.log.late_results import results
from walkaway_core.log.omissions import attached, shorten
from walkaway_core.log.transcript import Entry
from walkaway_core.ports.model import Answer, ModelFailed, ModelRefused, ModelRequest
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

NEAR, KEPT = 0.78, 0.25
"""Shares of the room: from where on tokens are counted, and how much of the newest is kept."""
IMAGE_TOKENS = 2_000
BYTES_PER_TOKEN = 20
"""What attachments are taken for: a picture, so many bytes of a document; near the limit the service counts."""
ASK = """\
The conversation above will be cut off here. Write what is needed to go on without it: what the user wants, in detail; \
what has been done and found; which files there are and what is in them; what was decided and why; what is left to do. \
Only text; do not call a tool."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a conversation is cut: what stays behind the summary, the first one being a message or an answer."""

    kept: list[Entry]

    def before(self, entries: Sequence[Entry]) -> list[Entry]:
        """Give what is to be summed up of these."""
        return [entry for entry in entries if entry.id < self.kept[0].id]


def needed(
    services: Services, entries: Sequence[Entry], tenant: str, settings: AgentSettings, *, forced: bool = False
) -> Cut | None:
    """Say where the conversation must be cut before the next call; None when there is room, or nothing to cut.

    `forced`: the service has said that it is too long.
    """
    most = room.tokens(services, settings)
    per_token, longest = room.characters(settings, 1), room.longest(services, settings)

    def seen() -> Iterator[Seen]:
        return (Seen(entry, blocks, per_token) for entry, blocks in as_seen(entries, longest))

    if forced or _overflowed(entries):
        most = min(most, sum(one.tokens for one in seen()))  # whatever was thought to be the room, it is not there
    elif _light(entries) or sum(one.bytes for one in seen()) <= room.BYTES:
        size = _size(entries, seen(), per_token)
        if size > NEAR * most:
            size = services.model.count(prompt.prompt(services, entries, tenant, settings).request) or size
        if size <= most:
            return None
    return _cut([*seen()][::-1], KEPT * most)


def request(
    services: Services, entries: Sequence[Entry], cut: Cut, tenant: str, settings: AgentSettings, *, bare: bool = False
) -> ModelRequest:
    """Ask for the summary: with the same beginning as the last call, so that it is read from the cache."""
    asked = prompt.prompt(services, cut.before(entries), tenant, settings, bare=bare).request
    messages = [*asked.messages]
    block = {"type": "text", "text": ASK}
    if messages[-1]["role"] == "user":
        messages[-1] = {**messages[-1], "content": [*messages[-1]["content"], block]}
    else:
        messages.append({"role": "user", "content": [block]})
    most = room.summary(services, settings)
    return replace(asked, messages=messages, max_tokens=most, tool_choice=None, output_format=None)


def read(answer: Answer) -> str:
    """Give the summary's text. Raises ModelRefused, ModelFailed for an answer that cannot stand for a conversation."""
    if answer.stop_reason == "refusal":
        raise ModelRefused("The model declined to sum up the conversation, which has outgrown its room")
    summary = transcript.text(answer.content).strip()
    if answer.stop_reason != "end_turn" or not summary:
        what = "is empty" if not summary else f"was not finished ({answer.stop_reason})"
        raise ModelFailed(f"the summary of what is old in the conversation {what}")
    return summary


def text(summary: str, cut: Cut, task: Entry | None, longest: int) -> str:
    """Put the summary into words for the model, with the turn's message in full if that is cut off."""
    said = "" if task is None else shorten(transcript.text(task.body["content"]), longest)
    if task is None or not said or any(entry.id == task.id for entry in cut.kept):
        return summary
    return f"{summary}\n\nThe user's last message, in full:\n\n{said}"


def _overflowed(entries: Sequence[Entry]) -> bool:
    last = next((entry for entry in reversed(entries) if entry.call is None), None)
    return last is not None and last.body.get("stop_reason") == "model_context_window_exceeded"


def _light(entries: Sequence[Entry]) -> bool:
    """Whether all that is stored of a conversation has room, so that nobody need count what is seen of it."""
    return sum(entry.size for entry in entries) <= room.BYTES


def _size(entries: Sequence[Entry], seen: Iterable["Seen"], per_token: float) -> int:
    """Estimate the tokens of a conversation: what the service counted at the last answer, and what came since.

    `seen` has the newest first: no more of it is looked at.
    """
    summary = next((entry for entry in reversed(entries) if entry.body.get("role") == "summary"), None)
    since = summary.id if summary else ""
    size = 0
    for one in seen:
        if one.entry.id > since and (counted := one.entry.body.get("tokens")):
            return int(counted) + size
        size += one.tokens
    return size + (int(len(summary.body["summary"]) / per_token) if summary else 0)


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry, and its blocks as the model gets to see them."""

    entry: Entry
    blocks: list[transcript.Message]
    per_token: float

    @property
    def tokens(self) -> int:
        """Estimate what it takes of the window."""
        return sum(_tokens(block, self.per_token) for block in self.blocks)

    @property
    def bytes(self) -> int:
        """Count the bytes of its attachments, which are most of a large request."""
        return sum(len(one["source"].get("data", "")) for block in self.blocks for one in attached(block))


def _tokens(block: transcript.Message, per_token: float) -> int:
    if block["type"] == "image":
        return IMAGE_TOKENS
    if block.get("source", {}).get("type") == "base64":
        return max(IMAGE_TOKENS, len(block["source"]["data"]) * 3 // 4 // BYTES_PER_TOKEN)
    if block["type"] == "tool_result" and isinstance(block["content"], list):
        return sum(_tokens(each, per_token) for each in block["content"])
    return int(len(jsontext.dumps(block)) / per_token)


def _cut(seen: Sequence[Seen], most: float) -> Cut | None:
    """Keep as many of the newest exchanges as fit, the last one in any case; answers stay with their calls' results.

    So does a message that brings results, or approves a call, with the answer before it and what was said between.
    """
    tokens, weight, at, bound = 0, 0, 0, False
    for index in range(len(seen) - 1, 0, -1):
        tokens += seen[index].tokens
        weight += seen[index].bytes
        if at and (tokens > most or weight > KEPT * room.BYTES):
            break
        entry = seen[index].entry
        brings = bool(results(entry)) or "approved" in entry.body
        bound = brings or (bound and entry.body.get("role") != "assistant")
        if entry.call is None and not bound:
            at = index
    return Cut([one.entry for one in seen[at:]]) if at else None
