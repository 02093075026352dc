"""A schedule deletes sessions, and something goes wrong: all that are idle and old go, no other, each counted once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.faults.by_hand import run
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.schedules import HOUR, fired, made, settled, swept, two_at_once
from tests.faults.violations import Found
from tests.faults.world import MINUTE, World
from walkaway_core.engine import creating, sending
from walkaway_core.errors import SessionNotFound
from walkaway_core.schedules import resource
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services

SAID = {"name": "tidy", "action": "prune", "prune": {"older_than": "30m"}, "cron": "0 * * * *"}
OLD = 5
"""Sessions that are to go, besides the world's own."""


class Prunes:
    """A life in which a schedule's time comes; `then` is asked for by somebody when it has begun to delete."""

    def __init__(self, then: Callable[[World], object] = lambda _: None) -> None:
        self._then = then

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, self._check)

    def _run(self, world: World) -> None:
        untroubled = replace(world.services, table=world.place.table)
        for _ in range(OLD):
            _session(untroubled)
        resource.create(untroubled, "t", SAID)
        world.clock.time += HOUR - MINUTE
        sending.send(untroubled, _session(untroubled), "go")
        _session(untroubled)
        world.clock.time += MINUTE
        while not fired(world):
            world.clock.time += 1
            swept(world)
        world.survive(lambda: self._then(world))
        settled(world)

    def _check(self, world: World, *_: object) -> list[str]:
        found = Found()
        open_ = [kind for kind in world.due() if kind not in ("session", "schedule")]
        found.must(not open_, f"due items are left: {open_}")
        all_ = fired(world)
        for each in all_:
            over = each.text("pruning") in ("completed", "cancelled")
            late = each.by_itself and each.text("code") == "schedule.busy"  # what was asked for has begun before it
            found.must((each.outcome == "started" and over) or late, f"{each.id} is {each.outcome}, {each.facts}")
        found.must("completed" in [each.text("pruning") for each in all_], f"none has come to its end: {all_}")
        record = made(world)
        begun = [each for each in all_ if each.outcome == "started"]
        told = record and (record.number("started"), record.number("kept"))
        found.must(told == (len(begun), sum(each.by_itself for each in begun)), f"it counts {told}")
        left = [each.key.session for each in sessions.scan(world.services, "t")]
        used = 2 + len(_used(world))
        found.must(len(left) == used, f"{left} are left, and {used} should be")
        gone = OLD + 1 - len(_used(world))
        counted = sum(each.number("pruned") for each in all_)
        found.must(counted == gone, f"{counted} are counted, and {gone} went")
        deleted = {detail["session_id"] for kind, detail in world.bus.told if kind == "session.deleted"}
        found.must(len(deleted) == gone, f"the bus was told of {deleted}")
        return found


def _session(services: Services) -> SessionKey:
    asked = {"persistent": True, "inline_tools": False, "turn_timeout": 604_800}
    return creating.create(services, "t", sessions.options(asked), {}).key


def _used(world: World) -> set[str]:
    """Which old sessions somebody has used again, as a turn has begun there."""
    began = {detail["session_id"] for kind, detail in world.bus.told if kind == "turn.started"}
    return began & {world.session.session}


def uses(world: World) -> None:
    """Send a message to an old session, unless that is gone by then."""
    try:
        sending.send(world.services, world.session, "go")
    except SessionNotFound:
        return


LIVES = {
    "a schedule deletes sessions": Prunes().life,
    "a schedule deletes sessions, and is interrupted": Prunes(lambda world: run(world, "tidy", "interrupt")).life,
}


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall them. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    found = [
        Fault(f"{name}; {what}", each(of), hands["at"](of, fault), life=life)
        for name, life in LIVES.items()
        for what, of, fault in (
            ("a write has no effect, unseen", "write", "lost"),
            ("a write takes effect, unseen", "write", "after effect"),
            ("somebody dies before a write", "write", "crash before"),
            ("somebody dies after a write", "write", "crash after"),
        )
    ]
    return found + [
        Fault(f"{name}; {what}", operations, hands["meanwhile"](act), life=life)
        for name, life in LIVES.items()
        for what, act in (("two sweeps come at once", two_at_once), ("a session is used again", uses))
    ]
