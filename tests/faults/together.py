"""A client says several things at once, and something goes wrong: all of a request is kept, or none, and that once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults import left, pauses
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import ASKS, STEERING
from tests.faults.violations import Found
from tests.faults.world import MINUTE, World
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import telling
from walkaway_core.engine.pause import asking
from walkaway_core.engine.stopping import Told
from walkaway_core.engine.telling import Several
from walkaway_core.log import log, transcript
from walkaway_core.log.said import Said
from walkaway_core.store import sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

FIRST, SECOND = STEERING + "quickly", STEERING + "in French"
"""What is said with the order, and with the answers to the first calls."""


@dataclass(frozen=True)
class Kept:
    """A record of a request under its key."""

    services: Services
    once: Once

    def known(self) -> bool:
        return self.once.made(self.services) is not None

    def keep(self, tx: Transaction, services: Services, told: Told) -> None:
        self.once.keep_made(tx, services, f"{told.turn.turn}:{told.at}")


def says(*texts: str) -> list[Said]:
    return [Said([{"type": "text", "text": each}]) for each in texts]


def tell(world: World, name: str, what: Several) -> None:
    """Say it as a client that repeats what it has no answer to."""
    once = Once.making("t", "events", name, {"name": name})
    telling.tell(world.services, world.session, what, Kept(world.services, once))


def answers(world: World) -> None:
    """Answer all that waits, in one request; with the first answers something is said."""
    turn = pauses.current(world)
    waiting = asking.pending(world.services, turn) if turn else []
    if turn and waiting:
        given = [(request.id, pauses.ANSWERS[request.id]) for request in waiting]
        said = says(SECOND) if turn.pause.step == 1 else ()
        tell(world, f"step {turn.pause.step}", Several(said, given))


def talks(world: World) -> TurnKey:
    """Send an order and something with it, and answer whenever the turn waits."""
    world.survive(lambda: pauses.session(world))
    world.survive(lambda: tell(world, "order", Several(says(ASKS, FIRST))))
    key = world.session.turn(sessions.get(world.services, world.session).last_turn)
    goes_on(world)
    return key


def goes_on(world: World, answer: Callable[[World], object] = answers) -> None:
    """Answer whenever the turn waits, until it has ended and nothing is due."""
    for _ in range(100):
        world.settle()
        turn = world.survive(lambda: pauses.current(world))
        if turn is None:
            world.finish()
            return
        if turn.parked:
            world.survive(lambda: answer(world))
        coming = [at for at, kind in world._due() if kind != "session"]
        world.clock.time = max(world.clock.time + MINUTE, min(coming, default=0) + 1)
        world.survive(lambda: sweep(world.services))
    raise AssertionError(f"it never came to an end: {world.due()}")


def sound(world: World, key: TurnKey, *ends: str) -> list[str]:
    """What must hold of a turn that was told several things at once."""
    found, services = Found(pauses.sound(world, key, *ends)), world.services
    table = world.place.table
    turns = table.query(key.owner.partition, after="TURN#", upto="TURN#~").items
    found.must(len(turns) == 1, f"there are {len(turns)} turns")
    items = table.query(key.log).items
    events = log.events(services, key, items)
    told = [event.data["message"] for event in events if event.type == "turn.steered"]
    found.must(told == [FIRST, SECOND], f"the turn was told {told}")
    entries = [
        transcript.unpack(services, "t", item)
        for item in table.query(key.owner.partition, after="ENTRY#", upto="ENTRY#~").items
    ]
    said = [transcript.text(entry.body["content"]) for entry in entries if entry.body.get("role") == "user"]
    found.must(said == [ASKS, FIRST, SECOND], f"the conversation has {said}")
    together = [[event.type for event in log.events(services, key, [item])] for item in items]
    found.must(["tool_result", "tool_call.approved", "turn.steered"] in together, "the answers came one by one")
    return found


def stop(world: World) -> None:
    """End what runs, and say something instead, under a key."""
    tell(world, "stop", Several(says("then other.txt"), stops=True))


def stopped(world: World) -> TurnKey:
    """Send an order, and end its turn with another one in its place, in front of the third invocation."""
    world.machine.before[3] = lambda: world.survive(lambda: stop(world))
    world.survive(lambda: tell(world, "order", Several(says("go"))))
    key = world.session.turn(sessions.get(world.services, world.session).last_turn)
    world.finish()
    return key


def stopped_once(world: World, key: TurnKey, *ends: str) -> list[str]:
    """What must hold where a turn was ended, and another came in its place."""
    found = Found(left.sound(world, None, *ends))
    items = world.place.table.query(key.owner.partition, after="TURN#", upto="TURN#~").items
    outcomes = [item.text("status") for item in items]
    found.must(outcomes == ["cancelled", "completed"], f"the turns are {outcomes}")
    return found


def several(world: World) -> None:
    telling.tell(world.services, world.session, Several(says("go", FIRST)))


def stops(*texts: str) -> Callable[[World], object]:
    return lambda world: telling.tell(world.services, world.session, Several(says(*texts), stops=True))


def asked_to_stop(world: World) -> None:
    """End a turn that waits for its caller, and say something instead."""
    telling.tell(world.services, world.session, Several(says("then other.txt"), stops=True))


def waiting(world: World) -> None:
    """Let a turn wait for its caller."""
    if sessions.get(world.services, world.session).options.settings.tools:
        return
    pauses.session(world)
    world.say(ASKS)
    world.settle()


NOBODY_REPEATS: dict[str, Life] = {
    "several messages": left.Left(several).life,
    "an end of what runs": left.Left(stops(), while_busy=True).life,
    "an end of what runs, and a message": left.Left(stops("then other.txt"), while_busy=True).life,
    "an end of what waits, and a message": left.Left(asked_to_stop, waiting).life,
    "an end of nothing": left.Left(stops()).life,
}


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall requests that say several things."""
    at, meanwhile = hands["at"], hands["meanwhile"]
    lives = {"things said together": Life(talks, sound), "an end and what is said with it": Life(stopped, stopped_once)}
    kinds = {
        "a write has no effect, unseen": "lost",
        "a write takes effect, unseen": "after effect",
        "somebody dies before a write": "crash before",
        "somebody dies after a write": "crash after",
    }
    return [
        *(
            Fault(f"{name}; {what}", each("write"), at("write", how), life=life)
            for name, life in lives.items()
            for what, how in kinds.items()
        ),
        Fault(
            "things said together; the same answers come at the same time",
            operations,
            meanwhile(answers),
            life=lives["things said together"],
        ),
        *left.faults(each, NOBODY_REPEATS),
    ]
