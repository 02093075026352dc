"""Rule R4: what is unfinished has a due item, and the sweep acts on it."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.tickets import finish, ticket
from walkaway_core.doors.sweep import execution_failed, sweep
from walkaway_core.engine import deleting, executions
from walkaway_core.errors import SessionNotFound
from walkaway_core.ports.items import Item, Put
from walkaway_core.ports.metrics import DUE_LATENESS
from walkaway_core.store import identified, sessions
from walkaway_core.store.kept import OUTPUT, Told, root
from walkaway_wire import jsontext


class TestDue:
    """R4."""

    def test_a_turn_that_was_never_started_is_started_by_the_sweep(self, engine: Engine, monkeypatch: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(engine.services.machine, "start", lambda *_: 1 / 0)
            turn = engine.turn()
        assert engine.executions() == []
        sweep(engine.services)
        assert engine.executions() == []
        engine.clock.time += 11
        sweep(engine.services)
        assert engine.executions() == [turn.key.turn]

    def test_a_reader_starts_it_too(self, engine: Engine, monkeypatch: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(engine.services.machine, "start", lambda *_: 1 / 0)
            turn = engine.turn()
        engine.clock.time += 11
        executions.get(engine.services, turn.key)
        assert engine.executions() == [turn.key.turn]

    def test_a_step_that_disappeared_goes_on_in_another_execution(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("half")]), Reply([text("whole")])]
        turn = engine.turn()
        engine.table.at(3, "crash after")
        with pytest.raises(Crashed):
            engine.door("CallModel", ticket(turn))
        engine.table.dead = False
        engine.clock.time += 16 * 60 + 1
        sweep(engine.services)
        assert engine.executions() == [turn.key.turn, f"{turn.key.turn}-2"]
        sweep(engine.services)
        assert len(engine.executions()) == 2
        assert engine.door("CallModel", ticket(turn))["next"] == "over"
        assert engine.door("CallModel", ticket(engine.now(turn)))["next"] == "done"

    @pytest.mark.parametrize(
        ("options", "seconds"), [({}, 5400), ({"turn_timeout": 60}, 60), ({"turn_timeout": 9000}, 9000)]
    )
    def test_a_turn_beyond_its_deadline_fails_and_says_so(
        self, engine: Engine, options: dict[str, int], seconds: int
    ) -> None:
        turn = engine.turn(engine.session(**options))
        engine.clock.time += seconds - 1
        sweep(engine.services)
        assert engine.now(turn).status == "running"
        engine.clock.time += 62
        sweep(engine.services)
        last = engine.events(turn)[-1]
        assert (last.type, last.data["code"]) == ("message.error", "timeout")
        assert f"{seconds} seconds" in last.data["error"]
        assert engine.now(turn).status != "running"

    def test_a_session_that_is_not_persistent_ends_five_minutes_after_its_response(self, engine: Engine) -> None:
        key = engine.session()
        engine.clock.time += 3600
        finish(engine, engine.turn(key))
        engine.clock.time += 299
        assert sessions.get(engine.services, key)
        engine.clock.time += 2
        with pytest.raises(SessionNotFound):
            sessions.get(engine.services, key)

    def test_a_new_turn_keeps_it_alive(self, engine: Engine) -> None:
        key = engine.session()
        finish(engine, engine.turn(key))
        engine.clock.time += 200
        turn = engine.turn(key)
        engine.clock.time += 1000
        sweep(engine.services)
        assert sessions.get(engine.services, key).busy
        finish(engine, turn)
        assert not sessions.get(engine.services, key).busy

    def test_a_persistent_session_ends_at_its_ttl_busy_or_not(self, engine: Engine) -> None:
        free, busy = engine.session(persistent=True, ttl=1000), engine.session(persistent=True, ttl=1000)
        finish(engine, engine.turn(free))
        turn = engine.turn(busy)
        engine.clock.time += 999
        sweep(engine.services)
        assert sessions.get(engine.services, free)
        engine.clock.time += 2
        sweep(engine.services)
        assert engine.kinds(turn)[-1] == "message.cancelled"
        assert engine.due() == ["purge", "purge"]

    def test_what_a_deleted_session_held_goes_after_twenty_minutes(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("list_files"), text("x" * 300_000)], pieces=10_000)]
        key = engine.session()
        turn = engine.turn(key)
        after = engine.door("CallModel", ticket(turn))
        engine.door("RunTool", {**after, "call": 0})
        deleting.delete(engine.services, key)
        other = engine.turn()
        engine.clock.time += 19 * 60
        sweep(engine.services)
        assert engine.events(turn)
        engine.clock.time += 2 * 60
        sweep(engine.services)
        left = [item for pk in ("T#t", key.partition, turn.key.log) for item in engine.table.query(pk).items]
        assert [item.key for item in left] == [other.key.owner.item]
        assert engine.services.workspace.listing("t/bodies", key.session) is None

    def test_its_own_copies_of_files_go_with_it_and_its_outputs_stay(self, engine: Engine) -> None:
        key = engine.session()
        told = Told("a.txt", "text/plain", "user_data", scope=key.session)
        identified.create(engine.services, "t", told, [b"abc"])
        made = identified.create(engine.services, "t", replace(told, purpose=OUTPUT), [b"abc"])
        deleting.delete(engine.services, key)
        engine.clock.time += 21 * 60
        sweep(engine.services)
        assert identified.listing(engine.services, "t", limit=9, newest_first=True, scope=key.session) == (
            [made],
            False,
        )
        left = engine.services.workspace.listing(root("t"), "")
        assert [each.name for each in left or ()] == [made.key]
        assert engine.due() == []

    def test_a_run_is_bounded_and_the_next_one_goes_on(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("walkaway_core.doors.sweep.MOST", 3)
        made = [engine.session(persistent=True, ttl=100) for _ in range(8)]
        engine.table.flush()  # that the bus has been told of them is written behind
        engine.clock.time += 101
        assert [sweep(engine.services) for _ in range(4)] == [3, 3, 2, 0]
        assert engine.due() == ["purge"] * len(made)

    def test_a_run_out_of_time_leaves_the_rest_to_the_next(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            engine.session(persistent=True, ttl=100)
        engine.table.flush()
        engine.clock.time += 101
        real = deleting.delete_free

        def slow(*of: Any, **how: Any) -> bool:
            engine.clock.time += 60
            return real(*of, **how)

        monkeypatch.setattr(deleting, "delete_free", slow)
        assert [sweep(engine.services) for _ in range(3)] == [2, 1, 0]
        assert engine.due() == ["purge"] * 3

    def test_contents_of_the_deleted_come_last_and_piece_by_piece(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = engine.session()
        turns_ = []
        for _ in range(3):
            turns_.append(engine.turn(key))
            finish(engine, turns_[-1])
        deleting.delete(engine.services, key)
        waiting = engine.turn()
        engine.clock.time += 6000
        monkeypatch.setattr("walkaway_core.doors.sweep.SECONDS", 0.5)
        real = engine.table.sweep_out

        def slow(*of: Any) -> int:
            engine.clock.time += 1
            return real(*of)

        monkeypatch.setattr(engine.table, "sweep_out", slow)
        assert sweep(engine.services) == 2
        assert engine.now(waiting).status == "failed", "a turn waits for nobody's broom"
        left = [len(engine.events(turn)) > 0 for turn in turns_]
        assert left == [False, True, True]
        for _ in range(20):
            sweep(engine.services)
        assert not any(engine.events(turn) for turn in turns_)
        assert "purge" not in engine.due()

    def test_a_due_item_that_was_left_behind_is_swept_away(self, engine: Engine) -> None:
        turn = engine.turn()
        pk, sk = f"SYS#DUE#{0:02}", f"{int(engine.clock.time * 1000):013}#turn#{turn.key.turn}"
        body = f'{{"tenant":"t","session":"{turn.key.session}","turn":"{turn.key.turn}"}}'.encode()
        engine.table.write(Put(Item(pk, sk, {"kind": "turn"}, body)))
        assert engine.due() == ["session", "turn", "turn"]
        sweep(engine.services)
        assert engine.due() == ["session", "turn"]
        assert engine.now(turn).status == "running"

    def test_one_bad_due_item_does_not_stop_the_sweep(self, engine: Engine) -> None:
        turn = engine.turn()
        bad = Item("SYS#DUE#00", "0000000000001#turn#x", {"kind": "turn"}, b'{"tenant":"t"}')
        engine.table.write(Put(bad))
        engine.clock.time += 90 * 60 + 1
        sweep(engine.services)
        assert engine.kinds(turn)[-1] == "message.error"


class TestLateness:
    """What is counted of a run."""

    def test_a_run_that_has_nothing_to_do_is_not_counted(self, engine: Engine) -> None:
        engine.turn()
        sweep(engine.services)
        assert engine.metrics.samples == []

    def test_a_run_says_how_late_the_latest_of_it_is(self, engine: Engine, monkeypatch: Any) -> None:
        monkeypatch.setattr(engine.services.machine, "start", lambda *_: None)
        engine.turn()
        engine.clock.time += 30
        engine.turn()
        engine.clock.time += 20
        sweep(engine.services)
        assert engine.metrics.of(DUE_LATENESS) == [40]

    def test_a_due_item_made_by_hand_says_nothing_of_it(self, engine: Engine) -> None:
        engine.table.write(Put(Item("SYS#DUE#00", "000000000000x", {"kind": "outbox"}, b"{}")))
        sweep(engine.services)
        assert engine.metrics.samples == []


@pytest.mark.parametrize(
    ("reported", "sentence"),
    [
        ({"status": "ABORTED"}, "The turn was stopped by whoever runs this server"),
        (
            {"status": "ABORTED", "error": "E", "cause": "too dear"},
            "The turn was stopped by whoever runs this server: too dear",
        ),
        ({"status": "TIMED_OUT"}, "The turn was given up after repeated failures: TIMED_OUT"),
        (
            {"status": "FAILED", "error": "E", "cause": "no room"},
            "The turn was given up after repeated failures: no room",
        ),
    ],
)
def test_a_turn_says_why_its_execution_is_over(engine: Engine, reported: dict[str, str], sentence: str) -> None:
    turn = engine.turn()
    execution_failed(engine.services, {**reported, "input": jsontext.dumps(ticket(turn))})
    assert engine.now(turn).error == sentence
