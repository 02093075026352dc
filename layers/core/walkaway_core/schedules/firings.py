"""Firings: each time at which a schedule was to fire, once, and what became of it.

What the record of a firing says:

fact           unit      written by    says
outcome                  put, settled  queued, started, skipped, missed, failed
trigger                  put           tick, catch_up, manual, backfill
scheduled      s         put           the time that the schedule names
fired          ms        put           when it was written
previous       s         put           the time that fired before it; absent: none
count          number    put           of how many times it tells
overlap                  put           what happens while the last turn goes on; absent: as the schedule says then
message                  put           what the agent is told; absent: as the schedule says then
batch          id        put           the backfill that it is of
due            sort key  put, moved    its item in the due queue (rule R4), while it is queued, or deletes
trouble        ms        moved         since when something that may pass keeps it from beginning, or from deleting
session, turn  id        settled       the turn that it began
code, error              settled       why it began none
pruning                  pruning       how its deleting is: in_progress, completed, failed, cancelled
unused         ms        pruning       sessions that nobody has used since then go
cursor         id        pruning       the session that it has looked at last; empty: none
pruned, stuck  number    pruning       how many sessions it has deleted, and how many it could not

It expires KEPT after it was written. Names and units are a contract: docs/upgrades.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from walkaway_core.ports.items import Absent, Fact, Item, Key, ms
from walkaway_core.ports.misfits import Misfit
from walkaway_core.schedules import places
from walkaway_core.store import backwards, due, salvage
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

KEPT = 90 * 86_400
"""Seconds for which it can be looked at."""
ACT_WITHIN = 10.0
"""Seconds that whoever writes a firing has for acting on it; then the sweep does."""
OUTCOMES = ("queued", "started", "skipped", "missed", "failed")
TRIGGERS = ("tick", "catch_up", "manual", "backfill")
PRUNING = ("in_progress", "completed", "failed", "cancelled")
NEEDS: Mapping[str, Fact] = {"outcome": "failed", "trigger": "tick", "scheduled": 0, "fired": 0}
"""What stands for facts of a firing that cannot be read."""
LOST: Mapping[str, Fact] = {"code": "unreadable", "error": "What is stored of this firing cannot be read"}


@dataclass(frozen=True, slots=True)
class Firing:
    """A firing as it is now."""

    tenant: str
    schedule: str
    id: str
    outcome: str
    trigger: str
    scheduled: int
    fired_at: float
    due: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> Key:
        """Where it stands."""
        return places.firing(self.tenant, self.schedule, self.id)

    @property
    def by_itself(self) -> bool:
        """Whether nobody has asked for it."""
        return self.trigger in ("tick", "catch_up")

    @property
    def detail(self) -> dict[str, str]:
        """It as a due item says it."""
        return {"tenant": self.tenant, "schedule": self.schedule, "firing": self.id}

    @property
    def count(self) -> int:
        """Of how many times it tells."""
        return self.number("count") or 1

    def number(self, name: str) -> int:
        """A number of its record; 0 where there is none."""
        value = self.facts.get(name, 0)
        return value if isinstance(value, int) else 0

    def text(self, name: str) -> str:
        """A text of its record; empty where there is none."""
        return str(self.facts.get(name, ""))


def name(schedule: str, at: int, batch: str = "") -> str:
    """Give the id of a schedule's firing at a time: always the same, and sorting by the time.

    A `batch` has its own: who asks for the past once more gets other firings.
    """
    digest = hashlib.sha256(f"{schedule}#{at}#{batch}".encode()).hexdigest()
    return f"fire_{at * 1000:012x}{digest[:12]}"


def put(services: Services, tx: Transaction, id_: str, detail: Mapping[str, str], facts: Mapping[str, Fact]) -> Firing:
    """Write a firing, which nobody has written before; one that is queued is watched, and acted on soon."""
    now = services.clock.now()
    tenant, schedule = detail["tenant"], detail["schedule"]
    all_: dict[str, Fact] = {"count": 1, "fired": ms(now), **facts}
    if all_["outcome"] == "queued":
        all_["due"] = due.watch(tx, now + ACT_WITHIN, "firing", id_, {**detail, "firing": id_})
        tx.put(Item(*places.open_firing(tenant, schedule, id_)))
    item = Item(*places.firing(tenant, schedule, id_), all_, expires=int(now) + KEPT)
    tx.put(item, Absent())  # each time has one firing
    return unpack(tenant, schedule, item)


def load(services: Services, tenant: str, schedule: str, id_: str) -> Firing | None:
    """Read a firing."""
    item = services.table.get(places.firing(tenant, schedule, id_))[0]
    return None if item is None else unpack(tenant, schedule, item)


def load_all(services: Services, names: list[tuple[str, str, str]]) -> list[Firing | None]:
    """Read firings by tenant, schedule and id."""
    found: list[Firing | None] = []
    for start in range(0, len(names), 100):
        part = names[start : start + 100]
        items = services.table.get(*(places.firing(*each) for each in part))
        found += [
            unpack(tenant, schedule, item) if item else None
            for (tenant, schedule, _), item in zip(part, items, strict=True)
        ]
    return found


def listing(
    services: Services, tenant: str, schedule: str, *, limit: int, after: str = "", outcome: str = ""
) -> tuple[list[Firing], str]:
    """List a schedule's firings, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    pk = places.firing(tenant, schedule, "")[0]
    found = backwards.items(services, pk, after or END, first=limit + 1)
    all_ = (unpack(tenant, schedule, item) for item in found)
    listed = list(islice((firing for firing in all_ if outcome in ("", firing.outcome)), limit + 1))
    return listed[:limit], listed[limit - 1].id if len(listed) > limit else ""


def place(services: Services, firing: Firing, most: int) -> int:
    """Say how many of its schedule's firings are to begin before it, up to `most`."""
    pk = places.open_firing(firing.tenant, firing.schedule, "")[0]
    items = services.table.query(pk, upto=firing.id, limit=most + 1).items
    return sum(1 for item in items if item.sk != firing.id)


def waiting(services: Services, tenant: str, schedule: str) -> Firing | None:
    """Read the firing that has waited longest."""
    items = services.table.query(places.open_firing(tenant, schedule, "")[0], limit=1).items
    return load(services, tenant, schedule, items[0].sk) if items else None


def close(tx: Transaction, firing: Firing) -> None:
    """Let nobody act on a firing any more; what its record then says is the caller's to write."""
    due.drop(tx, firing.id, firing.due)
    tx.delete(places.open_firing(firing.tenant, firing.schedule, firing.id))


def unpack(tenant: str, schedule: str, item: Item) -> Firing:
    """Read a record."""
    return salvage.read(item, lambda whole: _unpack(tenant, schedule, whole), NEEDS, LOST)


def _unpack(tenant: str, schedule: str, item: Item) -> Firing:
    for name, words in (("outcome", OUTCOMES), ("trigger", TRIGGERS), ("pruning", PRUNING)):
        if name in {**NEEDS, **item.facts} and item.text(name) not in words:
            raise Misfit.of(name, item.text(name))
    return Firing(
        tenant=tenant,
        schedule=schedule,
        id=item.sk,
        outcome=item.text("outcome"),
        trigger=item.text("trigger"),
        scheduled=item.number("scheduled"),
        fired_at=item.time("fired"),
        due=item.text("due") if "due" in item.facts else "",
        facts=item.facts,
    )
