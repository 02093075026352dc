"""A turn waits for its caller, and something goes wrong: each call is asked and answered once, and the turn goes on."""

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults import acts
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.script import ASKS, FILE
from tests.faults.violations import Found, of_bus, of_log, of_record
from tests.faults.world import MINUTE, PATIENCE, World
from walkaway_core.agent import client_tools
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import creating
from walkaway_core.engine.pause import answering, asking
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.errors import AlreadyAnswered, NotWaiting
from walkaway_core.log import log
from walkaway_core.ports.items import Change
from walkaway_core.store import turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.turns import Turn
from walkaway_wire.tools import FunctionTool

ASK = FunctionTool(name="ask", description="Asks the user", parameters={"type": "object"})
TTL = 30 * 86_400
ANSWERS = {"call_1": CallAnswer("forty"), "call_2": CallAnswer(approve=True), "call_4": CallAnswer("two")}
"""What the caller says: to a tool of its own, to one of the server's, and to its own again, a step later."""
OTHER = {"call_1": CallAnswer("something else"), "call_2": CallAnswer(approve=False), "call_4": CallAnswer("nothing")}
LATE = ("message.completed", "message.error")
CANCELLED = ("message.completed", "message.cancelled")


def session(world: World) -> None:
    """Give the world a session whose turns wait."""
    services, name = world.services, world.services.ids.new("sess_")
    stored = client_tools.store(services, "t", name, [ASK])
    options = SessionOptions(
        persistent=True,
        ttl=TTL,
        settings=AgentSettings(approve=("write_file",), inline_tools=world.in_one_go, **stored.settings),
    )
    world.session = creating.create(services, "t", options, {}, stored.keep, name=name).key


def current(world: World) -> Turn | None:
    """The turn that runs."""
    key = acts.current(world)
    return turns.load(world.services, key) if key else None


def answer(world: World, answers: dict[str, CallAnswer] = ANSWERS) -> None:
    """Answer what waits, call by call, and each twice; a refusal means that somebody else was first."""
    turn = current(world)
    for request in asking.pending(world.services, turn) if turn else ():
        given = [(request.id, answers[request.id])]
        for _ in range(2):
            with contextlib.suppress(AlreadyAnswered, NotWaiting):
                answering.take(world.services, world.session, given)


def other_answer(world: World) -> None:
    """Somebody else answers, and otherwise."""
    answer(world, OTHER)


def paused(world: World) -> TurnKey:
    """Send a message, answer whenever the turn waits, and let the schedule come when nothing moves."""
    world.survive(lambda: session(world))
    key = world.survive(lambda: world.say(ASKS)).turn.key
    goes_on(world)
    return key


def goes_on(world: World) -> None:
    """Answer whenever the turn waits, until it has ended and nothing is due."""
    for _ in range(PATIENCE):
        world.settle()
        turn = world.survive(lambda: current(world))
        if turn is None:
            world.finish()
            return
        if turn.parked:
            world.survive(lambda: answer(world))
            if (later := world.survive(lambda: current(world))) is None or not later.parked:
                continue
        coming = [at for at, kind in world._due() if kind != "session"]
        world.clock.time = max(world.clock.time + MINUTE, min(coming, default=0) + 1)
        world.survive(lambda: sweep(world.services))
    raise AssertionError(f"it never came to an end: {world.due()}")


