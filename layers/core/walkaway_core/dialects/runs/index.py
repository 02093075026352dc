"""Runs are turns that are listed and counted: the entry and the counters move in the transactions that they tell of."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from walkaway_core.ports.items import Absent, Change, Delete, Fact, Is, Item, Present, Put, Refused, Write
from walkaway_core.store import keys
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
ENDED = {"completed": "succeeded", "failed": "failed", "cancelled": "cancelled"}
SHARDS = 16
"""Counters of each kind, so that runs which end at once do not wait for each other."""


@dataclass(frozen=True, slots=True)
class Run:
    """What makes a turn a run: its public id, the label that groups it, and the agent that it names.

    `own`: its session is there for it alone. `once` is the sort key of its idempotency record, if it has one.
    """

    id: str
    label: str = ""
    recipe: str = ""
    own: bool = True
    once: str = ""

    @property
    def facts(self) -> dict[str, Fact]:
        """What the turn's record and the entry say of it."""
        said = {"run": self.id, "label": self.label, "recipe": self.recipe, "run_once": self.once}
        return {**{name: value for name, value in said.items() if value}, "own": self.own}

    @classmethod
    def read(cls, facts: Mapping[str, Fact]) -> "Run | None":
        """Read it, if it is there."""
        if "run" not in facts:
            return None
        label, recipe, once = (str(facts.get(name, "")) for name in ("label", "recipe", "run_once"))
        return cls(str(facts["run"]), label, recipe, bool(facts["own"]), once)


def made(run: Run, turn: TurnKey) -> list[Write]:
    """List and count a run whose turn is made in the same transaction."""
    where: dict[str, Fact] = {"session": turn.session, "turn": turn.turn}
    entry = Item(*keys.run_entry(turn.tenant, turn.turn), {**run.facts, **where, "state": "queued"})
    look_up = Item(*keys.run(turn.tenant, run.id), where)
    return [Put(entry, (Absent(),)), Put(look_up, (Absent(),)), *_count(turn.tenant, run, queued=1)]


def moved(run: Run | None, turn: TurnKey, old: str, new: str) -> list[Write]:
    """Move a run from one state to another."""
    if run is None:
        return []
    entry = Change(*keys.run_entry(turn.tenant, turn.turn), set={"state": new})
    return [entry, *_count(turn.tenant, run, **{old: -1, new: 1})]


def gone(services: Services, run: Run | None, turn: TurnKey, state: str) -> list[Write]:
    """Take a run off the list; its idempotency key is free again, unless another run has it by now."""
    if run is None:
        return []
    key = (f"T#{turn.tenant}", run.once)
    remembered = services.table.get(key)[0] if run.once else None
    mine = remembered is not None and remembered.facts["turn"] == turn.turn
    once = [Delete(*key, (Is("turn", turn.turn),))] if mine else []
    entry, look_up = keys.run_entry(turn.tenant, turn.turn), keys.run(turn.tenant, run.id)
    return [Delete(*entry, when=(Present(),)), Delete(*look_up), *once, *_count(turn.tenant, run, **{state: -1})]


def _count(tenant: str, run: Run, **added: int) -> list[Write]:
    return [Change(*key, add=added) for key in _counters(tenant, run)]


def _counters(tenant: str, run: Run) -> list[tuple[str, str]]:
    shard = zlib.crc32(run.id.encode()) % SHARDS
    groups = ["all", *([_group(run.label)] if run.label else [])]
    return [keys.run_counter(tenant, group, shard) for group in groups]


def _group(label: str) -> str:
    return hashlib.sha256(label.encode(errors="surrogatepass")).hexdigest()[:32]


def ready(services: Services, tenant: str, run: Run) -> None:
    """Make the counters that a run needs, where they are not there yet."""
    names = _counters(tenant, run)
    for key, item in zip(names, services.table.get(*names), strict=True):
        if item is None:
            try:
                services.table.write(Put(Item(*key, dict.fromkeys(STATES, 0)), (Absent(),)))
            except Refused:
                continue


def counts(services: Services, tenant: str, label: str = "") -> Counter[str]:
    """How many runs of a tenant, or of one of its labels, are in each state."""
    pk, _ = keys.run_counter(tenant, "", 0)
    group = _group(label) if label else "all"
    found = services.table.query(pk, after=f"{group}#", upto=f"{group}#{keys.END}").items
    total: Counter[str] = Counter(dict.fromkeys(STATES, 0))
    for item in found:
        total.update({state: item.number(state, 0) for state in STATES})
    return total
