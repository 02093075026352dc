"""The conversation: entries that are only ever added. conversation.py says how a model call gets to see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from walkaway_core.log import legible
from walkaway_core.log.memo import Memo
from walkaway_core.log.said import Said
from walkaway_core.ports.items import Fact, Item, Key
from walkaway_core.ports.model import Answer
from walkaway_core.store import bodies
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.parents import Parent
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

Message = dict[str, Any]
CONTEXT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
"""What makes up the size of a conversation after an answer, in the service's usage."""
IMPORTED = "+"
"""How the places of entries begin that were never a turn's."""
CUT_SHORT = ("max_tokens", "model_context_window_exceeded", "time_limit")
_MEMO: "Memo[Entry]" = Memo()
"""What the model is to see is read again at each turn of a session, and hardly changes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said: by the user, by the model, or by a tool (`call` is then its index in the step).

    What the user said while the turn ran belongs to the step that was the first to see it. `place` tells entries of a
    step apart and sorts like them; `order` is the turn's place in the conversation. A summary stands before the
    answer of its step, and has `role` "summary", `summary`, and `from`: the first one kept. What the service refused to
    read is noted behind what was said, as `role` "refused", `reason`, and `left`: entries' ids, and numbers of blocks.
    """

    turn: str
    order: str
    step: int
    place: str
    call: int | None
    at: float
    body: dict[str, Any]
    size: int = 0  # of the body as it was stored, in bytes, with what came along in it
    id: str = field(init=False)
    """Names the entry, in a form that sorts like the conversation."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.order}.{self.step:05}.{self.place}")

    @property
    def imported(self) -> bool:
        """Whether it was said elsewhere, and came along with the turn's message: it says itself what answers it."""
        return self.place.startswith(IMPORTED)


def user_entry(
    services: Services,
    key: TurnKey,
    said: Said,
    place: Key | None = None,
    approved: Sequence[Message] = (),
) -> Item:
    """Make the entry of the user's message; or the item at another place, from which it becomes one later.

    It begins with the results of an earlier turn's calls that it brings; `approved`: those its own turn carries out.
    """
    body = said.body | ({"approved": approved} if approved else {})
    return _pack(services, key, place or key.entry(0), body, key.turn)


def imported_entry(services: Services, key: TurnKey, messages: Sequence[Mapping[str, Any]]) -> Item:
    """Make the item of what was said elsewhere, before the message of the turn it came with (engine/importing.py)."""
    return _pack(services, key, key.imported, {"role": "imported", "entries": list(messages)}, key.turn)


def said_at_last(key: TurnKey, waiting: Item) -> Item:
    """Make the entry of a message that has waited for its turn."""
    pk, sk = key.entry(0)
    return replace(waiting, pk=pk, sk=sk, facts={**waiting.facts, "turn": key.turn})


def steering_entry(services: Services, key: TurnKey, place: Key, said: Said, nonce: str) -> Item:
    """Make the entry of what the user says while the turn runs."""
    return _pack(services, key, place, said.body, nonce)


def answer_entry(  # noqa: PLR0917 - what an answer is
    services: Services,
    key: TurnKey,
    step: int,
    answer: Answer,
    nonce: str,
    attempt: int = 1,
    *,
    prefix: str = "",
    bare: bool = False,
) -> Item:
    """Make the entry of a model's answer, which was given at this attempt.

    `prefix` names what stood before the conversation, `bare` says that no earlier thinking was in it.
    """
    body: Message = {
        "role": "assistant",
        "content": answer.content,
        "stop_reason": answer.stop_reason,
        "broken": answer.broken,
        "tokens": sum(answer.usage.get(name, 0) for name in CONTEXT),
    }
    extras = {"prefix": prefix, "bare": bare, "refusal": answer.refusal, "container": answer.container}
    extras["attempt"] = attempt if attempt > 1 else 0
    return _pack(services, key, key.entry(step), body | {name: value for name, value in extras.items() if value}, nonce)


def summary_entry(services: Services, key: TurnKey, step: int, summary: tuple[str, str], nonce: str) -> Item:
    """Make the entry that stands, from this step on, for all before an entry: the text, and that entry's id."""
    body = {"role": "summary", "summary": summary[0], "from": summary[1]}
    return _pack(services, key, key.summary(step), body, nonce)


def refused_entry(
    services: Services, key: TurnKey, step: int, nonce: str, *, reason: str, left: Sequence[tuple[str, int]]
) -> Item:
    """Make the entry that takes out of the model's sight what the service refused: blocks of entries, by their ids."""
    body = {"role": "refused", "reason": reason, "left": left}
    return _pack(services, key, key.refused(step), body, nonce)


def result_entry(services: Services, key: TurnKey, journal: Key, body: Message, nonce: str) -> Item:
    """Make the journal's last state, which is the entry of the tool's result."""
    item = _pack(services, key, journal, body, nonce)
    return replace(item, facts={**item.facts, "state": "done", "nonce": nonce})


