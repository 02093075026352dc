"""A schedule fires, and something goes wrong: each time has one firing and one turn, or a firing that says why not."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import UNKNOWN
from tests.faults.violations import Found, of_log
from tests.faults.world import World
from walkaway_core.doors.sweep import sweep
from walkaway_core.errors import NotFound
from walkaway_core.log import log
from walkaway_core.schedules import firings, resource, schedules
from walkaway_core.schedules.places import schedule
from walkaway_core.store.keys import TurnKey

HOUR, DAY = 3600, 86_400
SAID = {"name": "digest", "message": "go", "cron": "0 * * * *", "session": {"inline_tools": False}}


class Fires:
    """A life in which a schedule's times come, `times` of them after `asleep` seconds; then nothing more.

    `expected`: how many firings have each outcome in the end, by one of these. `ends`: how their turns may end.
    """

    ends: tuple[str, ...] = ("message.completed", "message.cancelled")

    def __init__(self, *expected: dict[str, int], times: int = 1, asleep: float = 0, **said: Any) -> None:
        self._expected = [Counter(each) for each in expected]
        self._times = times
        self._asleep = asleep
        self._said = {**SAID, **said}

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, self.check)

    def _run(self, world: World) -> None:
        world.survive(lambda: make_it(world, self._said))
        world.clock.time += self._asleep
        for _ in range(self._times):
            world.clock.time += HOUR - world.clock.time % HOUR + 1
            swept(world)
        settled(world)

    def check(self, world: World, *_: object) -> list[str]:
        """What must hold when all times have passed."""
        found = of_firings(world, self.ends)
        outcomes = Counter(each.outcome for each in fired(world) for _ in range(each.count))
        found.must(outcomes in self._expected, f"the firings are {outcomes}")
        return found


class Hopeless(Fires):
    """A life in which the service does not know the model: the schedule is paused behind the first turn."""

    ends = ("message.error",)

    def _run(self, world: World) -> None:
        world.survive(lambda: make_it(world, self._said))
        for _ in range(self._times):
            world.clock.time += HOUR - world.clock.time % HOUR + 1
            swept(world)
            world.finish("session", "schedule")

    def check(self, world: World, *_: object) -> list[str]:
        """What must hold when all times have passed: one pause, of which the bus was told once."""
        found = Found(super().check(world))
        record = made(world)
        reason = (record and record.reason) or {}
        found.must(record and record.state == "paused", f"it is {record}")
        found.must(reason.get("code") == "model_unknown", f"it is paused for {reason}")
        told = {detail["id"] for kind, detail in world.bus.told if kind == "schedule.paused"}
        found.must(len(told) == 1, f"the bus was told of {told}")
        return found


def of_firings(world: World, ends: tuple[str, ...] = Fires.ends) -> Found:
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
            found.must(events and events[-1].type in ends, f"{key} has {events}")
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


def make_it(world: World, said: dict[str, Any]) -> None:
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


WEEK = 7 * DAY
LIVES = {
    "a schedule fires": Fires({"started": 1}),
    "a schedule fires, and a time is passed over": Fires(
        {"started": 1, "skipped": 1},
        {"started": 2},  # the turn before has ended by the time at which it is looked at again
        times=2,
    ),
    "a schedule fires after a week, and its newest time is made up for": Fires(
        {"missed": 167, "started": 2}, asleep=WEEK, catch_up="latest", catch_up_window=WEEK, overlap="allow"
    ),
    "a schedule fires after a week, and its times are missed": Fires(
        {"missed": 168, "started": 1}, asleep=WEEK, catch_up="none"
    ),
    "a schedule fires after a while, and all its times are made up for": Fires(
        {"started": 3}, asleep=2 * HOUR, catch_up="all", overlap="enqueue_all"
    ),
    "a schedule fires, and its model is not known": Hopeless(
        {"started": 1},
        {"started": 1, "skipped": 1},  # its first time was looked at with its second
        times=3,
        message=UNKNOWN,
    ),
}


def befall(
    lives: dict[str, Life],
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What goes wrong at any write or read of these lives."""
    return [
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


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall them. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    return befall({name: fires.life for name, fires in LIVES.items()}, each, hands) + [
        Fault(f"{name}; two sweeps come at once", operations, hands["meanwhile"](two_at_once), life=fires.life)
        for name, fires in LIVES.items()
    ]
