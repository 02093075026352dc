"""Rule R1: one ending, in one transaction, and nothing behind it."""

import asyncio
from itertools import count
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.tickets import finish
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import starting
from walkaway_core.engine.ending import Ending, cancel, end_turn
from walkaway_core.engine.starting import Message
from walkaway_core.log import log, metadata, readers
from walkaway_core.log.log import Superseded, Writer
from walkaway_core.ports.items import Key, Write
from walkaway_core.store import outbox, sessions
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn

FAULTS = ["lost", "after effect"]


class TestOneEnding:
    """R1."""

    def test_a_turn_ends_with_its_session_due_items_and_outbox_at_once(self, engine: Engine) -> None:
        turn = engine.turn()
        seen: list[set[Key]] = []

        def look(_: str, writes: tuple[Write, ...]) -> bool:
            seen.extend([{write.key for write in writes}] if writes else [])
            return False

        engine.table.picks = look
        ended = end_turn(engine.services, turn.key, Ending("completed"))
        assert ended.now
        log_item = engine.table.query(turn.key.log, reverse=True, limit=1).items[0]
        assert seen[0] > {log_item.key, turn.key.item, turn.key.owner.item}
        assert sorted(sk.split("#")[1] for pk, sk in seen[0] if pk.startswith("SYS#DUE#")) == [
            "outbox",
            "session",
            "session",
            "turn",
        ]
        assert engine.kinds(turn) == ["message.created", "message.completed"]
        assert engine.now(turn).status == "completed"
        assert not sessions.get(engine.services, turn.key.owner).busy
        assert engine.due() == ["session"]

    @pytest.mark.parametrize("archive", [False, True])
    def test_what_follows_an_end_is_no_older(
        self, *, engine: Engine, monkeypatch: pytest.MonkeyPatch, archive: bool
    ) -> None:
        turn, services = engine.turn(), engine.services
        ticks = count(engine.clock.now())
        monkeypatch.setattr(engine.clock, "now", lambda: float(next(ticks)))
        message = Message([{"type": "text", "text": "Go on"}])

        def successor(tx: Transaction, session: Session) -> Turn:
            return starting.fresh(services, tx, session, message, None)

        ended = end_turn(services, turn.key, Ending("cancelled", archive=archive), None if archive else successor)
        last = engine.events(turn)[-1].at
        own = log.latest(services, turn.key.owner.own_log)
        assert own
        assert log.events(services, turn.key.owner.own_log, [own])[-1].at >= last
        assert archive or (ended.next and ended.next.began_at >= last)

    def test_only_the_first_of_two_endings_counts(self, engine: Engine) -> None:
        turn = engine.turn()
        assert end_turn(engine.services, turn.key, Ending("cancelled")).now
        assert not end_turn(engine.services, turn.key, Ending("completed")).now
        assert engine.kinds(turn) == ["message.created", "message.cancelled"]
        assert engine.now(turn).status == "cancelled"

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_ending_of_unknown_outcome_happens_once(self, engine: Engine, fault: str) -> None:
        turn = engine.turn()
        engine.table.at(1, fault)
        assert end_turn(engine.services, turn.key, Ending("completed")).now
        assert engine.kinds(turn) == ["message.created", "message.completed"]
        assert [kind for kind, _ in engine.told] == ["session.created", "turn.completed"]
        assert engine.metrics.samples == [("TurnsCompleted", 1)]

    def test_an_ending_that_loses_the_number_to_an_event_comes_after_it(self, engine: Engine) -> None:
        turn = engine.turn()

        def append() -> None:
            log.append(engine.services, Writer(turn.key, 1001, "other"), 1, [("text.delta", {"content": "late"})])

        engine.table.at(1, "", append)
        end_turn(engine.services, turn.key, Ending("completed"))
        assert engine.kinds(turn) == ["message.created", "text.delta", "message.completed"]

    def test_a_cancel_that_comes_first_keeps_a_finish_from_saying_completed(self, engine: Engine) -> None:
        turn = engine.turn()
        engine.table.at(1, "", lambda: cancel(engine.services, turn.key))
        finish(engine, turn)
        assert engine.kinds(turn) == ["message.created", "message.cancelled"]

    def test_nothing_can_be_appended_behind_the_end(self, engine: Engine) -> None:
        turn = engine.turn()
        end_turn(engine.services, turn.key, Ending("completed"))
        with pytest.raises(Superseded):
            log.append(engine.services, Writer(turn.key, 10**8, "zombie"), 1, [("text.delta", {})])
        with pytest.raises(Superseded):
            log.open_end(engine.services, turn.key)
        assert engine.kinds(turn)[-1] == "message.completed"

    def test_whoever_comes_from_an_earlier_step_finds_no_place_in_the_log(self, engine: Engine) -> None:
        turn = engine.turn()
        log.append(engine.services, Writer(turn.key, 2001, "later"), 1, [("step.started", {"step": 2, "attempt": 1})])
        with pytest.raises(Superseded):
            log.open_end(engine.services, turn.key, 1999)
        assert log.open_end(engine.services, turn.key, 2999).number == 2

    def test_a_session_that_was_changed_meanwhile_is_released_all_the_same(self, engine: Engine) -> None:
        turn = engine.turn()
        key = turn.key.owner
        engine.table.at(1, "", lambda: metadata.merge(engine.services, key, {"a": 1}))
        finish(engine, turn)
        session = sessions.get(engine.services, key)
        assert (session.busy, session.metadata) == (False, {"a": 1})

    def test_the_bus_is_told_after_a_crash_between_the_end_and_the_bus(self, engine: Engine, monkeypatch: Any) -> None:
        turn = engine.turn()

        def crash(*_: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(outbox, "send", crash)
            with pytest.raises(SystemExit):
                finish(engine, turn)
        assert engine.due() == ["outbox", "session"]
        engine.clock.time += 11
        sweep(engine.services)
        assert [kind for kind, _ in engine.told] == ["session.created", "turn.completed"]
        assert engine.told[-1][1]["response_id"] == turn.key.turn
        assert engine.due() == ["session"]

    def test_a_reader_sees_the_end_only_when_the_session_is_free(self, engine: Engine, monkeypatch: Any) -> None:
        turn = engine.turn()
        busy = engine.table.get(turn.key.owner.item)
        finish(engine, turn)
        looks: list[int] = []
        real = engine.table.get

        def late(*asked: Any) -> Any:
            """Show the session as it was for a while, as a table may whose items become visible one by one."""
            if asked != (turn.key.owner.item,):
                return real(*asked)
            looks.append(1)
            return busy if len(looks) < 4 else real(*asked)

        monkeypatch.setattr(engine.table, "get", late)

        async def follow() -> list[str]:
            at = readers.Cursor(-1, "", done=False)
            return [
                e.type for events in [e async for e in readers.follow(engine.services, turn.key, at)] for e in events
            ]

        assert asyncio.run(follow())[-1] == "message.completed"
        assert len(looks) == 4
        looks.clear()
        page = readers.read(engine.services, turn.key, readers.Cursor(-1, "", done=False), limit=10, timeout=0)
        assert asyncio.run(page)[0][-1].type == "message.completed"
        assert len(looks) == 4
