"""A turn ends with calls, and another one brings what came of them: nothing waits, and no call runs or counts twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults import acts, pauses
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import ASKS, FILE
from tests.faults.violations import Found, of_bus, of_log, of_record
from tests.faults.world import World
from walkaway_core.engine import open_calls, sending
from walkaway_core.engine.open_calls import Answer, Approval, OpenCall
from walkaway_core.log import log
from walkaway_core.store import sessions, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END, TurnKey
from walkaway_core.store.turns import Turn
from walkaway_wire.events import Event

CANCELLED = ("message.completed", "message.cancelled")
OUTPUTS = {"call_1": "forty", "call_4": "two"}
TURNS = 3
"""One that asks, one that brings an output and a yes and asks again, one that brings the rest."""


def brings(open_: Sequence[OpenCall]) -> list[Answer | Approval]:
    """Give what a caller has for calls that are open."""
    return [
        Answer(call.id, OUTPUTS[call.id]) if call.needs == "output" else Approval(call.id, approve=True)
        for call in open_
    ]


def say(world: World, number: int, answers: Sequence[Answer | Approval] = (), *, key: bool = True) -> TurnKey:
    """Send the message of the turn with this number, counted from 1."""
    message = "" if answers else ASKS
    once = Once.of(world.session, f"turn {number}", {"message": message}) if key else None
    return sending.send(world.services, world.session, message, once, ends_with_calls=True, answers=answers).turn.key


def left(world: World) -> TurnKey:
    """Send a message; nobody comes back for what it asks."""
    world.survive(lambda: pauses.session(world))
    key = world.survive(lambda: say(world, 1))
    world.finish()
    return key


def left_open(world: World) -> list[OpenCall]:
    """Read what the last turn has ended with."""
    return open_calls.behind(world.services, sessions.get(world.services, world.session))


def gone_on_with(world: World) -> TurnKey:
    """Send a message, then what came of the calls of each turn, as a client that repeats what it has no answer to."""
    key = left(world)
    for number in range(2, TURNS + 1):
        answers = brings(world.survive(lambda: left_open(world)))
        if not answers:
            break
        key = world.survive(lambda number=number, answers=answers: say(world, number, answers))  # type: ignore[misc]
        world.finish()
    return key


def comes_at_once(world: World) -> None:
    """Let the same request come from somebody else, before or after the one that is under way."""
    session = sessions.get(world.services, world.session)
    if not session.options.settings.tools:
        return  # it is the world's own, in which nothing is sent
    for number in range(1, TURNS + 1):
        began = Once.of(world.session, f"turn {number}", {"message": ASKS if number == 1 else ""})
        if not began.earlier(world.services):
            if not session.busy and (number == 1 or left_open(world)):
                say(world, number, brings(left_open(world)) if number > 1 else ())
            return


def successors_end_it(world: World) -> None:
    """Give the worker up, and let others bring the turn to its end."""
    world.machine.give_up()
    world.finish()


def told(world: World) -> list[tuple[Turn, list[Event]]]:
    """Read all turns of the session, with their logs."""
    items = world.place.table.query(world.session.partition, after="TURN#", upto=f"TURN#{END}").items
    keys = [world.session.turn(item.sk.removeprefix("TURN#")) for item in items]
    found = [(turns.load(world.services, key), log.events(world.services, key, _log(world, key))) for key in keys]
    return [(turn, events) for turn, events in found if turn]


def _log(world: World, key: TurnKey) -> Any:
    return world.place.table.query(key.log).items


def sound(world: World, _: object, *ends: str, count: int = TURNS) -> list[str]:
    """What must hold of these turns in the end."""
    found, there = Found(), told(world)
    ends = ends or ("message.completed",)
    for turn, events in there:
        found += of_log(events) + of_record(world.services, turn.key, events)
        found.must(events[-1].type in ends, f"it ended as {events[-1].type}: {events[-1].text}")
        found.must(not turn.pause.step, f"it has waited: {turn.pause}")
    found += of_bus(world, world.session)
    found.must(set(world.due()) == {"session"}, f"due items are left: {world.due()}")
    found.must(not world.table.overwritten, f"events were overwritten: {world.table.overwritten}")
    found.must("turn.awaiting_tools" not in {kind for kind, _ in world.bus.told}, "the bus was told of a pause")
    all_of = [event for _, events in there for event in events]
    found.must(not any(event.type == "tool_call.requested" for event in all_of), "the caller was asked to answer")
    results = {event.data["id"]: event.data["content"] for event in all_of if event.type == "tool_result"}
    found.must(set(results) <= {"call_2", "call_3"}, f"results are in the logs: {results}")
    ran = [(turn.key.turn, event.data["id"]) for turn, events in there for event in events if event.type == EXECUTING]
    yes = [turn.key.turn for turn, _ in there if turn.approved]
    found.must({turn for turn, call in ran if call == "call_2"} <= set(yes), f"a call ran without a yes: {ran}")
    file = world.file(FILE)
    wrote = results.get("call_2", "").startswith("Wrote")
    found.must(file == "one" if wrote else file in ("", "one"), f"the file has {file!r}, the results are {results}")
    if all(turn.status == "completed" for turn, _ in there):
        found.must(len(there) == count, f"there are {len(there)} turns")
        found.must(set(results) == ({"call_3"} if count == 1 else {"call_2", "call_3"}), f"the results are {results}")
    return found


EXECUTING = "tool_use.executing"


def sound_alone(world: World, key: object, *ends: str) -> list[str]:
    """What must hold of one of which nobody has taken the calls."""
    found = Found(sound(world, key, *ends, count=1))
    if told(world)[0][0].status == "completed":
        ids = [call.id for call in left_open(world)]
        found.must(ids == ["call_1", "call_2"], f"the calls {ids} are open")
    return found


LEFT, GONE_ON_WITH = Life(left, sound_alone), Life(gone_on_with, sound)


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    arms: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall them. `arms`: as those of pauses."""
    at, meanwhile, planned = arms["at"], arms["meanwhile"], arms["planned"]
    deaths: Callable[[World], dict[int, Any]] = lambda world: world.machine.deaths  # noqa: E731

    def of(name: str, life: Life) -> list[Fault]:
        return [
            Fault(f"{name}; a write has no effect, unseen", each("write"), at("write", "lost"), life=life),
            Fault(f"{name}; a write takes effect, unseen", each("write"), at("write", "after effect"), life=life),
            Fault(f"{name}; somebody dies before a write", each("write"), at("write", "crash before"), life=life),
            Fault(f"{name}; somebody dies after a write", each("write"), at("write", "crash after"), life=life),
            Fault(f"{name}; the worker dies after a state", each("invocation"), planned(deaths, "after"), life=life),
            Fault(f"{name}; a worker sleeps; successors end it", operations, meanwhile(successors_end_it), life=life),
            Fault(f"{name}; the user cancels", operations, meanwhile(acts.user_cancels), CANCELLED, life=life),
        ]

    after, brought = "calls end a turn", "calls end a turn, the next one has what came"
    more: list[tuple[str, Callable[[World], object]]] = [
        ("an invocation comes twice at once", acts.invocation_comes_twice_at_once),
        ("the sweep takes a sleeper for dead", acts.sweep_starts_the_next_execution),
        ("the same request comes at once", comes_at_once),
    ]
    return [
        *of(f"{after}, nobody comes back", LEFT),
        *of(brought, GONE_ON_WITH),
        *(Fault(f"{brought}; {name}", operations, meanwhile(act), life=GONE_ON_WITH) for name, act in more),
        Fault(f"{brought}; a worker dies before a file", each("file"), at("file", "crash before"), life=GONE_ON_WITH),
        Fault(f"{brought}; a worker dies after a file", each("file"), at("file", "crash after"), life=GONE_ON_WITH),
    ]
