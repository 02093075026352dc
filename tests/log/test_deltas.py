"""The deltas of a stream: in order, none lost, and no more appends than are worth their price."""

import threading
import time

import pytest

from tests.kit.engine import Engine
from walkaway_core.log import log
from walkaway_core.log.deltas import PACE, DeltaWriter
from walkaway_core.log.log import Superseded, Writer
from walkaway_core.store.turns import Turn
from walkaway_wire.events import TEXT_DELTA


@pytest.fixture
def turn(engine: Engine) -> Turn:
    return engine.turn()


def writer(engine: Engine, turn: Turn) -> DeltaWriter:
    return DeltaWriter(engine.services, Writer(turn.key, log.era(1, 1), "nonce"), 1)


def speak(out: DeltaWriter, words: int, pause: float = 0.0) -> float:
    """Push so many deltas; give how long that took."""
    begin = time.monotonic()
    for word in range(words):
        out.push(TEXT_DELTA, {"content": f"{word} "})
        threading.Event().wait(pause)
    return time.monotonic() - begin


def told(engine: Engine, turn: Turn) -> list[int]:
    return [int(event.data["content"]) for event in engine.events(turn) if event.type == TEXT_DELTA]


def appended(engine: Engine, turn: Turn) -> int:
    return len(engine.table.query(turn.key.log).items) - 1


class TestWhereAppendsAreBilled:
    @pytest.fixture(autouse=True)
    def _billed(self, engine: Engine) -> None:
        engine.table.quick = False

    def test_the_first_goes_at_once_and_the_others_in_time(self, engine: Engine, turn: Turn) -> None:
        out = writer(engine, turn)
        seconds = speak(out, 60, 0.01)
        number, unsent = out.close()
        assert told(engine, turn)[0] == 0
        assert told(engine, turn) == list(range(60 - len(unsent)))
        assert number == 61 - len(unsent)
        assert 2 <= appended(engine, turn) <= seconds / PACE + 1

    def test_what_waits_goes_although_nothing_follows(self, engine: Engine, turn: Turn) -> None:
        out = writer(engine, turn)
        speak(out, 3)
        while len(told(engine, turn)) < 3:
            threading.Event().wait(0.01)
        assert appended(engine, turn) == 2

    def test_of_a_stream_that_has_been_left_nothing_comes_later(self, engine: Engine, turn: Turn) -> None:
        out = writer(engine, turn)
        speak(out, 3)  # the first is sent, and a timer waits with the others
        while not (timers := [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]):
            threading.Event().wait(0.001)
        out.drop()
        for timer in timers:
            timer.join(20)
        assert out.close() == (2, [])  # nothing is in flight either
        assert told(engine, turn) == [0]

    def test_a_flush_waits_for_no_time(self, engine: Engine, turn: Turn) -> None:
        out = writer(engine, turn)
        speak(out, 5)
        assert out.flush() == 6
        assert told(engine, turn) == list(range(5))


def test_what_is_not_sent_at_the_end_is_given_back(engine: Engine, turn: Turn) -> None:
    out = writer(engine, turn)
    speak(out, 200)
    number, unsent = out.close()
    there = told(engine, turn)
    assert number == 1 + len(there)
    assert there + [int(data["content"]) for _, data in unsent] == list(range(200))


@pytest.mark.parametrize("fault", ["lost", "after effect"])
def test_an_append_of_unknown_outcome_is_there_once(engine: Engine, turn: Turn, fault: str) -> None:
    out = writer(engine, turn)
    engine.table.at(1, fault)
    speak(out, 20)
    number, unsent = out.close()
    assert told(engine, turn) + [int(data["content"]) for _, data in unsent] == list(range(20))
    assert number == 21 - len(unsent)


def test_behind_the_turns_end_nothing_is_appended(engine: Engine, turn: Turn) -> None:
    out = writer(engine, turn)
    later = DeltaWriter(engine.services, Writer(turn.key, log.era(1, 2), "other"), 1)
    speak(later, 1)
    later.flush()
    with pytest.raises(Superseded):
        speak(out, 2, 0.2)
    assert told(engine, turn) == [0]
