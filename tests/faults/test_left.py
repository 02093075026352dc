"""An answer whose server died is looked at again by whoever answers next, though that is refused."""

from pathlib import Path

import pytest

from tests.faults import pauses
from tests.faults.campaign import ground
from tests.faults.left import once
from tests.faults.script import ASKS
from walkaway_core.engine.pause import answering
from walkaway_core.errors import AlreadyAnswered


def test_another_answer_is_refused_and_lets_the_turn_go_on(tmp_path: Path) -> None:
    with ground("one machine", tmp_path) as here:
        world = here.world()
        pauses.session(world)
        world.say(ASKS)
        world.settle()
        for call in ("call_1", "call_2"):
            given = [(call, pauses.ANSWERS[call])]
            number = world.table.counts["asked"] + 1
            world.caller = number, "crash after"
            once(world, lambda w, given=given: answering.take(w.services, w.session, given))  # type: ignore[misc]
        before = pauses.current(world)
        assert before
        assert before.parked
        with pytest.raises(AlreadyAnswered):
            answering.take(world.services, world.session, [("call_1", pauses.OTHER["call_1"])])
        world.settle()
        after = pauses.current(world)
        assert after
        assert after.pause.step > before.pause.step
        world.place.close()
