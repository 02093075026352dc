"""Runs as they are read: by their ids and from the list, whatever of that can be read."""

from dataclasses import dataclass, replace
from itertools import islice

from walkaway_core.dialects.runs import index, keys
from walkaway_core.dialects.runs.index import Run
from walkaway_core.dialects.runs.problems import RunNotFound
from walkaway_core.ports.items import Item
from walkaway_core.store import sessions, starts, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it is now. Where neither list nor look-up says whose it is, its id is its turn's, and it has failed."""

    run: Run
    turn: Turn
    session: Session

    @property
    def state(self) -> str:
        """How it stands."""
        return index.state(self.turn)


def get(services: Services, tenant: str, id_: str) -> StoredRun:
    """Read a run. Raises RunNotFound."""
    item = services.table.get(keys.run(tenant, id_))[0]
    if item is None or not index.names_turn(item):
        item = _listed(services, tenant, id_, looked_up=item)
    runs = _load(services, tenant, [item] if item else [])
    if not runs:
        raise RunNotFound(f"Job not found: {id_[:100]}")
    starts.begin_if_late(services, runs[0].turn)
    return runs[0]


def listing(
    services: Services, tenant: str, *, state: str, label: str, skip: int, limit: int
) -> tuple[list[StoredRun], int]:
    """List runs, the newest first, of one state and one label if they are named; and how many there are of those.

    What nobody can read is in the list of all alone, since nothing says of which state and label it is.
    """
    counts = index.counts(services, tenant, label)
    total = counts[state] if state else sum(counts.values())
    until = min(skip + limit, total)
    if until <= skip:
        return [], total
    listed = list(islice(index.entries(services, tenant, state=state, label=label, first=until), until))
    return _load(services, tenant, listed[skip:]), total if len(listed) == until else len(listed)


def _load(services: Services, tenant: str, items: list[Item]) -> list[StoredRun]:
    """Read the turns and sessions of entries; those whose session is gone are left out."""
    names = [TurnKey.named(tenant, item.facts) for item in items]
    wanted = [key for name in names for key in (name.item, name.owner.item)]
    read: list[Item | None] = []
    unique = list(dict.fromkeys(wanted))
    for start in range(0, len(unique), 100):
        read += services.table.get(*unique[start : start + 100])
    there = dict(zip(unique, read, strict=True))
    runs = []
    for item, name in zip(items, names, strict=True):
        record, owner = there[name.item], there[name.owner.item]
        if name.nobodys:
            runs.append(_nobodys(tenant, item))
        elif record and owner and sessions.alive(owner, services.clock.now()):
            turn = turns.unpack(name, record)
            if not turn.readable:
                turn = _known(services, turn, item)
            if run := Run.read(turn.facts):
                runs.append(StoredRun(run, turn, sessions.unpack(name.owner, owner)))
    return runs


def _nobodys(tenant: str, entry: Item) -> StoredRun:
    """Show an entry of the list that nobody can read."""
    name = TurnKey(tenant, "", entry.sk)
    empty = Item(*name.item)
    return StoredRun(Run(entry.sk, own=False), turns.unpack(name, empty), sessions.unpack(name.owner, empty))


def _listed(services: Services, tenant: str, id_: str, *, looked_up: Item | None) -> Item | None:
    """Find in the list a run whose look-up cannot be read, or an entry that nobody can read, by its turn's id."""
    if looked_up is None:
        entry = services.table.get(keys.run_entry(tenant, id_))[0]
        if entry is None or index.whole(entry):
            return None
        entry = index.mended(services, tenant, entry, index.look_ups(services, tenant))
        return None if entry.facts else entry
    entries = index.entries(services, tenant, first=100)
    return next((entry for entry in entries if entry.facts.get("run") == id_), None)


def _known(services: Services, turn: Turn, item: Item) -> Turn:
    """Give a turn that cannot be read with what the list, or the look-up, says of it as a run."""
    entry = item if index.whole(item) else services.table.get(keys.run_entry(turn.key.tenant, turn.key.turn))[0]
    run = Run.read(entry.facts) if entry and index.whole(entry) else Run.looked_up(item)
    return replace(turn, facts={**turn.facts, **run.facts}) if run else turn
