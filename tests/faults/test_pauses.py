"""The same answers from two at once are taken from both, wherever one of them sleeps between two looks."""

from pathlib import Path

import pytest

from tests.faults import pauses
from tests.faults.campaign import ground
from tests.faults.script import ASKS
from tests.faults.world import World
from walkaway_core.engine.pause import answering

BOTH = [(call, pauses.ANSWERS[call]) for call in ("call_1", "call_2")]


def somebody_is_first(world: World) -> None:
    """Give the answers, and let the turn go on to its next calls."""
    answering.take(world.services, world.session, BOTH)
    world.settle()


@pytest.mark.parametrize("number", range(1, 6))
def test_who_sleeps_between_two_looks_is_not_refused(number: int, tmp_path: Path) -> None:
    with ground("one machine", tmp_path) as here:
        world = here.world()
        pauses.session(world)
        world.say(ASKS)
        world.settle()
        world.table.at(number, before=lambda: somebody_is_first(world), kind="read")
        answering.take(world.services, world.session, BOTH)
        assert not world.table.armed
        turn = pauses.current(world)
        assert turn
        assert turn.pause.step == 2
        world.place.close()
