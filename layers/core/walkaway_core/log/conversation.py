"""How a model call gets to see the conversation: entries in the form of the Messages API.

What is given once is given in the same way ever after, since the service binds thinking to all that stands before it
(Messages API, preserved thinking) and caches it. Old content changes only behind a summary, or where the thinking that
followed it goes, too.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from walkaway_core.log.late_results import Late, Place, late, loose
from walkaway_core.log.omissions import EVERY, Omissions, omissions
from walkaway_core.log.settled import Memory, Settled, unsettles
from walkaway_core.log.transcript import CUT_SHORT, Entry, Message, calls, is_empty
from walkaway_core.ports.model import Repeated

CUT_OFF = "The beginning of this conversation was cut off to make room. What is known of it:"
GO_ON = "Your answer was cut off at a limit. Go on exactly where it stopped."
OPENED = "This conversation begins with what you said:"
NUDGE = "Your last answer was empty. Say what the result is, or go on."
UNANSWERED = "This call was not carried out: the turn ended before it."
BROKEN_OFF = "The turn ended while this call ran. Look at what it has done before you repeat it."
THOUGHTS = ("thinking", "redacted_thinking")
LEAST = 2_000
"""Characters that each of a step's results may have in any case."""
_MEMORY = Memory()


@dataclass(frozen=True, slots=True)
class View:
    """Who is to see it. `prefix` names what stands before the conversation, if thinking is bound to it, else `""`.

    `bare`: without the thinking of earlier answers. `longest`: characters that one message may have; 0 for any.
    """

    prefix: str = ""
    bare: bool = False
    longest: int = 0

    def share(self, results: int) -> int:
        """Give the characters that each result of a step may have; 0 for any."""
        return max(self.longest // results, LEAST) if self.longest else 0


@dataclass(slots=True)
class Conversation:
    """Messages, roles taking turns, and for each block where it comes from; None for what nobody said."""

    messages: list[Repeated] = field(default_factory=list)
    places: list[list[Place | None]] = field(default_factory=list)

    def say(self, role: str, blocks: Sequence[tuple[Place | None, Message]]) -> None:
        """Add to the last message if it is of this role; the service takes no empty text and no empty message."""
        blocks = [(place, block) for place, block in blocks if block["type"] != "text" or block["text"].strip()]
        if not blocks:
            return
        if not self.messages and role == "assistant":
            self.note(OPENED)
        if not self.messages or self.messages[-1]["role"] != role:
            self.messages.append(Repeated(role, []))
            self.places.append([])
        self.messages[-1].text = None
        self.messages[-1]["content"].extend(block for _, block in blocks)
        self.places[-1].extend(place for place, _ in blocks)

    def copy(self) -> "Conversation":
        """Give one that can be added to while this one stays as it is: messages but the last one are the same."""
        made = Conversation([*self.messages], [*self.places])
        if made.messages:
            made.messages[-1] = Repeated(made.messages[-1]["role"], [*made.messages[-1]["content"]])
            made.places[-1] = [*made.places[-1]]
        return made

    def note(self, text: str) -> None:
        """Add what we tell the model ourselves."""
        self.say("user", [(None, {"type": "text", "text": text})])


def conversation(entries: Sequence[Entry], view: View = View()) -> Conversation:
    """Put entries into the form of the Messages API: roles take turns, every call has its result.

    What a later turn has brought for a turn's calls stands among that turn's own results, before all that was said.
    An answer that was cut at its limit is followed by the request to go on; one that was a refusal is left out, as the
    service asks (Messages API, stop reasons). Of what is given, messages but the last one may be others' as well:
    nobody may change them (settled.py).
    """
    begun = _begun(entries, view)
    made, missing, rest = begun.made, begun.missing, shown(entries[len(begun.entries) - 1 :])
    brought = late(rest)
    results = {(entry.turn, entry.step, entry.call): entry for entry in rest if entry.call is not None}
    spoken = [entry for entry in rest if entry.call is None and entry.body.get("stop_reason") != "refusal"]
    last = next((entry for entry in reversed(spoken) if _spoken(entry)), None)
    for entry, after in zip(spoken, [*spoken[1:], None], strict=True):
        if entry is last:
            _settle(entries, replace(begun, made=made.copy()), entry)
        if entry.body["role"] == "user":
            made.say("user", _said(entry, missing, view.longest, brought))
            continue
        content = _sent_back(entry, after, thinking=entry.id >= begun.since)
        made.say("assistant", content)
        asked, came = calls(entry.body["content"]), brought.of(entry)
        share = view.share(len(asked) or 1)
        for index, call in enumerate(asked):
            result = results.get((entry.turn, entry.step, index))
            if result and "content" in result.body:
                made.say("user", _blocks(result, missing, share))
            elif call["id"] in came:
                where, number = came[call["id"]]
                made.say("user", _blocks(where, missing, share, {number}))
            else:
                made.say("user", [(None, _unanswered(call["id"], begun=result is not None))])
        if not asked and not entry.imported and (after is None or after.turn == entry.turn):
            made.note(_request(entry))
    return made


def _begun(entries: Sequence[Entry], view: View) -> Settled:
    """Give what is settled of a conversation; if nothing is, its beginning."""
    if kept := _MEMORY.take(entries, view):
        return kept
    made, missing, summary = Conversation(), omissions(entries), _summary(entries)
    if summary:
        made.note(f"{CUT_OFF}\n\n{summary.body['summary']}")
    return Settled(entries[:1], view, missing, _thinking_since(entries, view, missing), made)


def _settle(entries: Sequence[Entry], made: Settled, last: Entry) -> None:
    """Keep what stands before the last answer, for when there is more behind it."""
    end = next(number for number in range(len(entries), 0, -1) if entries[number - 1] is last)
    if not any(unsettles(entry, made.view) for entry in entries[end:]):
        _MEMORY.keep(replace(made, entries=entries[:end]))


def _request(entry: Entry) -> str:
    """Say what an answer without calls is followed by in its turn, if anything is."""
    if entry.body.get("stop_reason") in CUT_SHORT:
        return GO_ON
    return NUDGE if is_empty(entry.body) else ""


def shown(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out what a summary stands for, and what is noted about others: summaries, what was refused."""
    since = max((entry.body["from"] for entry in entries if entry.body.get("role") == "summary"), default="")
    return [entry for entry in entries if entry.id >= since and entry.body.get("role") not in ("summary", "refused")]


def as_seen(entries: Sequence[Entry], longest: int) -> Iterator[tuple[Entry, list[Message]]]:
    """Give each entry that a model gets to see with the blocks that it sees of it, the newest first."""
    missing = omissions(entries)
    for entry in reversed(shown(entries)):
        if "content" in entry.body:
            blocks = [block for _, block in _blocks(entry, missing, longest)] if not _spoken(entry) else None
            yield entry, entry.body["content"] if blocks is None else blocks


def _spoken(entry: Entry) -> bool:
    return entry.body.get("role") == "assistant"


def _summary(entries: Sequence[Entry]) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.body.get("role") == "summary"), None)


def _thinking_since(entries: Sequence[Entry], view: View, missing: Omissions) -> str:
    """Name the first entry whose thinking still belongs to what stands before it.

    Of what may be sent back, the beginning may be missing, never a piece in the middle.
    """
    if view.bare:
        return "~"
    since = ""
    summary = _summary(entries)
    if view.prefix and summary:
        since = summary.id  # what stays behind a summary had something else before it
    for entry in entries:
        if entry.body.get("role") != "assistant":
            continue
        if view.prefix and entry.body.get("prefix") != view.prefix:
            since = max(since, f"{entry.id}~")  # other instructions, other tools, another model
        if entry.body.get("bare"):
            since = max(since, entry.id)  # what had been thought before it was not there any more
    return max(since, missing.thinking_since) if view.prefix else since


def _sent_back(entry: Entry, after: Entry | None, *, thinking: bool) -> list[tuple[Place | None, Message]]:
    """Give an answer's blocks as they go back, unchanged: what is left out is whole blocks.

    The service's own tools were asked for and did not answer: only where the service takes up the same answer may it
    end with that (Messages API, stop reasons; server tools).
    """
    content = entry.body["content"]
    open_ = _open(entry, after)
    return [
        ((entry.id, index), block)
        for index, block in enumerate(content)
        if (thinking or block["type"] not in THOUGHTS)
        and (block["type"] != "server_tool_use" or open_ or _has(content, block))
    ]


def _open(entry: Entry, after: Entry | None) -> bool:
    """Whether the service still goes on with this answer, or has: it paused, or waits for results of ours alone."""
    if after is None:
        waits = bool(calls(entry.body["content"])) and entry.body.get("stop_reason") == "tool_use"
        return waits or entry.body.get("stop_reason") == "pause_turn"
    if after.body["role"] != "assistant":
        return False
    asked = {block["id"] for block in entry.body["content"] if block["type"] == "server_tool_use"}
    asked -= _answers(entry.body["content"])
    return asked <= _answers(after.body["content"])


def _answers(content: Sequence[Message]) -> set[str]:
    return {block["tool_use_id"] for block in content if block["type"].endswith("_tool_result")}


def _has(content: Sequence[Message], block: Mapping[str, str]) -> bool:
    return block["id"] in _answers(content)


def _blocks(
    entry: Entry, missing: Omissions, longest: int, only: Container[int] = EVERY
) -> list[tuple[Place | None, Message]]:
    """Give what was said, or what stands in its place; of a message `only` blocks with these numbers."""
    if entry.call is not None:
        return [((entry.id, 0), missing.result(entry, longest))]
    return [((entry.id, index), block) for index, block in missing.content(entry, longest, only)]


def _said(entry: Entry, missing: Omissions, longest: int, brought: Late) -> list[tuple[Place | None, Message]]:
    """Give what was said but for results, which stand right behind their calls; one whose call is gone is told."""
    left = {index for index in range(len(entry.body["content"])) if (entry.id, index) not in brought.taken}
    blocks = _blocks(entry, missing, longest, left)
    return [(place, loose(block) if block["type"] == "tool_result" else block) for place, block in blocks]


def _unanswered(call_id: str, *, begun: bool) -> Message:
    """Say that nothing came of a call: one that has `begun` has a journal, and may have done what it was to do."""
    told = BROKEN_OFF if begun else UNANSWERED
    return {"type": "tool_result", "tool_use_id": call_id, "content": told, "is_error": True}
