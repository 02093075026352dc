"""Every fault that is tried at the points of a turn."""

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.campaign import Arm, Fault, Life
from tests.faults.table import Kind
from tests.faults.violations import remains, violations
from tests.faults.world import MINUTE, World
from walkaway_core import deleting, due, sessions, turns
from walkaway_core.ending import cancel
from walkaway_core.errors import SessionBusy, SessionNotFound
from walkaway_core.items import Item
from walkaway_core.keys import TurnKey
from walkaway_core.sweep import execution_failed, sweep
from walkaway_wire import jsontext


def until_cancelled(world: World) -> TurnKey | None:
    """A message, and a cancel in front of the third invocation."""
    world.machine.before[3] = lambda: world.survive(lambda: user_cancels(world))
    return world.run()


def keyless(world: World) -> TurnKey | None:
    """A message that is sent once, without a key."""
    turn = turns.start(world.services, world.session, "go").turn.key
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
Points = Callable[[Counter[str]], Sequence[Any]]
HOUR, DAY = 3600.0, 86_400.0
CANCELLED = ("message.cancelled", "message.completed")
FAILED = ("message.error", "message.completed")


def each(kind: str) -> Points:
    """All operations of a kind, from 1."""
    return lambda counts: range(1, counts[kind] + 1)


def operations(counts: Counter[str]) -> list[tuple[Kind, int]]:
    """All writes, reads and file operations."""
    kinds: tuple[Kind, ...] = ("file", "write", "read")
    return [(kind, number) for kind in kinds for number in range(1, counts[kind] + 1)]


def changes(counts: Counter[str]) -> list[tuple[Kind, int]]:
    """All writes and file operations."""
    return [point for point in operations(counts) if point[0] != "read"]


def pairs(counts: Counter[str]) -> list[tuple[int, int]]:
    """All pairs of invocations, the earlier one first."""
    last = counts["invocation"]
    return [(earlier, later) for later in range(2, last + 1) for earlier in range(1, later)]


def at(kind: Kind, fault: str) -> Arm:
    """Let an operation go wrong."""

    def arm(world: World, number: int) -> Callable[[], bool]:
        world.table.at(number, fault, kind=kind)
        return lambda: world.table.armed

    return arm


def meanwhile(act: Callable[[World], object]) -> Arm:
    """Let something else happen in front of an operation, whose worker goes on afterwards."""

    def arm(world: World, point: tuple[Kind, int]) -> Callable[[], bool]:
        kind, number = point
        world.table.at(number, before=lambda: act(world), kind=kind)
        return lambda: world.table.armed

    return arm


def disappears(fault: str) -> Arm:
    """Lose an execution at an operation of its worker's."""

    def arm(world: World, point: tuple[Kind, int]) -> Callable[[], bool]:
        kind, number = point
        world.table.at(number, fault, world.machine.forget, kind)
        return lambda: world.table.armed

    return arm


def planned(plan: Callable[[World], dict[int, Any]], what: Any) -> Arm:
    """Write down for an invocation, a start or a call of the bus what goes wrong with it."""

    def arm(world: World, number: int) -> Callable[[], bool]:
        plan(world)[number] = what
        return lambda: number in plan(world)

    return arm


def twice(world: World, number: int) -> Callable[[], bool]:
    """Deliver an invocation twice, or all of them."""
    world.machine.twice = lambda invocation: number in (0, invocation)
    return lambda: len(world.machine.invoked) < number


def again(world: World, pair: tuple[int, int]) -> Callable[[], bool]:
    """Deliver an earlier invocation again in front of a later one."""
    world.machine.again[pair[1]] = pair[0]
    return lambda: bool(world.machine.again)


def successor_goes_one_state_on(world: World) -> None:
    """Give the worker up, and let another carry out the state."""
    world.machine.give_up()
    done = len(world.machine.invoked)
    while len(world.machine.invoked) == done and world.move():
        pass
    world.send()


def successor_goes_to_the_end(world: World) -> None:
    """Give the worker up, and let others bring the turn to its end."""
    world.machine.give_up()
    world.send()
    world.finish()


