"""Runs are turns that are listed and counted: the entry and the counters move in the transactions that they tell of."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from walkaway_core.dialects.runs import keys as own_keys
from walkaway_core.ports.items import Absent, Fact, Is, Item, Present, Put, Refused
from walkaway_core.store import keys
from walkaway_core.store.extensions import Projection
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn

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
        facts = {"run": self.id, "label": self.label, "recipe": self.recipe, "run_once": self.once}
        return {**{name: value for name, value in facts.items() if value}, "own": self.own}

    @classmethod
    def read(cls, facts: Mapping[str, Fact]) -> "Run | None":
        """Read it, if it is there."""
        if "run" not in facts:
            return None
        label, recipe, once = (str(facts.get(name, "")) for name in ("label", "recipe", "run_once"))
        return cls(str(facts["run"]), label, recipe, bool(facts.get("own")), once)


class Runs(Projection):
    """Lists and counts the turns that are runs, in the transactions that make, move and remove them."""

    def turn_made(self, services: Services, tx: Transaction, turn: Turn) -> None:
        """List and count a run."""
        del services
        if run := Run.read(turn.facts):
            key = turn.key
            where: dict[str, Fact] = {"session": key.session, "turn": key.turn}
            tx.put(Item(*own_keys.run_entry(key.tenant, key.turn), {**run.facts, **where, "state": "queued"}), Absent())
            tx.put(Item(*own_keys.run(key.tenant, run.id), where), Absent())
            _count(tx, key.tenant, run, queued=1)

    def turn_moved(self, services: Services, tx: Transaction, before: Turn, after: Turn) -> None:
        """Move a run from one state to another."""
        del services
        run, old, new = Run.read(before.facts), state(before), state(after)
        if run and old != new:
            tx.change(own_keys.run_entry(before.key.tenant, before.key.turn), set={"state": new})
            _count(tx, before.key.tenant, run, **{old: -1, new: 1})

    def turn_removed(self, services: Services, tx: Transaction, turn: Turn) -> None:
        """Take a run off the list; its idempotency key is free again, unless another run has it by now."""
        run, key = Run.read(turn.facts), turn.key
        if run is None:
            return
        once = (f"T#{key.tenant}", run.once)
        remembered = services.table.get(once)[0] if run.once else None
        if remembered is not None and remembered.facts.get("turn") == key.turn:
            tx.delete(once, Is("turn", key.turn))
        tx.delete(own_keys.run_entry(key.tenant, key.turn), Present())
        tx.delete(own_keys.run(key.tenant, run.id))
        _count(tx, key.tenant, run, **{_counted(services, turn): -1})


def state(turn: Turn) -> str:
    """How a run stands whose turn this is."""
    return ENDED.get(turn.status, "running" if turn.status == "running" and turn.started else "queued")


def _counted(services: Services, turn: Turn) -> str:
    """As what a run is counted: one whose turn cannot be read as what it was before."""
    if turn.readable:
        return state(turn)
    entry = services.table.get(own_keys.run_entry(turn.key.tenant, turn.key.turn))[0]
    stored = entry.facts.get("state") if entry else None
    return str(stored) if stored in STATES else state(turn)


def error(turn: Turn) -> str | None:
    """What a run failed with, in the words of its dialect."""
    if turn.status == "failed" and turn.code == "timeout":
        return f"Job timed out after {turn.allowed:g}s"
    return turn.error or None


def _count(tx: Transaction, tenant: str, run: Run, **added: int) -> None:
    for key in _counters(tenant, run):
        tx.change(key, add=added)


def _counters(tenant: str, run: Run) -> list[tuple[str, str]]:
    shard = zlib.crc32(run.id.encode()) % SHARDS
    groups = ["all", *([_group(run.label)] if run.label else [])]
    return [own_keys.run_counter(tenant, group, shard) for group in groups]


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
    pk, _ = own_keys.run_counter(tenant, "", 0)
    group = _group(label) if label else "all"
    items = services.table.query(pk, after=f"{group}#", upto=f"{group}#{keys.END}").items
    total: Counter[str] = Counter(dict.fromkeys(STATES, 0))
    for item in items:
        total.update({state: count for state in STATES if isinstance(count := item.facts.get(state), int)})
    return total
