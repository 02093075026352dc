"""Schedules as they are stored: their records and names, read, listed and written.

What the record of a schedule says; its body is what somebody has asked for, in the words of walkaway_wire.schedules:

fact              unit      written by          says
state                       resource, ticking, firing  active, paused, ended
reason            JSON      resource, firing    why it is paused: code, message, at
version           number    each                how often it was written: of two who write at once one is refused
created, updated  ms        resource            when it was made, and when somebody changed it
anchor            s         resource            from when `every` counts, unless `starts_at` says it
passed            s         resource, ticking   up to when its times have had their firings
due               sort key  each                its item in the due queue (rule R4); empty: it is paused
previous          s         ticking             the newest time that has fired; absent: none
last              id        ticking, firing     the newest firing; absent: none
session, turn     id        firing              the turn that it began last
pruning           id        firing              instead of them, the firing that deletes, if that is what it began last
judged            id        firing              the last of those whose end counts in `failures`
failures          number    resource, firing    how many in a row have failed
kept              number    firing              how often it has begun something by itself
started, skipped, missed, failed  number  ticking, firing  how many times had which outcome

An ended one goes after KEPT; its firings go 90 days after their time. Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from walkaway_core.errors import Invalid, ScheduleNameTaken, ScheduleNotFound
from walkaway_core.ports.items import Absent, Fact, Item
from walkaway_core.ports.misfits import Misfit
from walkaway_core.schedules import places, unused
from walkaway_core.schedules.plan import Plan
from walkaway_core.schedules.ticks import Policy
from walkaway_core.store import backwards, names, salvage
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext

KEPT = 30 * 86_400
"""Seconds for which one that has ended can be looked at."""
OUTCOMES = ("started", "skipped", "missed", "failed")
NEEDS: Mapping[str, Fact] = {
    "state": "paused",
    "version": 0,
    "created": 0,
    "updated": 0,
    "anchor": 0,
    "passed": 0,
    "due": "",
}
"""What stands for facts of a schedule that cannot be read."""
SOMETIMES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("every", "at", "starts_at", "ends_at", "max_firings", "pause_after_failures"), (int,)),
    "cron": (str,),
    "session": (str, dict),
    "prune": (dict,),
}
"""Of what types a value is that is not its default's."""
STATES = ("active", "paused", "ended")
ACTIONS = ("message", "prune")
NOTHING: Mapping[str, Any] = {
    "name": "",
    "cron": None,
    "every": None,
    "at": None,
    "timezone": "UTC",
    "starts_at": None,
    "ends_at": None,
    "max_firings": None,
    "jitter": 0,
    "action": "message",
    "prune": None,
    "message": "",
    "attachments": [],
    "webhook_url": "",
    "agent": "",
    "session": None,
    "overlap": "skip",
    "catch_up": "latest",
    "catch_up_window": 86_400,
    "pause_after_failures": None,
    "metadata": {},
}
"""What a schedule says that nobody has told anything: also what stands for what an older version has not stored."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it is now."""

    tenant: str
    id: str
    asked: Mapping[str, Any]
    """What it says, by the names of NOTHING."""
    state: str
    version: int
    created_at: float
    updated_at: float
    passed: int
    due: str
    plan: Plan
    reason: Mapping[str, Any] | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    item: Item | None = field(default=None, compare=False, repr=False)
    """As it was read."""
    readable: bool = True

    @property
    def name(self) -> str:
        """What it is called; may be empty."""
        return str(self.asked["name"])

    @property
    def detail(self) -> dict[str, str]:
        """It as a due item says it."""
        return {"tenant": self.tenant, "schedule": self.id}

    @property
    def policy(self) -> Policy:
        """How it keeps its times."""
        asked = self.asked
        return Policy(self.id, asked["jitter"], asked["catch_up"], asked["catch_up_window"])

    def number(self, name: str) -> int:
        """One of its counts."""
        value = self.facts.get(name, 0)
        return value if isinstance(value, int) else 0

    def text(self, name: str) -> str:
        """One of its ids; empty where there is none."""
        return str(self.facts.get(name, ""))


def plan(asked: Mapping[str, Any], anchor: int) -> Plan:
    """Say when it fires."""
    return Plan(
        asked["cron"] or "",
        asked["every"] or 0,
        asked["at"],
        asked["timezone"],
        asked["starts_at"],
        asked["ends_at"],
        anchor,
    )