def current(world: World) -> TurnKey | None:
    """The turn that runs."""
    name = sessions.get(world.services, world.session).turn
    return TurnKey(world.session.tenant, world.session.session, name) if name else None


def user_cancels(world: World) -> None:
    """Cancel the turn, if there is one yet; if that is said to have been done, it must be so."""
    turn = current(world)
    if turn and cancel(world.services, turn):
        ended = turns.load(world.services, turn)
        if ended is None or ended.status != "cancelled":
            world.wrong.append(f"a cancel was confirmed, and the turn is {ended}")


def user_cancels_slowly(world: World, number: int) -> Callable[[], bool]:
    """Let whoever cancels sleep at the write, in front of an invocation, which then takes place."""

    def slowly() -> None:
        function, payload = world.machine.invoked[-1]
        world.table.at(1, before=lambda: world.machine.door(function, payload), kind="transaction")
        user_cancels(world)

    world.machine.before[number] = slowly
    return lambda: number in world.machine.before


def another_is_first(world: World) -> None:
    """Send another request, if none has been taken yet."""
    if not sessions.get(world.services, world.session).last_turn:
        turns.start(world.services, world.session, "another")


def invocation_comes_twice_at_once(world: World) -> None:
    """Deliver what is under way once more; a call of a tool may only change hands after its owner's deadline."""
    before = {item.sk: item for item in journals(world)}
    world.machine.repeat()
    for item in journals(world):
        old = before.get(item.sk)
        if (
            old
            and old.facts["state"] == "started"
            and old.facts["nonce"] != item.facts["nonce"]
            and world.clock.now() * 1000 < old.number("until")
        ):
            world.wrong.append(f"{item.sk} was taken from its owner")


def journals(world: World) -> list[Item]:
    """The calls of tools, under way or done."""
    found = world.place.table.query(world.session.partition, after="ENTRY#", upto="ENTRY#~").items
    return [item for item in found if "state" in item.facts]


def sweep_starts_the_next_execution(world: World) -> None:
    """Let so much time pass that the step counts as lost, while its worker only sleeps."""
    world.clock.time += due.STEP_WITHIN + MINUTE
    sweep(world.services)


def old_failure_is_told(world: World) -> None:
    """Let the turn go to its next execution, and the failure of the first one be told after that."""
    sweep_starts_the_next_execution(world)
    ticket = {"tenant": "t", "session": world.session.session, "execution": 1, "step": 0}
    for name in list(world.machine.names):
        detail = {"status": "FAILED", "input": jsontext.dumps({**ticket, "turn": name}), "error": "States.Runtime"}
        if "-" not in name:
            execution_failed(world.services, detail)


def user_deletes(world: World) -> None:
    """Delete the session, which nobody sees from then on."""
    with contextlib.suppress(SessionNotFound):
        deleting.delete(world.services, world.session)
        sessions.get(world.services, world.session)
        world.wrong.append("a deleted session is there")


def session_expires(world: World) -> None:
    """Let the session's time pass, and the schedule look at it."""
    world.clock.time += DAY
    sweep(world.services)


def hours_pass(world: World) -> None:
    """Let the turn's deadline pass, and the schedule look at it."""
    world.clock.time += 2 * HOUR
    sweep(world.services)


def another_message(world: World) -> None:
    """Send the same request once more, and one that a busy session must refuse."""
    first = turns.load(world.services, world.send())
    if first and first.status == "running":
        try:
            turns.start(world.services, world.session, "another")
        except SessionBusy:
            return
        world.wrong.append("a second turn began")


def dynamo(code: str, times: int = 1) -> Arm:
    """Let a request to DynamoDB be refused, this many times: nothing takes effect."""

    def arm(world: World, number: int) -> Callable[[], bool]:
        trouble = world.place.trouble
        assert trouble
        trouble.answers(400, code, times, after=number - 1)
        return lambda: trouble.armed

    return arm


def lost_answer(world: World, number: int) -> Callable[[], bool]:
    """Let a request to DynamoDB time out after its effect."""
    trouble = world.place.trouble
    assert trouble
    trouble.times_out_after_effect(after=number - 1)
    return lambda: trouble.armed


