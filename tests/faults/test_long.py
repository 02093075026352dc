"""A turn of many steps goes over several executions, whatever happens where one hands over to the next."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.faults.campaign import Ground, ground
from tests.faults.violations import of_log, of_record
from tests.faults.world import World
from tests.kit.faulty import WRITE_FAULTS
from walkaway_core.engine import sending
from walkaway_core.log import log
from walkaway_core.store import ticket
from walkaway_core.store.keys import TurnKey

if TYPE_CHECKING:
    from walkaway_core.ports.items import Item

STEPS, EXECUTIONS = 60, 3
TASK = f"Write a report on rain to rain.md in {STEPS} steps"
FAULTS = [*WRITE_FAULTS, "before", "after"]
"""At the write of a hand-over; or to its worker, before or after its work."""
CASES = [
    ("one machine", "crash after"),
    *(
        pytest.param(side, fault, marks=pytest.mark.deep)
        for side, faults in {"one machine": FAULTS, "AWS": ["crash before", "after"]}.items()
        for fault in faults
        if (side, fault) != ("one machine", "crash after")
    ),
]


@dataclass
class Place:
    """One side, and which invocations hand over in a calm turn."""

    ground: Ground
    numbers: list[int]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Place]]:
    made: dict[str, Place] = {}
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        a_step = ticket.MODEL_HISTORY + ticket.CALL_HISTORY
        patch.setattr(ticket, "HISTORY_BUDGET", (STEPS // EXECUTIONS + 1) * a_step)

        def place(side: str) -> Place:
            if side not in made:
                found = stack.enter_context(ground(side, tmp_path_factory.mktemp("long")))
                world, turn = begin(found)
                world.finish()
                assert world.machine.names == {turn.turn, f"{turn.turn}-2", f"{turn.turn}-3"}
                sound(world, turn)
                made[side] = Place(found, hand_overs(world))
            return made[side]

        yield place


def begin(ground: Ground) -> tuple[World, TurnKey]:
    world = ground.world()
    session = world.create(model="rehearsal", max_steps=STEPS, inline_tools=False)
    return world, sending.send(world.services, session, TASK).turn.key


def hand_overs(world: World) -> list[int]:
    """The invocations, from 1, that have handed over so far."""
    return [number for number, (function, _) in enumerate(world.machine.invoked, 1) if function == "ContinueTurn"]


def sound(world: World, turn: TurnKey) -> None:
    world.table.disarm()
    items: list[Item] = []
    while page := world.place.table.query(turn.log, after=items[-1].sk if items else "").items:
        items += page
    events = log.events(world.services, turn, items)
    assert of_log(events) + of_record(world.services, turn, events) == []
    assert events[-1].type == "message.completed"
    assert [event.type for event in events].count("step.completed") == STEPS
    assert set(world.due()) == {"session"}
    world.place.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("side", "fault"), CASES)
def test_whatever_happens_at_every_hand_over_is_made_up_for(
    places: Callable[[str], Place], side: str, fault: str
) -> None:
    place = places(side)
    assert len(place.numbers) == EXECUTIONS - 1
    world, turn = begin(place.ground)
    repeated = fault not in ("lost", "after effect")
    for index, number in enumerate(place.numbers):
        at = number + index * repeated  # a hand-over that died is an invocation more
        if fault in WRITE_FAULTS:
            world.machine.before[at] = lambda: world.table.at(1, fault)
        else:
            world.machine.deaths[at] = fault
    world.finish()
    assert not world.table.armed
    assert not world.machine.deaths
    assert not world.machine.before
    assert len(hand_overs(world)) == (EXECUTIONS - 1) * (1 + repeated)
    sound(world, turn)
