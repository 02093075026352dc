"""Starting a turn: once, at its moment, and refused beside another one."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.engine import Engine
from tests.kit.tickets import finish
from walkaway_core.engine import deleting
from walkaway_core.errors import SessionBusy, SessionNotFound
from walkaway_core.store import sessions, turns

if TYPE_CHECKING:
    from walkaway_core.store.turns import Turn

FAULTS = ["lost", "after effect"]


def test_a_free_session_takes_one_turn_and_refuses_the_next(engine: Engine) -> None:
    session = engine.session()
    turn = engine.turn(session)
    with pytest.raises(SessionBusy, match=turn.key.turn):
        engine.turn(session)
    assert engine.kinds(turn) == ["message.created"]
    assert engine.executions() == [turn.key.turn]
    assert engine.due() == ["session", "turn"]


def test_of_two_starts_at_the_same_moment_one_is_refused(engine: Engine) -> None:
    session = engine.session()
    won: list[Turn] = []
    engine.table.at(1, "", lambda: won.append(engine.turn(session)))
    with pytest.raises(SessionBusy, match="wait for its end"):
        engine.turn(session)
    assert engine.executions() == [won[0].key.turn]
    assert sessions.get(engine.services, session).turn == won[0].key.turn


def test_a_message_loses_against_a_deletion_at_the_last_moment(engine: Engine) -> None:
    session = engine.session()
    engine.table.at(1, "", lambda: deleting.delete(engine.services, session))
    with pytest.raises(SessionNotFound):
        engine.turn(session)
    assert engine.executions() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_start_of_unknown_outcome_starts_one_turn(engine: Engine, fault: str) -> None:
    session = engine.session()
    engine.table.at(1, fault)
    turn = engine.turn(session)
    listed, _ = turns.listing(engine.services, session, limit=10)
    assert [found.key for found in listed] == [turn.key]
    assert engine.executions() == [turn.key.turn]


def test_turns_of_a_session_sort_by_time_even_when_the_clock_goes_back(engine: Engine, monkeypatch: Any) -> None:
    session = engine.session()
    made = []
    for back in (0, 3600, 7200):
        monkeypatch.setattr("walkaway_core.ports.clock.time.time_ns", lambda back=back: (10**9 - back) * 10**9)
        turn = engine.turn(session)
        finish(engine, turn)
        made.append(turn.key.turn)
    assert made == sorted(made)