def _pack(services: Services, key: TurnKey, place: Key, body: Message, nonce: str) -> Item:
    path = f"{key.session}/{place[1].replace('#', '-')}-{nonce}"
    text, pointer = bodies.stow(services.workspace, key.tenant, path, jsontext.dump_bytes(body))
    return Item(*place, {**about(services, key), **pointer}, text)


def about(services: Services, key: TurnKey) -> dict[str, Fact]:
    """What the item of every entry says: when it was made, and whose it is if its key does not say so."""
    facts: dict[str, Fact] = {"at": round(services.clock.now() * 1000)}
    return facts | {"turn": key.turn} if key.order else facts


def unpack(services: Services, tenant: str, item: Item) -> Entry:
    """Read an entry's item."""
    _, order, step, *place = item.sk.split("#")
    body = bodies.shown(services.workspace, tenant, item)
    call = int(place[1]) if place[0] == "1" else None
    begun = call is not None and item.facts.get("state") != "done"  # a call without its result: nothing is said yet
    parsed = {} if begun and not body else legible.read(body, call, int(step))
    turn, at = str(item.facts.get("turn", order)), item.facts.get("at")
    said = at / 1000 if isinstance(at, int) else 0.0
    return Entry(turn, order, int(step), ".".join(place), call, said, parsed, len(body))


def answer(services: Services, key: TurnKey, step: int) -> Entry | None:
    """Read what the model said at a step; None when that step has not been committed."""
    item = services.table.get(key.entry(step))[0]
    return None if item is None else unpack(services, key.tenant, item)


def entries(
    services: Services,
    key: SessionKey,
    upto: str = "ENTRY#~",
    before: Sequence[Entry] = (),
    parent: Parent | None = None,
) -> list[Entry]:
    """Read what the model is to see, the oldest entry first: the conversation, or what the last summary leaves of it.

    `upto`: with the entry at this sort key as the last. It is read from the end, so no more is read than is shown.
    `before`: what was read earlier, and is not read again: entries are only added, and behind what a step has seen.
    `parent`: the session's, with whose conversation it begins. Nobody may change what is in an entry (memo.py).
    """
    newest_first: list[Entry] = []
    begin, since = f"ENTRY#{before[-1].id.replace('.', '#')}" if before else "ENTRY#", ""
    for entry in _backwards(services, key, begin, upto, None if before else parent):
        if entry.id < since:
            break
        newest_first.append(entry)
        if entry.body.get("role") == "summary":
            since = max(since, entry.body["from"])
    return [*before, *newest_first[::-1]]


def _backwards(services: Services, key: SessionKey, begin: str, upto: str, parent: Parent | None) -> Iterator[Entry]:
    """Go through entries from the newest on, and on into those of the parents: of each up to where its child forks.

    What a parent, or its summary, says behind that is not the child's.
    """
    more, make = True, partial(unpack, services, key.tenant)
    while more:
        page = services.table.query(key.partition, after=begin, upto=upto, reverse=True)
        for item in page.items:
            entry = _MEMO.get(item, make)
            if entry.body.get("role") == "imported":
                yield from reversed(said(entry))
            else:
                yield entry
        more = page.more
        upto = _before(page.items[-1].sk) if page.items else upto
    if parent is None:
        return
    owner = parent.key(key.tenant).owner
    record = services.table.get(owner.item)[0]
    theirs = Parent.of(record.facts) if record else None
    yield from _backwards(services, owner, "ENTRY#", f"ENTRY#{parent.upto}#~", theirs)


def said(entry: Entry) -> list[Entry]:
    """Give an entry, or those that came along in one item, in their order."""
    if entry.body.get("role") != "imported":
        return [entry]
    said = enumerate(entry.body["entries"])
    return [replace(entry, place=f"{IMPORTED}.{number:05}", body=body) for number, body in said]


def _before(sk: str) -> str:
    """A sort key behind all that sort before this one; keys of entries end in `!`, `+`, `/` or a digit."""
    return sk[:-1] + chr(ord(sk[-1]) - 1) + "~"


def calls(content: Sequence[Message]) -> list[Message]:
    """Pick the tool calls out of an answer's blocks."""
    return [block for block in content if block["type"] == "tool_use"]


def cut_call(body: Mapping[str, Any]) -> int | None:
    """Say which call of an answer, by its index, was cut off with it: the last block, if it is a call.

    Its arguments may look whole, and yet the model had not ended.
    """
    content = body["content"]
    cut = body["stop_reason"] in CUT_SHORT and content and content[-1]["type"] == "tool_use"
    return len(calls(content)) - 1 if cut else None


def text(content: Sequence[Message]) -> str:
    """Join the text of an answer's blocks."""
    return "".join(block["text"] for block in content if block["type"] == "text")


def is_empty(body: Mapping[str, Any]) -> bool:
    """Whether an answer ended by itself without a word."""
    return body["stop_reason"] == "end_turn" and not calls(body["content"]) and not text(body["content"]).strip()
