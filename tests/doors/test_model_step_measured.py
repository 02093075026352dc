"""What is counted of steps and turns: once each, when it is committed, whoever tries it again."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.tickets import finish, ticket
from walkaway_core.ports.metrics import CANCELLED, COMPLETED, DELTA_LAG, FAILED, MESSAGE_WAIT, MODEL_TIME
from walkaway_core.store.turns import Turn

SAID = [text("four little words here")]


def free(turn: Turn) -> dict[str, Any]:
    """A ticket with which a turn goes as far as it can."""
    return {**ticket(turn), "ways": 2}


def test_a_turn_is_counted_when_it_starts_when_it_steps_and_when_it_ends(engine: Engine, model: MessagesApi) -> None:
    model.replies = [Reply(SAID, pieces=11)]
    turn = engine.turn()
    assert engine.metrics.samples == []
    engine.clock.time += 7
    assert engine.door("CallModel", free(turn))["next"] == "over"
    assert engine.metrics.of(MESSAGE_WAIT) == [7]
    assert [len(engine.metrics.of(metric)) for metric in (MODEL_TIME, DELTA_LAG)] == [1, 1]
    assert 0 < engine.metrics.of(DELTA_LAG)[0] < 60
    assert engine.metrics.of(COMPLETED) == [1]


def test_the_end_of_a_turn_that_goes_by_tickets_is_counted_at_its_end(engine: Engine, model: MessagesApi) -> None:
    model.replies = [Reply(SAID)]
    turn = engine.turn()
    assert engine.door("CallModel", ticket(turn))["next"] == "done"
    assert (len(engine.metrics.of(MODEL_TIME)), engine.metrics.of(COMPLETED)) == (1, [])
    for _ in range(2):
        finish(engine, turn)
    assert engine.metrics.of(COMPLETED) == [1]
    assert engine.metrics.of(FAILED) == engine.metrics.of(CANCELLED) == []


@pytest.mark.parametrize("go", [ticket, free])
@pytest.mark.parametrize("fault", ["lost", "after effect"])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_step_that_is_tried_again_counts_once(
    engine: Engine, model: MessagesApi, go: Any, fault: str, at: int
) -> None:
    model.replies = [Reply(SAID, pieces=11), Reply(SAID, pieces=11)]
    turn = engine.turn()
    engine.table.at(at, fault)
    engine.door("CallModel", go(turn))
    engine.door("CallModel", go(turn))
    assert len(engine.metrics.of(MODEL_TIME)) == 1
    assert len(engine.metrics.of(MESSAGE_WAIT)) <= 1
    assert len(engine.metrics.of(COMPLETED)) == (go is free)