AWS = ("AWS",)

CATALOGUE = [
    Fault("a write has no effect, and nobody knows", each("write"), at("write", "lost")),
    Fault("a write takes effect, and nobody knows", each("write"), at("write", "after effect")),
    Fault("the worker dies before a write", each("write"), at("write", "crash before")),
    Fault("the worker dies after a write", each("write"), at("write", "crash after")),
    Fault("the worker dies at a read", each("read"), at("read", "crash before")),
    Fault("the worker dies before it touches a file", each("file"), at("file", "crash before")),
    Fault("the worker dies after it touched a file", each("file"), at("file", "crash after")),
    Fault("the worker dies before a state", each("invocation"), planned(lambda w: w.machine.deaths, "before")),
    Fault("the worker dies after a state", each("invocation"), planned(lambda w: w.machine.deaths, "after")),
    Fault("an execution's start has no effect", each("start"), planned(lambda w: w.machine.starts, "before")),
    Fault("an execution's start takes effect unseen", each("start"), planned(lambda w: w.machine.starts, "after")),
    Fault("the bus does not listen", each("publish"), planned(lambda w: w.bus.fails, "before")),
    Fault("the bus listens, and its answer is lost", each("publish"), planned(lambda w: w.bus.fails, "after")),
    Fault("an invocation, or all, are delivered twice", lambda c: range(c["invocation"] + 1), twice),
    Fault("an invocation comes again after a later one", pairs, again),
    Fault("a worker sleeps; its successor does its state", operations, meanwhile(successor_goes_one_state_on)),
    Fault("a worker sleeps; its successors end the turn", operations, meanwhile(successor_goes_to_the_end)),
    Fault("a request is repeated, another one comes", operations, meanwhile(another_message)),
    Fault("the user cancels", operations, meanwhile(user_cancels), CANCELLED),
    Fault("the deadline passes while a worker sleeps", operations, meanwhile(hours_pass), FAILED),
    Fault("an execution disappears, and nobody is told", operations, disappears("")),
    Fault("it disappears with its worker", operations, disappears("crash before")),
    Fault("an invocation comes twice at once", operations, meanwhile(invocation_comes_twice_at_once)),
    Fault("another request is a moment earlier", operations, meanwhile(another_is_first), life=RACED),
    Fault("a start without a key takes effect, unseen", each("start"), at("write", "after effect"), life=KEYLESS),
    Fault("whoever cancels sleeps; the turn goes on", each("invocation"), user_cancels_slowly, CANCELLED),
    Fault("a cancel has no effect, and nobody knows", each("write"), at("write", "lost"), life=CANCELS),
    Fault("a cancel takes effect, and nobody knows", each("write"), at("write", "after effect"), life=CANCELS),
    Fault("whoever cancels dies", each("write"), at("write", "crash after"), life=CANCELS),
    Fault("the sweep takes a sleeper for dead", operations, meanwhile(sweep_starts_the_next_execution)),
    Fault("an old execution's failure is told late", operations, meanwhile(old_failure_is_told)),
    Fault("whoever sends, runs or deletes dies at a write", each("write"), at("write", "crash before"), life=DELETED),
    Fault("… or after it", each("write"), at("write", "crash after"), life=DELETED),
    Fault("the user deletes the session", changes, meanwhile(user_deletes), life=DELETED),
    Fault("the session expires meanwhile", changes, meanwhile(session_expires), life=DELETED),
    Fault("the sweep of an expired session dies at a write", each("write"), at("write", "crash after"), life=EXPIRED),
    Fault("DynamoDB throttles a request", each("request"), dynamo("ThrottlingException"), sides=AWS),
    Fault("DynamoDB throttles it until we give up", each("request"), dynamo("ThrottlingException", 10), sides=AWS),
    Fault("a request meets a conflict", each("request"), dynamo("TransactionConflictException"), sides=AWS),
    Fault("a request times out after its effect", each("request"), lost_answer, sides=AWS),
]
