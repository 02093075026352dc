"""The service refuses a step, for thinking or for what was said, and something goes wrong: it is done otherwise."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import DOUBTED, UNREADABLE
from tests.faults.violations import Found, violations
from tests.faults.world import World
from walkaway_core.log import log
from walkaway_core.store.keys import TurnKey

FAILED = ("message.error",)
_numbers = itertools.count()


def doubted(world: World) -> TurnKey:
    """Send a message at two of whose steps the service refuses the thinking that goes back."""
    return _over(world, f"{DOUBTED}{next(_numbers)}")


def unreadable(world: World) -> TurnKey:
    """Send a message that the service does not take."""
    return _over(world, f"{UNREADABLE}{next(_numbers)}")


def _over(world: World, order: str) -> TurnKey:
    key = world.survive(lambda: world.say(order)).turn.key
    world.finish()
    return key


def never_again(world: World, key: TurnKey, *ends: str) -> list[str]:
    """What must hold when what was said has been refused: the turn has failed, and the next one works."""
    found = Found(violations(world, key, *(ends or FAILED)))
    events = log.events(world.services, key, world.place.table.query(key.log).items)
    if events[-1].type == "message.error":
        found.must(events[-1].data["code"] == "model_refused", f"it failed with {events[-1].text}")
    after = world.survive(lambda: world.say("go")).turn.key
    world.finish()
    last = log.events(world.services, after, world.place.table.query(after.log).items)[-1]
    found.must(last.type == "message.completed", f"the next turn ended as {last.type}: {last.text}")
    return found


def faults(each: Callable[[str], Callable[[Counter[str]], Sequence[int]]], at: Callable[..., Arm]) -> list[Fault]:
    """What may befall such turns. `at`: lets an operation go wrong."""
    lives = (
        ("thinking that is refused", Life(doubted, violations), ("message.completed",)),
        ("a message that is refused", Life(unreadable, never_again), FAILED),
    )
    return [
        Fault(f"{name}; {what}", each("write"), at("write", fault), ends, life=life)
        for name, life, ends in lives
        for what, fault in (
            ("a write has no effect, unseen", "lost"),
            ("a write takes effect, unseen", "after effect"),
            ("somebody dies before a write", "crash before"),
            ("somebody dies after a write", "crash after"),
        )
    ]
