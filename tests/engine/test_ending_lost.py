"""A session whose running turn, or whose queue, is damaged: nothing loops or begins, and it can be deleted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.http.test_body_limit import App
from tests.kit.engine import Engine
from walkaway_core.dialects import DIALECTS
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import queueing
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.log import log
from walkaway_core.ports.items import Change, Delete, Fact, Item, Put
from walkaway_core.store import keys, sessions, turns
from walkaway_core.store.turns import Turn

pytestmark = pytest.mark.timeout(60)
KEY = {"Authorization": "Bearer k"}
ASYNC = {"Prefer": "respond-async", **KEY}
MONTH = 40 * 86_400


def gone(engine: Engine, turn: Turn) -> None:
    engine.table.write(Delete(*turn.key.item))


def unreadable(engine: Engine, turn: Turn) -> None:
    engine.table.write(Put(Item(*turn.key.item, {"status": 7})))


def over(engine: Engine, turn: Turn) -> None:
    engine.table.write(Change(*turn.key.item, set={"status": "completed"}))


def another(engine: Engine, turn: Turn) -> None:
    engine.table.write(Change(*turn.key.owner.item, set={"turn": "msg_0"}))


def ended_log(engine: Engine, turn: Turn) -> None:
    number = log.end(engine.services, turn.key).number
    facts: dict[str, Fact] = {"nonce": "x", "era": 1, "count": 1, "terminal": True}
    engine.table.write(Put(Item(turn.key.log, keys.event(number), facts, b"{")))


def far_log(engine: Engine, turn: Turn) -> None:
    engine.table.write(Change(turn.key.log, keys.event(0), set={"era": 10**17}))


def no_log(engine: Engine, turn: Turn) -> None:
    engine.table.write(Delete(turn.key.log, keys.event(0)))


def no_facts(engine: Engine, turn: Turn) -> None:
    engine.table.write(Put(Item(turn.key.log, keys.event(0), {}, b"[")))


DAMAGES = [gone, unreadable, over, another, ended_log, far_log, no_log, no_facts]
LOST = [gone, unreadable, over, another]
"""Those behind which nobody will ever end the turn."""
Damage = Callable[[Engine, Turn], None]


def app_of(engine: Engine) -> App:
    return App(create_app(replace(engine.services), Keyring({"k": "t"}), DIALECTS))


def left(engine: Engine, turn: Turn) -> list[str]:
    """What the table still has of a turn's session."""
    owner = turn.key.owner
    partitions = (owner.partition, owner.own_log.log, turn.key.log)
    items = [item.sk for pk in partitions for item in engine.table.query(pk).items]
    return items + [item.sk for item in engine.table.get(owner.item) if item]


def swept(engine: Engine) -> None:
    """Let a month pass, look after what is due until nothing is."""
    engine.clock.time += MONTH
    for _ in range(5):
        sweep(engine.services)
        engine.clock.time += 3600


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_is_asked_of_it_is_answered_and_it_can_be_deleted(engine: Engine, damage: Damage) -> None:
    turn = engine.turn()
    damage(engine, turn)
    started, app = engine.executions(), app_of(engine)
    path = f"/v1/sessions/{turn.key.session}"
    result = {"results": [{"call_id": "toolu_1", "output": "x"}]}
    for method, where, body in (
        *(("POST", "/messages", {"message": "hi", "on_busy": how}) for how in ("reject", "enqueue", "steer")),
        ("POST", "/tool_results", result),
        ("GET", "", None),
        ("GET", "/responses", None),
        ("GET", f"/responses/{turn.key.turn}", None),
        ("PATCH", "", {"metadata": {"a": 1}}),
        ("POST", f"/responses/{turn.key.turn}/cancel", None),
    ):
        answer = app.ask(method, path + where, json=body, headers=ASYNC)
        assert answer.status_code < 500, (method, where, answer.text)
        if damage in LOST and where == "/messages":
            assert answer.status_code in {400, 409}, answer.text
    if damage in LOST:
        assert engine.executions() == started
    assert app.ask("DELETE", path, headers=KEY).status_code == 204
    assert app.ask("GET", path, headers=KEY).status_code == 404
    swept(engine)
    assert left(engine, turn) == ([] if damage is not gone else left_log(engine, turn))


def left_log(engine: Engine, turn: Turn) -> list[str]:
    """What a purge cannot know of: the log of a turn whose record is gone."""
    return [item.sk for item in engine.table.query(turn.key.log).items]


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_interruption_is_refused_or_takes_its_place(engine: Engine, damage: Damage) -> None:
    turn = engine.turn()
    damage(engine, turn)
    said = {"message": "hi", "on_busy": "interrupt"}
    path = f"/v1/sessions/{turn.key.session}/messages"
    answer = app_of(engine).ask("POST", path, json=said, headers=ASYNC)
    assert answer.status_code == (400 if damage in LOST else 202), answer.text


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_sweep_ends_it_with_its_session(engine: Engine, damage: Damage) -> None:
    turn = engine.turn()
    damage(engine, turn)
    swept(engine)
    assert engine.table.get(turn.key.owner.item) == [None]
    assert engine.due() == []


def no_record(engine: Engine, waiting: Turn) -> None:
    engine.table.write(Delete(*waiting.key.item))


def no_message(engine: Engine, waiting: Turn) -> None:
    engine.table.write(Delete(*waiting.key.owner.waiting(waiting.key.turn)))


def damaged_message(engine: Engine, waiting: Turn) -> None:
    engine.table.write(Put(Item(*waiting.key.owner.waiting(waiting.key.turn), {"a": 1}, b"[")))


QUEUES = [unreadable, over, no_record, no_message, damaged_message]


def wait(engine: Engine, turn: Turn, message: str) -> Turn:
    """Let a message wait behind a turn."""
    said = {"message": message, "on_busy": "enqueue"}
    path = f"/v1/sessions/{turn.key.session}/messages"
    name = app_of(engine).ask("POST", path, json=said, headers=ASYNC).json()["response_id"]
    queued = turns.load(engine.services, turn.key.owner.turn(name))
    assert queued
    return queued


@pytest.mark.parametrize("damage", QUEUES)
def test_the_next_that_waits_begins_when_the_first_is_damaged(engine: Engine, damage: Damage) -> None:
    turn = engine.turn()
    first, second = (wait(engine, turn, name) for name in ("first", "second"))
    damage(engine, first)
    app, path = app_of(engine), f"/v1/sessions/{turn.key.session}"
    for _ in range(2 if damage is damaged_message else 1):
        busy = app.ask("GET", path, headers=KEY).json()["response_id"]
        assert app.ask("POST", f"{path}/responses/{busy}/cancel", headers=KEY).status_code == 202
    record: Any = app.ask("GET", path, headers=KEY).json()
    assert (record["response_id"], record["queue"]) == (second.key.turn, [])


@pytest.mark.parametrize("damage", QUEUES)
def test_a_session_with_a_damaged_queue_can_be_deleted(engine: Engine, damage: Damage) -> None:
    turn = engine.turn()
    damage(engine, wait(engine, turn, "first"))
    app, path = app_of(engine), f"/v1/sessions/{turn.key.session}"
    assert app.ask("GET", path, headers=KEY).status_code == 200
    assert app.ask("DELETE", path, headers=KEY).status_code == 204
    assert queueing.head(engine.services, turn.key.owner) is None or damage is no_message
    swept(engine)
    assert not sessions.alive(engine.table.get(turn.key.owner.item)[0], engine.clock.now())
    assert left(engine, turn) == []
