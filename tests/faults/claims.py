"""A worker claims a call, and dies: the turn waits on, and whoever comes then has the call when the lease is over."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from tests.faults import pauses
from tests.faults.campaign import Fault, Life
from tests.faults.left import dies, minute, once, sound, standing
from tests.faults.script import ASKS
from tests.faults.world import World
from walkaway_core.engine.pause import claiming
from walkaway_core.errors import AlreadyClaimed

CALL, LEASE = "call_1", 30.0


def claims(worker: str, world: World) -> None:
    """Claim the call for a worker."""
    claiming.claim(world.services, world.session, CALL, worker, LEASE)


def gets(worker: str, world: World) -> None:
    """See that a worker is given the call."""
    try:
        claims(worker, world)
    except AlreadyClaimed as error:
        world.wrong.append(f"{worker} is not given the call: {error}")


def claimed(*, repeated: bool) -> Life:
    """A turn that asks its caller, whose worker claims a call, and is not heard of again, or claims it once more."""

    def run(world: World) -> None:
        world.survive(lambda: pauses.session(world))
        world.survive(lambda: world.say(ASKS))
        world.settle()
        once(world, partial(claims, "one"))
        if repeated:
            gets("one", world)
            try:
                claims("two", world)
            except AlreadyClaimed:
                pass
            else:
                world.wrong.append("two workers have one call")
        minute(world)
        world.wrong += standing(world)
        gets("two", world)
        pauses.goes_on(world)
        world.finish()

    return Life(run, sound)


LIVES = {
    "a claim that nobody repeats": claimed(repeated=False),
    "a claim that its worker repeats": claimed(repeated=True),
}


def faults(each: Callable[[str], Callable[[Counter[str]], Sequence[int]]]) -> list[Fault]:
    """What may befall a claim."""
    return [
        Fault(f"{name}; its server dies {when} a write", each("asked"), dies(f"crash {when}"), life=life)
        for name, life in LIVES.items()
        for when in ("before", "after")
    ]
