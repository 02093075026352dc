"""Lives: what happens in a world from its message to its end, and what must hold then."""

import contextlib
from collections.abc import Callable

from tests.faults.acts import current, user_cancels, user_deletes
from tests.faults.campaign import Life
from tests.faults.script import STEERING
from tests.faults.violations import every_message, remains, violations
from tests.faults.world import World
from walkaway_core.engine import sending
from walkaway_core.engine.ending import cancel
from walkaway_core.engine.sending import OnBusy, Sent
from walkaway_core.errors import SessionBusy, SessionNotFound
from walkaway_core.store import turns
from walkaway_core.store.keys import TurnKey

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


class Busy:
    """A message, and one that comes while its turn runs: in front of an invocation, or when a fault brings it."""

    def __init__(self, on_busy: OnBusy, before: int = 0, *ends: str) -> None:
        self.on_busy = on_busy
        self.before = before
        self.ends = ends or ("message.completed",)
        self.said: dict[str, Sent] = {}

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self.run, self.check)

    def comes(self, world: World) -> None:
        """Send the other message."""
        message = STEERING + "faster" if self.on_busy == "steer" else "then other.txt"
        self.said[message] = world.say(message, self.on_busy)

    def comes_slowly(self, world: World, number: int) -> Callable[[], bool]:
        """Let whoever sends it sleep between looking at turn and log, in front of an invocation, which takes place."""

        def slowly() -> None:
            function, payload = world.machine.invoked[-1]
            world.table.at(4, before=lambda: world.machine.door(function, payload), kind="read")
            self.comes(world)

        world.machine.before[number] = slowly
        return lambda: number in world.machine.before

    def goes(self, world: World) -> None:
        """Cancel the other message's turn, if there is one yet; if that is said to have been done, it must be so."""
        for message, sent in self.said.items():
            if message != "go" and cancel(world.services, sent.turn.key):
                ended = turns.load(world.services, sent.turn.key)
                if ended is None or ended.status != "cancelled":
                    world.wrong.append(f"a cancel was confirmed, and the turn is {ended}")

    def run(self, world: World) -> TurnKey:
        self.said = {}
        if self.before:
            world.machine.before[self.before] = lambda: world.survive(lambda: self.comes(world))
        self.said["go"] = world.survive(lambda: world.say("go", "enqueue"))
        world.finish()
        return self.said["go"].turn.key

    def check(self, world: World, *_: object) -> list[str]:
        return every_message(world, self.said, *self.ends)


def cancelled(world: World, turn: TurnKey, *_: str) -> list[str]:
    """What must hold after a life with a cancel in it."""
    return violations(world, turn, *CANCELLED)


def until_gone(world: World, turn: TurnKey | None) -> TurnKey | None:
    """Let the schedule come until nothing is due."""
    world.finish("nothing")
    return turn


KEYLESS, RACED, CANCELS = Life(keyless, violations), Life(raced, violations), Life(until_cancelled, cancelled)
WAITS, STEERS, INTERRUPTS = Busy("enqueue"), Busy("steer"), Busy("interrupt", 0, *CANCELLED)
DROPPED = Busy("enqueue", 3, *CANCELLED)
WAITED, STEERED, INTERRUPTED = Busy("enqueue", 3), Busy("steer", 3), Busy("interrupt", 3, *CANCELLED)
DELETED, EXPIRED = Life(until_deleted, remains), Life(until_expired, remains)
