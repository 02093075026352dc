"""The sweep meets what it does not know, and what is not as its due item says: it leaves that alone."""

import logging

import pytest

from tests.kit.engine import Engine
from walkaway_core.doors.sweep import sweep
from walkaway_core.ports.items import Item, Put
from walkaway_core.store import due, keys, sessions


def overdue(engine: Engine, kind: str, name: str, body: bytes) -> Item:
    """Write a due item whose time has come, as a release writes it that knows more than this one."""
    item = Item(*keys.due(engine.clock.now() - 1, kind, name), {"kind": kind}, body)
    engine.table.write(Put(item))
    return item


@pytest.mark.parametrize("kind", ["schedule", "purge"])
def test_a_living_session_with_a_running_turn_outlives_every_due_item(engine: Engine, kind: str) -> None:
    """Whether nobody knows the kind, or it says that a session is to go which is not marked as deleted."""
    session = engine.session()
    turn = engine.turn(session)
    before = engine.events(turn)
    detail = f'{{"tenant": "t", "session": "{session.session}"}}'
    left = overdue(engine, kind, session.session, detail.encode())
    sweep(engine.services)
    assert sessions.get(engine.services, session).turn == turn.key.turn
    assert engine.now(turn).status == "running"
    assert engine.events(turn) == before
    assert engine.table.get(left.key) == [left if kind == "schedule" else None]


def test_what_nobody_knows_is_said_once_and_keeps_nobody_waiting(
    engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("walkaway_core.doors.sweep.MOST", 1)
    monkeypatch.setattr("walkaway_core.doors.sweep._unknown", set())
    turn = engine.turn()
    for n in range(64):  # some in each shard: wherever the turn's item stands, these come before it
        overdue(engine, "of a newer release", f"{n}", b"not even JSON")
        engine.table.write(Put(Item(*keys.due(0, "no kind", f"{n}"))))
    engine.clock.time += due.START_WITHIN + 1
    with caplog.at_level(logging.WARNING):
        assert [sweep(engine.services) for _ in range(3)] == [1, 1, 1]
    told = [record.getMessage() for record in caplog.records]  # of whatever else runs in this process, too
    said = [each.split(",")[0] for each in told if each.startswith("left alone")]
    assert sorted(said) == [
        "left alone: due items of the kind 'of a newer release'",
        "left alone: due items of the kind None",
    ]
    assert engine.now(turn).status == "running"
