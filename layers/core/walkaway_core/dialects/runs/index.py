"""Runs are turns that are listed and counted: the entry and the counters move in the transactions that they tell of."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from walkaway_core.dialects.runs import keys as own_keys
from walkaway_core.ports.items import Absent, Fact, Is, Item, Present, Put, Refused
from walkaway_core.store import backwards, keys, turns
from walkaway_core.store.extensions import Projection
from walkaway_core.store.keys import TurnKey
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
        if not isinstance(facts.get("run"), str):
            return None
        label, recipe, once = (str(facts.get(name, "")) for name in ("label", "recipe", "run_once"))
        return cls(str(facts["run"]), label, recipe, bool(facts.get("own")), once)

    @classmethod
    def looked_up(cls, item: Item) -> "Run | None":
        """Say what a look-up's key tells of a run of which nothing else can be read; its session is not its own."""
        _, prefix, id_ = item.sk.partition("RUN#")
        return cls(id_, own=False) if prefix else None


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
        """Take a run off the list; its idempotency key is free again, unless another run has it by now.

        Of a turn that cannot be read the list says whether it is a run, and as what it is counted.
        """
        key, run, counted = turn.key, Run.read(turn.facts), state(turn)
        if not turn.readable:
            entry = services.table.get(own_keys.run_entry(key.tenant, key.turn))[0]
            if entry is None:
                return
            entry = entry if whole(entry) else mended(services, key.tenant, entry, look_ups(services, key.tenant))
            run, counted = Run.read(entry.facts), str(entry.facts.get("state", ""))
        if run is None:
            if not turn.readable:
                _drop(services, tx, key)
            return
        once = (f"T#{key.tenant}", run.once)
        remembered = services.table.get(once)[0] if run.once else None
        if remembered is not None and remembered.facts.get("turn") == key.turn:
            tx.delete(once, Is("turn", key.turn))
        tx.delete(own_keys.run_entry(key.tenant, key.turn), Present())
        tx.delete(own_keys.run(key.tenant, run.id))
        _count(tx, key.tenant, run, **{counted: -1})


def state(turn: Turn) -> str:
    """How a run stands whose turn this is."""
    return ENDED.get(turn.status, "running" if turn.status == "running" and turn.started else "queued")


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
    """How many runs of a tenant, or of one of its labels, are in each state; under "" those that nobody can read.

    Where the counters cannot be read, the list is counted.
    """
    pk, _ = own_keys.run_counter(tenant, "", 0)
    group = _group(label) if label else "all"
    items = services.table.query(pk, after=f"{group}#", upto=f"{group}#{keys.END}").items
    total: Counter[str] = Counter(dict.fromkeys(STATES, 0))
    for item in items:
        read = {state: count for state in STATES if type(count := item.facts.get(state)) is int}
        if len(read) < len(STATES):
            listed = entries(services, tenant, label=label)
            return Counter(dict.fromkeys(STATES, 0)) + Counter(str(entry.facts.get("state", "")) for entry in listed)
        total.update(read)
    return total


def entries(
    services: Services, tenant: str, *, state: str = "", label: str = "", first: int = backwards.MOST
) -> Iterator[Item]:
    """Give the list's entries, the newest first, of one state and label if named; damaged ones as `mended` has them.

    `first` is how many will probably be taken.
    """
    pk, newest = own_keys.run_entry(tenant, keys.END)
    known: dict[str, Item] | None = None
    for stored in backwards.items(services, pk, newest, first=first):
        entry = stored
        if not whole(stored):
            known = look_ups(services, tenant) if known is None else known
            entry = mended(services, tenant, stored, known)
        if (not state or entry.facts.get("state") == state) and (not label or entry.facts.get("label") == label):
            yield entry


def names_turn(item: Item) -> bool:
    """Whether an entry, or a look-up, says which turn it is about."""
    return not TurnKey.named("", item.facts).nobodys


def whole(entry: Item) -> bool:
    """Whether all that an entry of the list has to say can be read."""
    return names_turn(entry) and entry.facts.get("state") in STATES and Run.read(entry.facts) is not None


def look_ups(services: Services, tenant: str) -> dict[str, Item]:
    """Give the look-ups of all runs of a tenant, by their turns: only damage asks for as much."""
    pk, first = own_keys.run(tenant, "")
    items = backwards.items(services, pk, first + keys.END, after=first, first=backwards.MOST)
    return {str(item.facts["turn"]): item for item in items if names_turn(item)}


def mended(services: Services, tenant: str, entry: Item, known: Mapping[str, Item]) -> Item:
    """Give a damaged entry with what its look-up and its turn say in its place; without facts where nothing does."""
    look_up = known.get(entry.sk)
    if look_up is None:
        return Item(*entry.key)
    name = TurnKey.named(tenant, look_up.facts)
    turn = turns.unpack(name, services.table.get(name.item)[0] or Item(*name.item))
    run = Run.read(turn.facts) if turn.readable else Run.looked_up(look_up)
    return Item(*entry.key, {**(run.facts if run else {}), **look_up.facts, "state": state(turn)})


def forget(services: Services, turn: TurnKey) -> None:
    """Take an entry off the list that nobody can read."""
    tx = Transaction(services.table)
    _drop(services, tx, turn)
    tx.commit()


def _drop(services: Services, tx: Transaction, turn: TurnKey) -> None:
    """Delete an entry that nobody can read. As what it was counted nobody knows: the counters hold no more."""
    tx.delete(own_keys.run_entry(turn.tenant, turn.turn))
    pk, _ = own_keys.run_counter(turn.tenant, "", 0)
    for item in services.table.query(pk, after="all#", upto=f"all#{keys.END}", limit=1).items:
        tx.change(item.key, drop=(STATES[0],))
