"""Lives: what happens in a world from its message to its end, and what must hold then."""

import contextlib

from tests.faults.acts import current, user_cancels, user_deletes
from tests.faults.campaign import Life
from tests.faults.violations import remains, violations
from tests.faults.world import World
from walkaway_core import sending
from walkaway_core.errors import SessionBusy, SessionNotFound
from walkaway_core.keys import TurnKey

CANCELLED = ("message.cancelled", "message.completed")


def until_cancelled(world: World) -> TurnKey | None:
    """A message, and a cancel in front of the third invocation."""
    world.machine.before[3] = lambda: world.survive(lambda: user_cancels(world))
    return world.run()


def keyless(world: World) -> TurnKey | None:
    """A message that is sent once, without a key."""
    turn = sending.send(world.services, world.session, "go").turn.key
    world.finish()
    return turn


def raced(world: World) -> TurnKey | None:
    """A message that another one may forestall."""
    try:
        return world.run()
    except SessionBusy:
        turn = current(world)
        world.finish()
        return turn


def until_deleted(world: World) -> TurnKey | None:
    """A message, a turn, and the session's end at the user's word: whoever does a part of it may die."""
    with contextlib.suppress(SessionNotFound):
        turn = world.survive(world.send)
        world.finish()
        world.survive(lambda: user_deletes(world))
        return until_gone(world, turn)
    return until_gone(world, None)


def until_expired(world: World) -> TurnKey | None:
    """A message, a turn, five minutes in which nothing happens, and the session's end."""
    world.survive(lambda: user_deletes(world))
    world.session = world.survive(lambda: world.create(persistent=False))
    with contextlib.suppress(SessionNotFound):
        turn = world.survive(world.send)
        world.finish()
        return until_gone(world, turn)
    return until_gone(world, None)


def cancelled(world: World, turn: TurnKey, *_: str) -> list[str]:
    """What must hold after a life with a cancel in it."""
    return violations(world, turn, *CANCELLED)


def until_gone(world: World, turn: TurnKey | None) -> TurnKey | None:
    """Let the schedule come until nothing is due."""
    world.finish("nothing")
    return turn


KEYLESS, RACED, CANCELS = Life(keyless, violations), Life(raced, violations), Life(until_cancelled, cancelled)
DELETED, EXPIRED = Life(until_deleted, remains), Life(until_expired, remains)
