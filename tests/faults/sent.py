"""Events that a client of Managed Agents sends, and something goes wrong: each request is taken whole, and once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults import left, pauses, together
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import ASKS
from tests.faults.together import FIRST, SECOND
from tests.faults.world import World
from walkaway_core.dialects.managed import primary, sending, sent_calls, session_record
from walkaway_core.engine.pause import asking
from walkaway_core.store import sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import TurnKey

Object = dict[str, Any]
INTERRUPT: Object = {"type": "user.interrupt"}


def text(words: str) -> list[Object]:
    return [{"type": "text", "text": words}]


def says(*texts: str) -> list[Object]:
    return [{"type": "user.message", "content": text(each)} for each in texts]


def send(world: World, events: Sequence[Object], name: str = "") -> list[str]:
    """Send events, under a key if one is named; give the ids of what was taken."""
    managed = session_record.get(world.services, world.session)
    once = Once.making("t", f"events of {world.session.session}", name, {"events": name}) if name else None
    return [event["id"] for event in sending.send(world.services, managed, events, once)]


def answers(world: World) -> list[Object]:
    """Say what is answered to all that waits: a yes, or what came of it; with the first answers, a message."""
    turn = pauses.current(world)
    found: list[Object] = []
    for request in asking.pending(world.services, turn) if turn else ():
        (event,) = sent_calls.shown(world.services, request.turn, [request.id])
        if request.needs == "approval":
            found.append({"type": "user.tool_confirmation", "tool_use_id": event, "result": "allow"})
        else:
            content = text(pauses.ANSWERS[request.id].output)
            found.append({"type": "user.custom_tool_result", "custom_tool_use_id": event, "content": content})
    return found + says(SECOND) if found and turn and turn.pause.step == 1 else found


@dataclass
class Talk:
    """A life in which a client sends events until each request has an answer, and the same again behind that."""

    told: dict[str, list[str]] = field(default_factory=dict)

    def send(self, world: World, name: str, events: Sequence[Object]) -> None:
        """Send them as often as it takes, and once more: all answers name the same events."""
        if not events:
            return
        self.told[name] = world.survive(lambda: send(world, events, name))
        again = world.survive(lambda: send(world, events, name))
        if again != self.told[name]:
            world.wrong.append(f"{name} was taken as {self.told[name]}, and then as {again}")

    def answers(self, world: World) -> None:
        """Answer what waits."""
        turn = pauses.current(world)
        if turn:
            self.send(world, f"step {turn.pause.step}", answers(world))

    def talks(self, world: World) -> TurnKey:
        """Send an order and something with it, and answer whenever the turn waits."""
        self.told = {}
        world.survive(lambda: pauses.session(world))
        self.send(world, "order", says(ASKS, FIRST))
        key = world.session.turn(world.survive(lambda: sessions.get(world.services, world.session)).last_turn)
        together.goes_on(world, self.answers)
        return key

    def stopped(self, world: World) -> TurnKey:
        """Send an order, and an interrupt with another one behind it in front of the third invocation."""
        self.told = {}
        world.machine.before[3] = lambda: self.send(world, "stop", [INTERRUPT, *says("then other.txt")])
        self.send(world, "order", says("go"))
        key = world.session.turn(world.survive(lambda: sessions.get(world.services, world.session)).last_turn)
        world.finish()
        return key

    def sound(self, world: World, key: TurnKey, *ends: str) -> list[str]:
        """What must hold of the turn, and of what its client was told."""
        return [*together.sound(world, key, *ends), *self._listed(world)]

    def stopped_once(self, world: World, key: TurnKey, *ends: str) -> list[str]:
        """What must hold of both turns, and of what their client was told."""
        return [*together.stopped_once(world, key, *ends), *self._listed(world)]

    def _listed(self, world: World) -> list[str]:
        """Say what of all that was taken is not in the session's list once, in this order."""
        managed = session_record.get(world.services, world.session)
        shown = [str(told.fields["id"]) for told in primary.of(world.services, managed).forwards()]
        taken = [id_ for ids in self.told.values() for id_ in ids]
        mine = [id_ for id_ in shown if id_ in taken]
        return [] if sorted(mine) == sorted(taken) else [f"{taken} were taken, and of these {mine} are listed"]


def _sends(*events: Object) -> left.Act:
    return lambda world: send(world, events)


NOBODY_REPEATS: dict[str, Life] = {
    "messages": left.Left(_sends(*says("go", FIRST))).life,
    "messages to a turn that runs": left.Left(_sends(*says(FIRST, SECOND)), while_busy=True).life,
    "a yes, a result and a message": left.Left(lambda world: send(world, answers(world)), together.waiting).life,
    "an interrupt and a message": left.Left(_sends(INTERRUPT, *says("then other.txt")), while_busy=True).life,
}


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall requests with events."""
    at, meanwhile = hands["at"], hands["meanwhile"]
    talk, stop = Talk(), Talk()
    lives = {
        "events": Life(talk.talks, talk.sound),
        "an interrupt and a message": Life(stop.stopped, stop.stopped_once),
    }
    kinds = {
        "a write has no effect, unseen": ("write", "lost"),
        "a write takes effect, unseen": ("write", "after effect"),
        "somebody dies before a write": ("write", "crash before"),
        "somebody dies after a write": ("write", "crash after"),
        "somebody dies at a read": ("read", "crash before"),
    }
    return [
        *(
            Fault(f"{name} of Managed Agents; {what}", each(of), at(of, how), life=life)
            for name, life in lives.items()
            for what, (of, how) in kinds.items()
        ),
        Fault(
            "events of Managed Agents; the same answers come at once",
            operations,
            meanwhile(talk.answers),
            life=lives["events"],
        ),
        *left.faults(each, NOBODY_REPEATS),
    ]
