"""Every fault that is tried at the points of a turn."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.faults import (
    acts,
    by_hand,
    children,
    claims,
    containers,
    creates,
    deliveries,
    ends,
    jumps,
    left,
    mounted,
    pauses,
    prunes,
    refusals,
    runs,
    schedules,
    sent,
    talks,
    together,
    unmounted,
    waits,
)
from tests.faults.campaign import Arm, Fault
from tests.faults.lives import (
    CANCELLED,
    CANCELS,
    DELETED,
    DROPPED,
    EXPIRED,
    INTERRUPTED,
    INTERRUPTS,
    KEYLESS,
    RACED,
    STEERED,
    STEERS,
    WAITED,
    WAITS,
    Busy,
)
from tests.faults.world import World
from tests.kit.faulty import Kind

Points = Callable[[Counter[str]], Sequence[Any]]
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


def transactions(counts: Counter[str]) -> list[tuple[Kind, int]]:
    """All writes that are more than an append to a log."""
    return [("transaction", number) for number in range(1, counts["transaction"] + 1)]


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


def busy(name: str, life: Busy) -> list[Fault]:
    """What may befall a message to a busy session on its way."""
    return [
        Fault(f"{name}; a write has no effect, unseen", each("write"), at("write", "lost"), life=life.life),
        Fault(f"{name}; a write takes effect, unseen", each("write"), at("write", "after effect"), life=life.life),
        Fault(f"{name}; somebody dies before a write", each("write"), at("write", "crash before"), life=life.life),
        Fault(f"{name}; somebody dies after a write", each("write"), at("write", "crash after"), life=life.life),
        Fault(f"{name}; all invocations come twice", lambda _: [0], twice, life=life.life),
        Fault(
            f"{name}; a worker sleeps; successors end it",
            changes,
            meanwhile(acts.successor_goes_to_the_end),
            life=life.life,
        ),
    ]


HERE, AWS = ("one machine",), ("AWS",)

GENERAL = [
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
    Fault("a worker sleeps; its successor does its state", operations, meanwhile(acts.successor_goes_one_state_on)),
    Fault("a worker sleeps; its successors end the turn", operations, meanwhile(acts.successor_goes_to_the_end)),
    Fault("a request is repeated, another one comes", operations, meanwhile(acts.another_message)),
    Fault("the user cancels", operations, meanwhile(acts.user_cancels), CANCELLED),
    Fault("the deadline passes while a worker sleeps", operations, meanwhile(acts.hours_pass), FAILED),
    Fault("an execution disappears, and nobody is told", operations, disappears("")),
    Fault("an execution disappears with its worker", operations, disappears("crash before")),
    Fault("an invocation comes twice at once", operations, meanwhile(acts.invocation_comes_twice_at_once)),
    Fault("another request is a moment earlier", operations, meanwhile(acts.another_is_first), life=RACED),
    Fault("a start without a key takes effect, unseen", each("start"), at("write", "after effect"), life=KEYLESS),
    Fault("whoever cancels sleeps; the turn goes on", each("invocation"), acts.user_cancels_slowly, CANCELLED),
    Fault("a cancel has no effect, and nobody knows", each("write"), at("write", "lost"), life=CANCELS),
    Fault("a cancel takes effect, and nobody knows", each("write"), at("write", "after effect"), life=CANCELS),
    Fault("whoever cancels dies", each("write"), at("write", "crash after"), life=CANCELS),
    Fault("the sweep takes a sleeper for dead", operations, meanwhile(acts.sweep_starts_the_next_execution)),
    Fault("an old execution's failure is told late", operations, meanwhile(acts.old_failure_is_told)),
    Fault(
        "whoever sends, runs or deletes dies before a write", each("write"), at("write", "crash before"), life=DELETED
    ),
    Fault("whoever sends, runs or deletes dies after a write", each("write"), at("write", "crash after"), life=DELETED),
    Fault("the user deletes the session", changes, meanwhile(acts.user_deletes), life=DELETED),
    Fault("the session expires meanwhile", changes, meanwhile(acts.session_expires), life=DELETED),
    Fault("the sweep of an expired session dies at a write", each("write"), at("write", "crash after"), life=EXPIRED),
    Fault("a message comes, and waits", operations, meanwhile(WAITS.comes), life=WAITS.life),
    Fault("a message comes, and steers", operations, meanwhile(STEERS.comes), life=STEERS.life),
    Fault("whoever steers sleeps; the turn goes on", each("invocation"), STEERS.comes_slowly, life=STEERS.life),
    Fault("a message comes, and interrupts", operations, meanwhile(INTERRUPTS.comes), life=INTERRUPTS.life),
]
"""What may befall any turn."""
WORKERS = [fault for fault in GENERAL if re.search("a write|worker|twice|again|sleeper", fault.name)]
"""What may befall those who carry a turn on."""


def in_one_go(fault: Fault, how: str = "in one go", **life: Any) -> Fault:
    """The same, when steps and light tools share an invocation; `life` says how far one goes."""
    return replace(fault, name=f"{how}; {fault.name}", life=replace(fault.life, in_one_go=True, **life))


HANDS: dict[str, Callable[..., Arm]] = {"at": at, "meanwhile": meanwhile}
"""What lets an operation go wrong, and something else happen in front of one."""
LIVES = (creates, schedules, by_hand, prunes, children, talks, together, containers, mounted, unmounted, sent)
"""What happens in worlds of their own."""
PAUSES = pauses.faults(each, operations, {**HANDS, "planned": planned})
ENDS = ends.faults(each, operations, {**HANDS, "planned": planned})

CATALOGUE = [
    *GENERAL,
    *(in_one_go(fault) for fault in GENERAL if fault.points is not pairs),  # there is but one invocation
    *(replace(in_one_go(fault, "up to a heavy call", heavy=True), sides=HERE) for fault in WORKERS),
    *(replace(in_one_go(fault, "a step at a time", seconds=0.0), sides=HERE) for fault in WORKERS),
    Fault("what waits is cancelled", transactions, meanwhile(DROPPED.goes), life=DROPPED.life),
    *busy("a message waits", WAITED),
    *busy("a message steers", STEERED),
    *busy("a message interrupts", INTERRUPTED),
    *deliveries.faults(each, at),
    *runs.faults(each, at),
    *PAUSES,
    *(in_one_go(fault) for fault in PAUSES),
    *ENDS,
    *(in_one_go(fault) for fault in ENDS),
    *refusals.faults(each, at),
    *waits.faults(each, operations, {**HANDS, "planned": planned}, twice),
    *left.faults(each),
    *claims.faults(each),
    *(
        fault
        for lives in (
            creates,
            schedules,
            by_hand,
            prunes,
            children,
            talks,
            together,
            containers,
            mounted,
            unmounted,
            sent,
        )
        for fault in lives.faults(each, operations, HANDS)
    ),
    *jumps.faults(),
    Fault("DynamoDB throttles a request", each("request"), dynamo("ThrottlingException"), sides=AWS),
    Fault("DynamoDB throttles it until we give up", each("request"), dynamo("ThrottlingException", 10), sides=AWS),
    Fault("a request meets a conflict", each("request"), dynamo("TransactionConflictException"), sides=AWS),
    Fault("a request times out after its effect", each("request"), lost_answer, sides=AWS),
]
