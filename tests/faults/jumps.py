"""The clock jumps back and forth between the writes of a firing: each time fires once, or a firing says why not."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.campaign import Fault, Life
from tests.faults.schedules import Fires, fired, made, of_firings
from tests.faults.world import MINUTE, World

JUMPS = (-45 * MINUTE, 195 * MINUTE, 0.0)
"""By how much the clock is wrong from a write on, then from a later one, and a later one: behind a time that has
fired, and ahead of three that have not."""


APART = 4
"""Writes from one jump to the next: a sweep begins, and has an effect, between them."""


def jumps(world: World, number: int) -> Callable[[], bool]:
    """Let the clock be set in front of a write, and twice more."""
    came: list[float] = []

    def jump() -> None:
        world.clock.set = JUMPS[len(came)]
        came.append(world.clock.set)
        if len(came) < len(JUMPS):
            world.table.at(APART, before=jump)

    world.table.at(number, before=jump)
    return lambda: not came


class Jumps(Fires):
    """As a schedule that fires, whatever its firings become."""

    def check(self, world: World, *_: object) -> list[str]:
        """What must hold when all times have passed: what has passed has its firings, one each."""
        found = of_firings(world)
        own = [each for each in fired(world) if each.by_itself]
        times = [each.scheduled for each in own]
        found.must(len(set(times)) == len(times), f"a time has fired twice: {times}")
        if record := made(world):
            passed, _newest = record.plan.passed(int(record.created_at), record.passed)
            told = sum(each.count for each in own)
            found.must(told == passed, f"{passed} times have passed, and firings tell of {told}")
        return found


LONG: dict[str, Any] = {"inline_tools": False, "turn_timeout": 604_800}
LIVES: dict[str, Life] = {
    "a schedule fires": Jumps({}, times=4, session=LONG).life,
    "a schedule fires, and a time waits": Jumps({}, times=2, overlap="enqueue", session=LONG).life,
}


def early(counts: Counter[str]) -> Sequence[int]:
    """The writes of firings: later on the turns go to their end."""
    return range(1, counts["write"] // 2 + 1)


def faults() -> list[Fault]:
    """What may befall them."""
    return [
        Fault(f"{name}; the clock jumps back and forth between writes", early, jumps, life=life)
        for name, life in LIVES.items()
    ]