def sound(world: World, key: TurnKey, *ends: str) -> list[str]:
    """What must hold of a turn that has waited."""
    found, services = Found(), world.services
    events = log.events(services, key, world.place.table.query(key.log).items)
    found += of_log(events) + of_record(services, key, events) + of_bus(world, world.session)
    found.must(events[-1].type in (ends or ("message.completed",)), f"it ended as {events[-1].type}: {events[-1].text}")
    found.must(not world.table.overwritten, f"events were overwritten: {world.table.overwritten}")
    asked = [event.data["call_id"] for event in events if event.type == "tool_call.requested"]
    found.must(len(asked) == len(set(asked)), f"a call was put to the caller twice: {asked}")
    done = events[-1].type == "message.completed"
    found.must(not done or asked == list(ANSWERS), f"the caller was asked {asked}")
    pauses = [detail["step"] for kind, detail in world.bus.told if kind == "turn.awaiting_tools"]
    found.must(not done or set(pauses) == {1, 2}, f"the bus was told of the pauses {pauses}")
    results = {event.data["id"]: event.data["content"] for event in events if event.type == "tool_result"}
    found.must(not done or set(results) == {*ANSWERS, "call_3"}, f"the calls with results are {list(results)}")
    for call in ("call_1", "call_4"):
        allowed = {ANSWERS[call].output, OTHER[call].output, answering.UNANSWERED, None}
        found.must(results.get(call) in allowed, f"{call} has the result {results.get(call)!r}")
    yes = any(event.type == "tool_call.approved" for event in events)
    executed = any(event.type == "tool_use.executing" and event.data["id"] == "call_2" for event in events)
    found.must(yes or not executed, "a call ran without a yes")
    found.must(not (done and yes) or executed, "a call did not run in spite of a yes")
    file = world.file(FILE)
    found.must(file == ("one" if done and yes else file if yes else ""), f"the file has {file!r}, the yes was {yes}")
    turn = turns.load(services, key)
    found.must(turn and not turn.parked, f"it is over, and waits: {turn}")
    for request in asking.find(services, world.session, list(ANSWERS)).values():
        found.must(not done or request.answer, f"{request.id} has no answer")
    return found


def days_pass(world: World) -> None:
    """Let the calls' time pass, and the schedule look at it."""
    world.clock.time += 2 * acts.DAY
    sweep(world.services)


def token_is_lost(world: World) -> None:
    """Let the turn have a token with which nothing waits."""
    turn = current(world)
    if turn and turn.pause.token:
        world.place.table.write(Change(*turn.key.item, set={"token": "somebody:else"}))


def execution_is_lost(world: World) -> None:
    """Lose the execution that waits, and tell nobody."""
    turn = current(world)
    if turn and turn.parked:
        world.machine.stop(turn.execution_name)


def successors_go_on(world: World) -> None:
    """Give the worker up, and let others bring the turn to its end."""
    world.machine.give_up()
    goes_on(world)


def answered_before_the_next_token(world: World, number: int) -> Callable[[], bool]:
    """Let a worker die after its state, and the answers be there before the state is tried again with a new token."""
    world.machine.deaths[number] = "after"
    world.machine.before[number + 1] = lambda: answer(world)
    return lambda: number in world.machine.deaths


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    arms: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall turns that wait. `arms`: at an operation, in front of one, planned for an invocation."""
    at, meanwhile, planned = arms["at"], arms["meanwhile"], arms["planned"]
    life = Life(paused, sound)

    def befalls(name: str, act: Callable[[World], object], ends: tuple[str, ...] = ("message.completed",)) -> Fault:
        return Fault(f"a pause; {name}", operations, meanwhile(act), ends, life=life)

    def planned_fault(name: str, kind: str, plan: Callable[[World], dict[int, Any]], what: str) -> Fault:
        return Fault(f"a pause; {name}", each(kind), planned(plan, what), life=life)

    return [
        Fault("a pause; a write has no effect, unseen", each("write"), at("write", "lost"), life=life),
        Fault("a pause; a write takes effect, unseen", each("write"), at("write", "after effect"), life=life),
        Fault("a pause; somebody dies before a write", each("write"), at("write", "crash before"), life=life),
        Fault("a pause; somebody dies after a write", each("write"), at("write", "crash after"), life=life),
        planned_fault("the worker dies before a state", "invocation", lambda world: world.machine.deaths, "before"),
        planned_fault("the worker dies after a state", "invocation", lambda world: world.machine.deaths, "after"),
        planned_fault("a resume has no effect, unseen", "resume", lambda world: world.machine.resumes, "before"),
        planned_fault("a resume takes effect, unseen", "resume", lambda world: world.machine.resumes, "after"),
        Fault(
            "a pause; answers come before the next token",
            each("invocation"),
            answered_before_the_next_token,
            life=life,
        ),
        befalls("the same answers come at the same time", answer),
        befalls("somebody else answers otherwise", other_answer),
        befalls("a worker sleeps; successors end it", successors_go_on),
        befalls("the time of the calls passes", days_pass, LATE),
        befalls("the user cancels", acts.user_cancels, CANCELLED),
        befalls("the token is lost", token_is_lost),
        befalls("the execution disappears, nobody is told", execution_is_lost),
    ]
