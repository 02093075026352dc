"""A turn waits for a service that is busy, and something goes wrong: it goes on behind each wait, and not before."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults import acts
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import BUSY, STEERING, WAITS
from tests.faults.violations import Found, violations
from tests.faults.world import World
from walkaway_core.doors.sweep import sweep
from walkaway_core.log import log
from walkaway_core.store.keys import TurnKey

CANCELLED = ("message.cancelled", "message.completed")
_orders = (f"{BUSY}{number}" for number in itertools.count())


def waited(world: World) -> TurnKey:
    """Send a message whose steps find the service busy, and let its turn run to its end."""
    order = next(_orders)
    key = world.survive(lambda: world.say(order)).turn.key
    world.finish()
    return key


def patient(world: World, key: TurnKey, *ends: str) -> list[str]:
    """What must hold where no worker has died: each wait was told, and nobody came back before it was over."""
    found = Found(violations(world, key, *ends))
    events = log.events(world.services, key, world.place.table.query(key.log).items)
    told = [event.data["wait"] for event in events if event.type == "step.retrying"]
    found.must(events[-1].type != "message.completed" or len(told) == len(WAITS), f"it was to wait {told}")
    until = 0.0
    for event in events:
        if event.type == "step.retrying":
            until = event.at + event.data["wait"]
        elif event.type == "step.started":
            early = until - event.at
            found.must(early <= 0, f"attempt {event.data['attempt']} began {early:g} seconds before its time")
    return found


def during(act: Callable[[World], object]) -> Arm:
    """Let something happen in a Wait state."""

    def arm(world: World, number: int) -> Callable[[], bool]:
        world.machine.during[number] = lambda: act(world)
        return lambda: number in world.machine.during

    return arm


def schedule_comes(world: World) -> None:
    """Let the schedule look at what is due, and whatever it sets off happen at once."""
    sweep(world.services)
    world.settle()


def execution_is_lost(world: World) -> None:
    """Lose the execution that waits, and tell nobody."""
    for name in world.machine.names:
        world.machine.stop(name)


def message_steers(world: World) -> None:
    """Tell the turn something."""
    world.say(STEERING + "faster", "steer")


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    arms: dict[str, Callable[..., Arm]],
    twice: Arm,
) -> list[Fault]:
    """What may befall turns that wait for the service. `arms`: at an operation, in front of one, for an invocation."""
    at, meanwhile, planned = arms["at"], arms["meanwhile"], arms["planned"]
    life, strict = Life(waited, violations), Life(waited, patient)

    def dies(when: str) -> Arm:
        return planned(lambda world: world.machine.deaths, when)

    return [
        Fault("a busy service; a write has no effect, unseen", each("write"), at("write", "lost"), life=strict),
        Fault("a busy service; a write takes effect, unseen", each("write"), at("write", "after effect"), life=strict),
        Fault("a busy service; somebody dies before a write", each("write"), at("write", "crash before"), life=life),
        Fault("a busy service; somebody dies after a write", each("write"), at("write", "crash after"), life=life),
        Fault("a busy service; the worker dies before a state", each("invocation"), dies("before"), life=strict),
        Fault("a busy service; the worker dies after a state", each("invocation"), dies("after"), life=life),
        Fault("a busy service; all invocations come twice", lambda _: [0], twice, life=life),
        Fault("a busy service; the schedule comes in a wait", each("wait"), during(schedule_comes), life=strict),
        Fault("a busy service; the execution is lost in a wait", each("wait"), during(execution_is_lost), life=strict),
        Fault(
            "a busy service; the user cancels in a wait",
            each("wait"),
            during(acts.user_cancels),
            CANCELLED,
            life=strict,
        ),
        Fault("a busy service; a message steers in a wait", each("wait"), during(message_steers), life=strict),
        Fault(
            "a busy service; the sweep takes a sleeper for dead",
            operations,
            meanwhile(acts.sweep_starts_the_next_execution),
            life=life,
        ),
    ]
