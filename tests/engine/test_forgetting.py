"""One turn goes, and what goes on from it keeps its text; parents are kept for their children, and chains live on."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.chains import TTL, begin, chain, forked, next_
from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import asked, run
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting, executions, placing, sending
from walkaway_core.engine.forgetting import forget
from walkaway_core.errors import NotFound, ResponseNotFound, SessionNotFound
from walkaway_core.log import spoken
from walkaway_core.log.session_readers import SessionReader
from walkaway_core.store import bodies, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey

if TYPE_CHECKING:
    from walkaway_core.store.turns import Turn

LATER = 20 * 60 + 1
MINUTE = 60


def swept(engine: Engine, seconds: float = LATER) -> None:
    """Let so much time pass, and the schedule come until it finds nothing more."""
    engine.clock.time += seconds
    while sweep(engine.services):
        pass


def is_gone(engine: Engine, key: SessionKey) -> bool:
    """Whether nothing at all is left of a session."""
    items = engine.table.query(key.partition).items
    files = engine.services.workspace.listing(bodies.root("t"), key.session)
    return not (engine.table.get(key.item)[0] or items or files or engine.table.query(key.own_log.log).items)


def heard(model: MessagesApi) -> list[str]:
    """What the model was told by users at last."""
    return [block["text"] for message in asked(model) if message["role"] == "user" for block in message["content"]]


class TestForgetting:
    def test_it_is_unknown_at_once_and_what_came_behind_it_is_not(self, engine: Engine, model: MessagesApi) -> None:
        first = forked(engine, "one")
        second = next_(engine, "two", first)
        child = forked(engine, "other", first.key)
        forget(engine.services, first.key)
        for look in (executions.get, placing.origin, forget):
            with pytest.raises(ResponseNotFound):
                look(engine.services, first.key)
        assert executions.get(engine.services, second.key)
        listed, _ = turns.listing(engine.services, first.key.owner, limit=10)
        assert [turn.key for turn in listed] == [second.key]
        session = sessions.get(engine.services, first.key.owner)
        shown, _ = spoken.newest(engine.services, session.key, limit=10, forgotten=session.forgotten > 0)
        assert {entry.turn for entry in shown} == {second.key.turn}
        swept(engine)
        next_(engine, "three", second)
        assert heard(model) == ["one", "two", "three"]
        next_(engine, "more", child)
        assert heard(model) == ["one", "other", "more"]

    def test_the_last_of_a_session_is_followed_by_no_other(self, engine: Engine, model: MessagesApi) -> None:
        first = forked(engine, "one")
        second = next_(engine, "two", first)
        forget(engine.services, second.key)
        assert placing.successor(engine.services, first.key, chain()) is None
        assert engine.table.query(second.key.log).items, "whoever slept could still write there"
        swept(engine)
        assert not engine.table.query(second.key.log).items
        assert "two" not in str(engine.table.query(first.key.owner.partition).items)
        assert executions.get(engine.services, first.key)
        forked(engine, "other", first.key)
        assert heard(model) == ["one", "other"]

    def test_its_text_goes_with_the_last_that_goes_on_from_it(self, engine: Engine) -> None:
        first = forked(engine, "the first")
        second = next_(engine, "two", first)
        child = forked(engine, "other", first.key)
        forget(engine.services, first.key)
        forget(engine.services, second.key)
        with pytest.raises(SessionNotFound):
            sessions.get(engine.services, first.key.owner)
        swept(engine)
        left = str(engine.table.query(first.key.owner.partition).items)
        assert "the first" in left
        assert "two" not in left, "nobody goes on from that"
        forget(engine.services, child.key)
        swept(engine)
        assert is_gone(engine, child.key.owner)
        assert is_gone(engine, first.key.owner)
        assert set(engine.due()) <= {"outbox"}

    def test_one_that_runs_is_cancelled(self, engine: Engine) -> None:
        turn = begin(engine, "one")
        forget(engine.services, turn.key)
        assert engine.now(turn).status == "cancelled"
        swept(engine)
        assert is_gone(engine, turn.key.owner)

    def test_a_session_that_is_no_chain_stays(self, engine: Engine, model: MessagesApi) -> None:
        key = engine.session(persistent=True)
        turn = sending.send(engine.services, key, "go").turn
        run(engine, turn)
        forget(engine.services, turn.key)
        swept(engine)
        assert sessions.get(engine.services, key)
        assert not engine.table.query(turn.key.log).items
        later = sending.send(engine.services, key, "again").turn
        run(engine, later)
        assert heard(model) == ["again"]

    def test_of_two_that_go_at_once_one_is_the_last(self, engine: Engine) -> None:
        first = forked(engine, "one")
        second = next_(engine, "two", first)
        engine.table.at(1, "", lambda: forget(engine.services, second.key))
        forget(engine.services, first.key)
        with pytest.raises(SessionNotFound):
            sessions.get(engine.services, first.key.owner)

    def test_the_next_turn_is_not_begun_behind_one_that_goes(self, engine: Engine) -> None:
        first = forked(engine, "one")
        second = next_(engine, "two", first)
        engine.table.at(1, "", lambda: forget(engine.services, second.key))
        with pytest.raises(AssertionError):
            next_(engine, "three", second)

    @pytest.mark.parametrize("fault", ["lost", "after effect"])
    def test_its_outcome_may_be_unknown(self, engine: Engine, fault: str) -> None:
        first = forked(engine, "one")
        next_(engine, "two", first)
        engine.table.at(1, fault)
        forget(engine.services, first.key)
        with pytest.raises(ResponseNotFound):
            executions.get(engine.services, first.key)
        assert sessions.get(engine.services, first.key.owner).forgotten == 1

    def test_large_bodies_go_too(self, engine: Engine, model: MessagesApi) -> None:
        first = forked(engine, "one")
        model.replies = [Reply([call("list_files")]), Reply([text("x" * 300_000)], pieces=300_000)]
        second = next_(engine, "y" * 300_000, first)
        assert engine.services.workspace.listing(bodies.root("t"), first.key.session)
        forget(engine.services, second.key)
        swept(engine)
        assert not engine.services.workspace.listing(bodies.root("t"), first.key.session)
        assert [entry.turn for entry in spoken.of_turn(engine.services, first.key)] == [first.key.turn] * 2

    def test_a_sessions_events_pass_over_it(self, engine: Engine) -> None:
        first = forked(engine, "one")
        second = next_(engine, "two", first)
        third = next_(engine, "three", second)
        forget(engine.services, second.key)

        async def read() -> list[str]:
            reader = SessionReader.open(engine.services, first.key.owner, "")
            lines: list[Any] = []
            while len(lines) < 100 and (page := await reader.page(limit=100, timeout=0)):
                lines += page
            return [line.log for line in lines]

        logs = asyncio.run(read())
        assert first.key.turn in logs
        assert third.key.turn in logs
        assert second.key.turn not in logs


class TestKeptParents:
    def test_a_deleted_session_is_kept_for_its_child_and_goes_with_it(self, engine: Engine, model: MessagesApi) -> None:
        first = forked(engine, "one")
        next_(engine, "two", first)
        child = forked(engine, "other", first.key)
        grandchild = forked(engine, "deeper", child.key)
        for turn in (first, child):
            deleting.delete(engine.services, turn.key.owner)
            with pytest.raises(NotFound):
                executions.get(engine.services, turn.key)
        swept(engine)
        assert engine.table.get(first.key.owner.item)[0]
        next_(engine, "on", grandchild)
        assert heard(model) == ["one", "other", "deeper", "on"]
        deleting.delete(engine.services, grandchild.key.owner)
        swept(engine)
        for turn in (grandchild, child, first):
            assert is_gone(engine, turn.key.owner)
        assert set(engine.due()) <= {"outbox"}

    def test_the_last_of_several_children_counts(self, engine: Engine, model: MessagesApi) -> None:
        first = forked(engine, "one")
        second = next_(engine, "two", first)
        early, late = forked(engine, "a", first.key), forked(engine, "b", second.key)
        deleting.delete(engine.services, first.key.owner)
        swept(engine)
        next_(engine, "b2", late)
        assert heard(model) == ["one", "two", "b", "b2"]
        deleting.delete(engine.services, late.key.owner)
        swept(engine)
        assert is_gone(engine, late.key.owner)
        assert not engine.table.query(second.key.log).items, "what only that one has needed goes with it"
        next_(engine, "a2", early)
        assert heard(model) == ["one", "a", "a2"]

    def test_a_parent_is_not_emptied_before_its_time(self, engine: Engine) -> None:
        first = forked(engine, "one")
        child = forked(engine, "two", first.key)
        deleting.delete(engine.services, child.key.owner)
        engine.clock.time += LATER - 60
        deleting.delete(engine.services, first.key.owner)
        swept(engine, 60)
        assert is_gone(engine, child.key.owner)
        assert engine.table.query(first.key.log).items, "whoever slept could still write there"
        swept(engine)
        assert is_gone(engine, first.key.owner)

    def test_all_of_a_tenants_go_at_once(self, engine: Engine) -> None:
        first = forked(engine, "one")
        child = forked(engine, "two", first.key)
        assert deleting.delete_idle(engine.services, "t", None, idle=False) == 2
        swept(engine)
        swept(engine, 1)
        assert is_gone(engine, first.key.owner)
        assert is_gone(engine, child.key.owner)

    def test_a_sweep_that_dies_leaves_somebody_to_go_on(self, engine: Engine) -> None:
        for number in range(1, 12):
            first = forked(engine, "one")
            child = forked(engine, "two", first.key)
            deleting.delete(engine.services, first.key.owner)
            deleting.delete(engine.services, child.key.owner)
            engine.clock.time += LATER
            engine.table.at(number, "crash after")
            try:
                while sweep(engine.services):
                    pass
            except Crashed:
                pass
            engine.table.revive()
            engine.table.disarm()
            swept(engine, 1)
            assert is_gone(engine, first.key.owner)
            assert is_gone(engine, child.key.owner)


class TestLife:
    def test_a_chain_lives_from_the_end_of_its_youngest_turn(self, engine: Engine) -> None:
        first = forked(engine, "one")
        engine.clock.time += TTL - 10
        second = next_(engine, "two", first)
        swept(engine, TTL - 10)
        assert executions.get(engine.services, first.key)
        assert executions.get(engine.services, second.key)
        swept(engine, 11)
        with pytest.raises(SessionNotFound):
            executions.get(engine.services, second.key)

    def test_a_turn_may_take_longer_than_its_chain_lives(self, engine: Engine) -> None:
        turn = begin(engine, "one", ttl=600)
        engine.clock.time += 3_000
        assert executions.get(engine.services, turn.key)
        run(engine, turn)
        engine.clock.time += 599
        assert executions.get(engine.services, turn.key)
        engine.clock.time += 2
        with pytest.raises(SessionNotFound):
            executions.get(engine.services, turn.key)

    def test_what_goes_on_from_it_makes_it_live_on(self, engine: Engine) -> None:
        first = forked(engine, "one")
        child = forked(engine, "two", first.key)
        last: Turn = forked(engine, "three", child.key)
        for number in range(4):
            for _ in range(TTL // MINUTE - 1):
                engine.clock.time += MINUTE
                sweep(engine.services)
            last = next_(engine, str(number), last)
            assert executions.get(engine.services, first.key), "it was never gone in between"
            assert executions.get(engine.services, child.key)
        swept(engine, TTL + MINUTE)
        swept(engine, LATER)
        for turn in (first, child, last):
            assert is_gone(engine, turn.key.owner)

    def test_each_link_lives_its_own_time_behind_the_youngest(self, engine: Engine, model: MessagesApi) -> None:
        first = forked(engine, "one", ttl=600)
        child = forked(engine, "two", first.key)
        for _ in range(12):
            engine.clock.time += MINUTE
            sweep(engine.services)
        with pytest.raises(SessionNotFound):
            executions.get(engine.services, first.key)
        swept(engine)
        next_(engine, "three", child)
        assert heard(model) == ["one", "two", "three"]

    def test_a_native_parent_lives_as_long_as_it_did(self, engine: Engine, model: MessagesApi) -> None:
        native = engine.turn(engine.session(ttl=3_600, persistent=True))
        run(engine, native)
        child = forked(engine, "two", native.key)
        engine.clock.time += 3_500
        later = next_(engine, "three", child)
        swept(engine, 101)
        with pytest.raises(SessionNotFound):
            executions.get(engine.services, native.key)
        assert executions.get(engine.services, later.key)
        forked(engine, "four", later.key)
        assert heard(model) == ["go", "two", "three", "four"]


def test_a_turn_that_never_began_counts_for_nothing(engine: Engine) -> None:
    first = begin(engine, "one")
    waiting = sending.send(engine.services, first.key.owner, "two", on_busy="enqueue").turn
    forget(engine.services, waiting.key)
    run(engine, first)
    assert sessions.get(engine.services, first.key.owner).forgotten == 0
    forget(engine.services, TurnKey("t", first.key.session, first.key.turn))
    with pytest.raises(SessionNotFound):
        sessions.get(engine.services, first.key.owner)
