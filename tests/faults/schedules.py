"""A schedule fires, and something goes wrong: each time has one firing and one turn, or a firing that says why not."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.campaign import Arm, Fault, Life
from tests.faults.creates import asks_once
from tests.faults.violations import Found, of_log
from tests.faults.world import MINUTE, World
from walkaway_core.doors.sweep import sweep
from walkaway_core.errors import NotFound
from walkaway_core.log import log
from walkaway_core.schedules import by_hand, firings, resource, schedules
from walkaway_core.schedules.places import schedule
from walkaway_core.store.idempotency import Once, make
from walkaway_core.store.keys import TurnKey

HOUR, DAY = 3600, 86_400
SAID = {"name": "digest", "message": "go", "cron": "0 * * * *", "session": {"inline_tools": False}}


class Fires:
    """A life in which a schedule's times come, `times` of them after `asleep` seconds; then nothing more.

    `expected`: how many firings have each outcome in the end.
    """

    def __init__(self, expected: dict[str, int], *, times: int = 1, asleep: float = 0, **said: Any) -> None:
        self._expected = Counter(expected)
        self._times = times
        self._asleep = asleep
        self._said = {**SAID, **said}

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, self.check)

    def _run(self, world: World) -> None:
        world.survive(lambda: _make_it(world, self._said))
        world.clock.time += self._asleep
        for _ in range(self._times):
            world.clock.time += HOUR - world.clock.time % HOUR + 1
            swept(world)
        settled(world)

    def check(self, world: World, *_: object) -> list[str]:
        """What must hold when all times have passed."""
        found = of_firings(world)
        outcomes = Counter(each.outcome for each in fired(world) for _ in range(each.count))
        found.must(outcomes == self._expected, f"the firings are {outcomes}")
        return found


class Asked:
    """A life in which somebody asks, until there is an answer if `repeated`, else once, and never comes back."""

    def __init__(self, request: Callable[[World], object], firings_: int, *, repeated: bool) -> None:
        self._request = request
        self._firings = firings_
        self._repeated = repeated

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, self._check)

    def _run(self, world: World) -> None:
        world.survive(lambda: _make_it(world, SAID))
        if self._repeated:
            world.survive(lambda: self._request(world))
        else:
            asks_once(world, lambda: self._request(world))
        world.clock.time += MINUTE
        swept(world)
        settled(world)

    def _check(self, world: World, *_: object) -> list[str]:
        found = of_firings(world)
        outcomes = Counter(each.outcome for each in fired(world))
        allowed = [self._firings] if self._repeated else [0, self._firings]
        record = made(world)
        if self._repeated and self._request is _changes:
            found.must(record and record.asked["metadata"] == CHANGED, f"the change is lost: {record}")
        found.must(outcomes.total() in allowed, f"the firings are {outcomes}")
        found.must(set(outcomes) <= {"started"}, f"the firings are {outcomes}")
        return found


def of_firings(world: World) -> Found:
    """What must hold of all firings: nothing waits, and turns and firings belong to each other one by one."""
    found = Found()
    open_ = [kind for kind in world.due() if kind not in ("session", "schedule")]
    found.must(not open_, f"due items are left: {open_}")
    named = []
    for each in fired(world):
        found.must(each.outcome != "queued", f"{each.id} waits")
        if each.outcome == "started":
            key = TurnKey("t", each.text("session"), each.text("turn"))
            named.append(key.turn)
            events = log.events(world.services, key, world.place.table.query(key.log).items)
            found += of_log(events)
            found.must(events and events[-1].type in ("message.completed", "message.cancelled"), f"{key} has {events}")
    logs = begun(world)
    found.must(sorted(named) == sorted(logs), f"firings have begun {named}, and the logs have {logs}")
    record = made(world)
    if record:
        counted = Counter(each.outcome for each in fired(world) for _ in range(each.count))
        told = {name: record.number(name) for name in schedules.OUTCOMES}
        found.must(told == {name: counted[name] for name in schedules.OUTCOMES}, f"it counts {told}, not {counted}")
    told_of = [detail["firing_id"] for kind, detail in world.bus.told if kind == "schedule.fired"]
    found.must(len(set(told_of)) == len(named), f"the bus was told of {told_of}")
    return found


def begun(world: World) -> list[str]:
    """The turns that have a log, whoever has begun them."""
    turns = []
    for item in world.place.table.query("T#t", after="SESSION#", upto="SESSION#~").items:
        partition = f"T#t#{item.sk.removeprefix('SESSION#')}"
        for turn in world.place.table.query(partition, after="TURN#", upto="TURN#~").items:
            name = turn.sk.removeprefix("TURN#")
            if world.place.table.query(f"T#t#{name}", limit=1).items:
                turns.append(name)
    return turns


def _make_it(world: World, said: dict[str, Any]) -> None:
    """Make the schedule, unless whoever died had done so."""
    try:
        schedules.find(world.services, "t", said["name"])
    except NotFound:
        resource.create(world.services, "t", said)


def made(world: World) -> schedules.Schedule | None:
    """Read the schedule."""
    items = world.place.table.query("T#t", after=schedule("t", "")[1], upto=schedule("t", "~")[1]).items
    return schedules.unpack("t", items[0]) if items else None


def fired(world: World) -> list[firings.Firing]:
    """Its firings, the newest first."""
    record = made(world)
    return firings.listing(world.services, "t", record.id, limit=1000)[0] if record else []


def swept(world: World) -> None:
    """Let a sweep come, and another one where it dies."""
    world.survive(lambda: sweep(world.services))


def settled(world: World) -> None:
    """Let everything come to its end, but for the times that are still to come."""
    record = made(world)
    if record and record.state == "active":
        world.survive(lambda: resource.change(world.services, "t", record.id, {"status": "paused"}))
    world.finish("session", "schedule")


def two_at_once(world: World) -> None:
    """Let another sweep come in the middle of one, whose worker sleeps until what it does is due again."""
    world.clock.time += firings.ACT_WITHIN + 1
    sweep(world.services)


def asked_for(world: World, name: str, what: str, ask: Callable[[schedules.Schedule, Once], str]) -> None:
    """Ask something of a schedule under a key, as its routes do."""
    found = schedules.find(world.services, "t", name)
    key = Once.making("t", f"{what} of {found.id}", "key", {})
    make(world.services, key, lambda: ask(found, key), lambda id_: id_)


def run(world: World, name: str, overlap: str | None = None) -> None:
    """Fire by hand."""
    asked_for(
        world,
        name,
        "firing",
        lambda found, once: by_hand.run(world.services, found, overlap=overlap, message=None, once=once).id,
    )


def _fills(world: World) -> None:
    now = int(world.clock.now())
    end = now - now % HOUR

    def ask(found: schedules.Schedule, once: Once) -> str:
        return by_hand.backfill(world.services, found, end - 2 * HOUR, end, overlap="enqueue", once=once)

    asked_for(world, "digest", "backfill", ask)


WEEK = 7 * DAY
LIVES = {
    "a schedule fires": Fires({"started": 1}),
    "a schedule fires, and a time is passed over": Fires({"started": 1, "skipped": 1}, times=2),
    "a schedule fires after a week, and its newest time is made up for": Fires(
        {"missed": 167, "started": 2}, asleep=WEEK, catch_up="latest", catch_up_window=WEEK, overlap="allow"
    ),
    "a schedule fires after a week, and its times are missed": Fires(
        {"missed": 168, "started": 1}, asleep=WEEK, catch_up="none"
    ),
    "a schedule fires after a while, and all its times are made up for": Fires(
        {"started": 3}, asleep=2 * HOUR, catch_up="all", overlap="enqueue_all"
    ),
}
CHANGED = {"changed": True}


def _changes(world: World) -> None:
    """Change it when its time has come, beside the sweep."""
    found = schedules.find(world.services, "t", "digest")
    world.clock.time = max(world.clock.time, next(found.plan.after(found.passed)) + 1.0)
    resource.change(world.services, "t", found.id, {"metadata": CHANGED})


ASKED = {
    "a schedule is changed when it is due": (_changes, 1),
    "a schedule is run by hand": (lambda world: run(world, "digest"), 1),
    "a schedule's past is made up for": (_fills, 3),
}


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall them. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    asked = {
        f"{name}, {how}": Asked(request, count, repeated=how == "repeated").life
        for name, (request, count) in ASKED.items()
        for how in ("repeated", "once")
    }
    lives = {name: fires.life for name, fires in LIVES.items()} | asked
    found = [
        Fault(f"{name}; {what}", each(of), hands["at"](of, fault), life=life)
        for name, life in lives.items()
        for what, of, fault in (
            ("a write has no effect, unseen", "write", "lost"),
            ("a write takes effect, unseen", "write", "after effect"),
            ("somebody dies before a write", "write", "crash before"),
            ("somebody dies after a write", "write", "crash after"),
            ("somebody dies at a read", "read", "crash before"),
        )
    ]
    changed = lives["a schedule is changed when it is due, repeated"]
    found.append(
        Fault(
            "a schedule is changed when it is due; a sweep comes",
            operations,
            hands["meanwhile"](two_at_once),
            life=changed,
        )
    )
    return found + [
        Fault(f"{name}; two sweeps come at once", operations, hands["meanwhile"](two_at_once), life=fires.life)
        for name, fires in LIVES.items()
    ]
