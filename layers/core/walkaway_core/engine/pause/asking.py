"""Calls that the caller is asked to answer: which ones of a step those are, and how each of them stands.

What the record of such a call says; it stands at the hash of the call's id:

fact          unit    written by  says
turn          id      asked       the turn that waits for it
order         id      asked       that turn's place in the conversation, where that is not its id; else empty
step          step    asked       the step that made the call
index         number  asked       which of that step's calls it is
call          id      asked       the id that the model gave it
needs                 asked       output, approval
expires       ms      asked       when the waiting for it ends; 0: only with its session
answer        digest  answered    what came (`CallAnswer.digest`); absent: nothing has come
approved      flag    answered    it was a yes
late          flag    answered    nobody answered in time
claimed_by            claimed     the worker that runs its function; absent: nobody has said so
claimed_until ms      claimed     when its lease ends

*asked* is `_put` in engine/pause/parking.py, when a turn parks; *answered* is `give` in engine/pause/answering.py, for
the caller and for the end of the time; *claimed* is `claim` in engine/pause/claiming.py. The result stands in the
call's journal (doors/run_tool.py). Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from walkaway_core.agent import tools
from walkaway_core.log import transcript
from walkaway_core.ports.items import Fact, Item
from walkaway_core.store import due
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

Needs = Literal["output", "approval"]


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call that was put to the caller. `answer` is the digest of what came, `""` before that."""

    turn: TurnKey
    step: int
    index: int
    id: str
    needs: Needs
    expires_at: float
    """When the waiting for it ends; 0: it does not."""
    answer: str = ""
    approved: bool = False
    late: bool = False
    """Whether nobody answered in time, so that `answer` is only the end of the waiting."""
    claimed_by: str = ""
    """Whose lease was the last; `claimed_until` says whether it still is one."""
    claimed_until: float = 0.0
    name: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def item(self) -> Item:
        """What the Table holds of it, before an answer."""
        facts: dict[str, Fact] = {
            "turn": self.turn.turn,
            "order": self.turn.order,
            "step": self.step,
            "index": self.index,
            "call": self.id,
            "needs": self.needs,
            "expires": round(self.expires_at * 1000),
        }
        return Item(*self.turn.owner.asked(self.id), facts)

    def look_at(self, now: float) -> float:
        """When somebody has to look at it again: at its end, or in a while where it waits without one."""
        return self.expires_at or now + due.WAITING_WITHIN

    @property
    def shown(self) -> dict[str, Any]:
        """What the caller is told of it."""
        call = {"call_id": self.id, "name": self.name, "arguments": self.arguments}
        return call | {"needs": self.needs, "expires_at": self.expires_at or None}


def needs(settings: AgentSettings, name: str, *, whole: bool) -> Needs | None:
    """What the caller must do for a call of this tool; None when the server takes care of it.

    It does of every call whose arguments are no object, or that was cut off: there is nothing to ask then.
    """
    if not whole:
        return None
    if name in settings.tools:
        return "output"
    return "approval" if name in settings.approve and tools.of_server(settings, name) else None


def split(settings: AgentSettings, body: Mapping[str, Any]) -> tuple[tuple[int, ...], dict[int, Needs]]:
    """Sort an answer's calls, by index: those that can be run at once, and those that wait, with what they need."""
    now: list[int] = []
    later: dict[int, Needs] = {}
    cut = transcript.cut_call(body)
    for index, call in enumerate(transcript.calls(body["content"])):
        if what := needs(settings, call["name"], whole=call["id"] not in body["broken"] and index != cut):
            later[index] = what
        else:
            now.append(index)
    return tuple(now), later


def requested(services: Services, turn: Turn, step: int = 0) -> list[PendingCall]:
    """Read the calls that were put to the caller at a step, or at the last such step, in the model's order."""
    step = step or turn.pause.step
    entry = transcript.answer(services, turn.key, step) if step else None
    if entry is None:
        return []
    calls = transcript.calls(entry.body["content"])
    owner = turn.key.owner
    names = list(dict.fromkeys(owner.asked(call["id"]) for call in calls))
    items: list[Item | None] = []
    for start in range(0, len(names), 100):
        items += services.table.get(*names[start : start + 100])
    stored = dict(zip(names, items, strict=True))
    requests = []
    for index, call in enumerate(calls):
        item = stored[owner.asked(call["id"])]
        if item and [item.facts.get(name) for name in ("turn", "step", "index")] == [turn.key.turn, step, index]:
            requests.append(_unpack(owner, item, call))
    return requests


def pending(services: Services, turn: Turn) -> list[PendingCall]:
    """Read the calls for whose answers a turn waits."""
    return [request for request in requested(services, turn) if not request.answer] if turn.parked else []


def find(services: Services, owner: SessionKey, ids: list[str]) -> dict[str, PendingCall]:
    """Find calls by their ids; those that were never put to the caller are left out."""
    unique = list(dict.fromkeys(ids))
    items: list[Item | None] = []
    for start in range(0, len(unique), 100):
        items += services.table.get(*(owner.asked(call) for call in unique[start : start + 100]))
    return {call: _unpack(owner, item) for call, item in zip(unique, items, strict=True) if item}


def _unpack(owner: SessionKey, item: Item, call: Mapping[str, Any] | None = None) -> PendingCall:
    return PendingCall(
        turn=TurnKey(owner.tenant, owner.session, item.text("turn"), item.text("order")),
        step=item.number("step"),
        index=item.number("index"),
        id=item.text("call"),
        needs=cast("Needs", item.text("needs")),
        expires_at=item.time("expires"),
        answer=str(item.facts.get("answer", "")),
        approved="approved" in item.facts,
        late="late" in item.facts,
        claimed_by=str(item.facts.get("claimed_by", "")),
        claimed_until=item.time("claimed_until", 0),
        name=call["name"] if call else "",
        arguments=call["input"] if call else {},
    )