def find(services: Services, tenant: str, called: str) -> Schedule:
    """Read a schedule by its id or its name; no name stands for another one's id. Raises ScheduleNotFound."""
    item, named = services.table.get(places.schedule(tenant, called), places.schedule_name(tenant, called))
    if item is None and named is not None:
        item = services.table.get(places.schedule(tenant, named.text("schedule")))[0]
    if item is None:
        raise ScheduleNotFound
    return unpack(tenant, item)


def load(services: Services, tenant: str, id_: str) -> Schedule | None:
    """Read a schedule by its id."""
    item = services.table.get(places.schedule(tenant, id_))[0]
    return None if item is None else unpack(tenant, item)


def listing(services: Services, tenant: str, *, limit: int, after: str = "") -> tuple[list[Schedule], str]:
    """List schedules, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    pk, first = places.schedule(tenant, "")
    found = backwards.items(services, pk, first + (after or END), first=limit + 1, after=first)
    listed = [unpack(tenant, item) for item in islice(found, limit + 1)]
    return listed[:limit], listed[limit - 1].id if len(listed) > limit else ""


def count(services: Services, tenant: str, most: int) -> int:
    """Count a tenant's schedules, up to `most`."""
    pk, first = places.schedule(tenant, "")
    return sum(1 for _ in islice(backwards.items(services, pk, first + END, first=most, after=first), most))


def take_name(services: Services, tx: Transaction, tenant: str, name: str, id_: str) -> None:
    """Let a name stand for a schedule. Raises ScheduleNameTaken, Invalid; or its key refuses the transaction."""
    names.check(name, "sch_")
    key = places.schedule_name(tenant, name)
    if services.table.get(key)[0]:
        raise taken(name)
    tx.put(Item(*key, {"schedule": id_}), Absent())


def taken(name: str) -> ScheduleNameTaken:
    """Say that there is such a schedule."""
    return ScheduleNameTaken(f"There is a schedule called {name!r} already; PATCH changes it")


def item(tenant: str, id_: str, asked: Mapping[str, Any], facts: Mapping[str, Fact]) -> Item:
    """Make the record."""
    return Item(*places.schedule(tenant, id_), facts, jsontext.dump_bytes(dict(asked)))


def unpack(tenant: str, item: Item) -> Schedule:
    """Read a record. One that cannot be read is paused, and says so."""
    return salvage.read(item, lambda whole: _unpack(tenant, whole), NEEDS)


def _check(asked: Mapping[str, Any], item: Item) -> None:
    """Raise Misfit, or ValueError, for what no schedule says."""
    for name, value in asked.items():
        likes = (type(NOTHING[name]), *SOMETIMES.get(name, ()))
        if type(value) not in likes:
            raise Misfit.of(name, value)
    for name, value, words in (("state", item.text("state"), STATES), ("action", asked["action"], ACTIONS)):
        if value not in words:
            raise Misfit.of(name, value)
    try:
        plan(asked, item.number("anchor")).check()
        if asked["action"] == "prune" or asked["prune"] is not None:
            unused.seconds(asked)
    except Invalid as error:
        raise ValueError(str(error)) from None


def _unpack(tenant: str, item: Item) -> Schedule:
    body = gate.stored_object(item.body, "name", "message")
    asked = {**NOTHING, **{name: value for name, value in body.items() if name in NOTHING}}
    readable = gate.UNREADABLE not in body
    if readable:
        _check(asked, item)
    wrong = {"code": gate.UNREADABLE, "message": str(body.get(gate.UNREADABLE)), "at": 0}
    stored = gate.stored_object(item.text("reason"), "code", "message", "at") if "reason" in item.facts else None
    return Schedule(
        tenant=tenant,
        id=item.sk.partition("#")[2],
        asked=asked if readable else NOTHING,
        state=item.text("state") if readable else "paused",
        version=item.number("version"),
        created_at=item.time("created"),
        updated_at=item.time("updated"),
        passed=item.number("passed"),
        due=item.text("due"),
        plan=plan(asked, item.number("anchor")) if readable else Plan(at=0),
        reason=stored if readable else wrong,
        facts=item.facts,
        item=item,
        readable=readable,
    )
