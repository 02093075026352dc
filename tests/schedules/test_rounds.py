"""Since when sweeps have come without a gap."""

from tests.kit.engine import Engine
from walkaway_core.schedules import rounds


def series(engine: Engine, *gaps: float) -> float:
    """Let sweeps begin after so many seconds each; give for how long there has been no gap."""
    for gap in gaps:
        engine.clock.time += gap
        rounds.begin(engine.services, engine.clock.now())
    return engine.clock.now() - rounds.since(engine.services)


def test_nobody_has_come_before_the_first(engine: Engine) -> None:
    assert rounds.since(engine.services) == engine.clock.now()


def test_a_gap_begins_a_new_series(engine: Engine) -> None:
    assert series(engine, 0) == 0
    assert series(engine, 60, 89) == 149
    assert series(engine, 91) == 0
    assert series(engine, 60) == 60


def test_a_clock_that_is_set_back_begins_none_in_the_future(engine: Engine) -> None:
    series(engine, 0, 60)
    engine.clock.set = -7200
    assert series(engine, 1) == 0
