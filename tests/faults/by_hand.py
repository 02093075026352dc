"""Somebody asks something of a schedule, and something goes wrong: it is done once, or not at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.campaign import Arm, Fault, Life
from tests.faults.creates import asks_once
from tests.faults.schedules import HOUR, SAID, befall, fired, made, make_it, of_firings, settled, swept, two_at_once
from tests.faults.world import MINUTE, World
from walkaway_core.schedules import by_hand, resource, schedules
from walkaway_core.store.idempotency import Once, make


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
        world.survive(lambda: make_it(world, SAID))
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


CHANGED = {"changed": True}


def _changes(world: World) -> None:
    """Change it a moment before its time, which may come meanwhile, with a sweep."""
    found = schedules.find(world.services, "t", "digest")
    world.clock.time = max(world.clock.time, next(found.plan.after(found.passed)) - 1.0)
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
    """What may befall them. `hands`: as those of schedules."""
    lives = {
        f"{name}, {how}": Asked(request, count, repeated=how == "repeated").life
        for name, (request, count) in ASKED.items()
        for how in ("repeated", "once")
    }
    changed = lives["a schedule is changed when it is due, repeated"]
    sweeps = hands["meanwhile"](two_at_once)
    return [
        *befall(lives, each, hands),
        Fault("a schedule is changed when it is due; a sweep comes", operations, sweeps, life=changed),
    ]
