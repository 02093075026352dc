"""Tries a fault at every point of a turn, or at every k-th, and says what was wrong afterwards."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.faults.script import respond
from tests.faults.sides import SIDES, Places
from tests.faults.violations import violations
from tests.faults.world import World
from tests.kit.messages_api import MessagesApi, messages_api
from walkaway_core.agent.tools.container import holding
from walkaway_core.agent.tools.files import EditFile
from walkaway_core.dialects.managed import resources
from walkaway_core.doors.call_model import GO_SECONDS
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.schedules import pruning
from walkaway_core.settings import Settings
from walkaway_core.store import keys
from walkaway_core.store.keys import TurnKey

Arm = Callable[[World, Any], Callable[[], bool]]
"""Prepares a fault at a point of a world; what it gives says whether the fault is still to come."""


@dataclass(frozen=True)
class Life:
    """What happens in a world, and what must hold afterwards."""

    run: Callable[[World], TurnKey | None]
    check: Callable[..., list[str]]
    in_one_go: bool = False
    """Whether steps and light tools share an invocation; else each call has its own."""
    seconds: float = GO_SECONDS
    """For how long an invocation begins another step."""
    heavy: bool = False
    """Whether the second step's tool is not light."""


TURN = Life(World.run, violations)
"""A message is sent, and the turn comes to its end."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong once. `points` says where it can, from the counts of a calm life."""

    name: str
    points: Callable[[Counter[str]], Sequence[Any]]
    arm: Arm
    ends: tuple[str, ...] = ("message.completed",)
    """How the turn may end then."""
    sides: tuple[str, ...] = ("one machine", "AWS")
    life: Life = TURN


@dataclass
class Row:
    """What came of a fault on one side: at how many of its points it was tried, and the violations by point."""

    fault: str
    side: str
    points: int = 0
    tried: int = 0
    violations: dict[Any, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """One side, and a model service: where faults are tried."""

    side: str
    places: Places
    service: MessagesApi
    model: AnthropicModel
    patch: pytest.MonkeyPatch

    def world(self, *, calm: bool = True, life: Life = TURN) -> World:
        self.patch.setattr(import_module("walkaway_core.doors.call_model"), "GO_SECONDS", life.seconds)
        self.patch.setattr(EditFile, "light", not life.heavy)
        return World(self.places(), self.model, calm=calm, in_one_go=life.in_one_go)


@contextmanager
def ground(side: str, folder: Path) -> Iterator[Ground]:
    """Make one. Each look under moto is slow: two shards of due items, calls seldom looked at, time for tools."""
    with messages_api() as service, SIDES[side](folder) as places, pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "DUE_SHARDS", 2)
        patch.setattr(import_module("walkaway_core.doors.run_tool"), "WAIT", 10.0)
        patch.setattr(import_module("walkaway_core.agent.tools.tool"), "LIGHT_SECONDS", 600.0)
        patch.setattr(pruning, "BATCH", 2)
        patch.setattr(resources, "BATCH", 1)
        patch.setattr(holding, "LOOK", 10.0)
        for name in ("LOOK_EVERY", "LOOK_SELDOM"):  # else whoever waits for a tool goes on beside what happens in it
            patch.setattr(import_module("walkaway_core.agent.tools.allotted"), name, 600.0)
        service.respond = respond
        model = AnthropicModel(Settings(base_url=service.url))
        yield Ground(side, places, service, model, patch)
        model.close()


def calm(ground: Ground, life: Life = TURN) -> tuple[Counter[str], list[str]]:
    """Let a life go undisturbed; count what is done in it, and say what is wrong even so."""
    world = ground.world(life=life)
    before = Counter(world.table.counts)
    sent = world.place.trouble.sent if world.place.trouble else 0
    turn = life.run(world)
    counts = Counter(world.table.counts) - before
    counts["request"] = world.place.trouble.sent - sent if world.place.trouble else 0
    counts["invocation"], counts["start"] = len(world.machine.invoked), world.machine.started
    counts["publish"], counts["resume"] = world.bus.calls, world.machine.resumed
    counts["wait"] = world.machine.waited
    wrong = life.check(world, turn)
    world.place.close()
    return counts, wrong


def attempt(ground: Ground, fault: Fault, point: Any, *, calm: bool = True) -> list[str]:
    """Let a fault happen at one point of a turn; say what is wrong in the end."""
    world = ground.world(calm=calm, life=fault.life)
    still_to_come = fault.arm(world, point)
    wrong = world.wrong
    try:
        turn = fault.life.run(world)
        if still_to_come():
            wrong.append("the fault never came")
        world.table.disarm()
        wrong += fault.life.check(world, turn, *fault.ends)
    except Exception as error:  # noqa: BLE001 - whatever breaks then is what the fault has found
        wrong.append(f"{type(error).__name__}: {error}")
    finally:
        world.place.close()
        wrong += ground.service.problems
        ground.service.problems.clear()
    return wrong


@cache
def known(ground: Ground, life: Life) -> tuple[Counter[str], list[str]]:
    """What `calm` says, which is the same each time."""
    return calm(ground, life)


def campaign(ground: Ground, fault: Fault, every: int = 1, *, most: int = 0, stop: bool = False) -> Row:
    """Try a fault at every so many of its points, or at so few that lie far apart; the last one is among them.

    `stop`: up to the first violation.
    """
    counts, wrong = known(ground, fault.life)
    points = list(fault.points(counts))
    row = Row(fault.name, ground.side, len(points))
    if wrong:
        row.violations["no point"] = wrong
        return row
    chosen = range(len(points) - 1, -1, -max(1, len(points) // most)) if most else range(0, len(points), every)
    for point in sorted({*chosen[: most or None], len(points) - 1}):
        row.tried += 1
        if found := attempt(ground, fault, points[point]):
            row.violations[points[point]] = found
            if stop:
                break
    return row
