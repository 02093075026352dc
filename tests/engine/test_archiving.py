"""A session is closed for ever: in one transaction, free or while it waits, and nothing begins in it afterwards."""

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import go
from walkaway_core.agent import client_tools
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import archiving, creating, deleting, sending
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.errors import SessionNotFound
from walkaway_core.log import log, metadata
from walkaway_core.store import outbox, sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.lifetimes import FOR_EVER
from walkaway_core.store.sessions import SessionArchived, SessionOptions
from walkaway_core.store.turns import Turn
from walkaway_wire.tools import TOOL, FunctionTool

FAULTS = ["lost", "after effect"]


def endless(engine: Engine) -> SessionKey:
    """A session without an end, with a tool of the caller's."""
    name = engine.services.ids.new("sess_")
    tools = client_tools.store(engine.services, "t", name, [FunctionTool.model_validate(TOOL)])
    options = SessionOptions(
        persistent=True, ttl=FOR_EVER, settings=AgentSettings(model="test-model", **tools.settings)
    )
    return creating.create(engine.services, "t", options, {}, tools.keep, name=name).key


def waiting(engine: Engine, model: MessagesApi, key: SessionKey) -> Turn:
    """A turn that waits for its caller."""
    model.replies = [Reply([call(str(TOOL["name"]), "call_1")]), Reply([text("Done.")])]
    turn = engine.turn(key)
    state = go(engine, turn)
    assert state["next"] == "ask"
    engine.door("RequestClientTools", {"ticket": state, "token": "token"})
    assert engine.now(turn).parked
    return turn


def own(engine: Engine, key: SessionKey) -> list[str]:
    """The events of its own log."""
    items = engine.table.query(key.own_log.log).items
    return [event.type for event in log.events(engine.services, key.own_log, items)]


class TestFree:
    def test_it_is_read_and_takes_nothing(self, engine: Engine) -> None:
        key = endless(engine)
        assert archiving.archive(engine.services, key)
        assert sessions.get(engine.services, key).archived_at == engine.clock.now()
        assert own(engine, key) == ["session.archived"]
        for ask in (
            lambda: sending.send(engine.services, key, "go"),
            lambda: metadata.merge(engine.services, key, {"a": 1}),
        ):
            with pytest.raises(SessionArchived, match="archived"):
                ask()
        assert [kind for kind, _ in engine.told] == ["session.created", outbox.ARCHIVED]

    def test_again_is_no_other_time(self, engine: Engine) -> None:
        key = endless(engine)
        archiving.archive(engine.services, key)
        then = sessions.get(engine.services, key).archived_at
        engine.clock.time += 5
        assert archiving.archive(engine.services, key)
        assert sessions.get(engine.services, key).archived_at == then
        assert own(engine, key) == ["session.archived"]

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_unknown_outcome_is_one_archive(self, engine: Engine, fault: str) -> None:
        key = endless(engine)
        engine.table.at(1, fault)
        assert archiving.archive(engine.services, key)
        assert own(engine, key) == ["session.archived"]

    def test_a_message_a_moment_earlier_wins(self, engine: Engine) -> None:
        key = endless(engine)
        engine.table.at(1, before=lambda: engine.turn(key))
        assert not archiving.archive(engine.services, key)
        assert sessions.get(engine.services, key).busy

    def test_a_message_a_moment_later_is_refused(self, engine: Engine) -> None:
        key = endless(engine)
        engine.table.at(1, before=lambda: archiving.archive(engine.services, key))
        with pytest.raises(SessionArchived):
            sending.send(engine.services, key, "go")
        assert own(engine, key) == ["session.archived"]

    def test_it_can_be_deleted(self, engine: Engine) -> None:
        key = endless(engine)
        archiving.archive(engine.services, key)
        assert deleting.delete(engine.services, key)
        with pytest.raises(SessionNotFound):
            sessions.get(engine.services, key)


class TestWhileItWaits:
    @pytest.mark.parametrize("fault", ["", *FAULTS])
    def test_its_turn_ends_with_it(self, engine: Engine, model: MessagesApi, fault: str) -> None:
        key = endless(engine)
        turn = waiting(engine, model, key)
        if fault:
            engine.table.at(1, fault)
        assert archiving.archive(engine.services, key)
        assert engine.now(turn).status == "cancelled"
        assert own(engine, key) == ["turn.started", "session.archived"]
        assert not sessions.get(engine.services, key).busy
        assert [kind for kind, _ in engine.told][-2:] == ["turn.cancelled", outbox.ARCHIVED]

    def test_what_waited_behind_it_ends_too(self, engine: Engine, model: MessagesApi) -> None:
        key = endless(engine)
        waiting(engine, model, key)
        behind = sending.send(engine.services, key, "and then", on_busy="enqueue").turn
        assert archiving.archive(engine.services, key)
        assert engine.now(behind).status == "cancelled"


class TestWhileItRuns:
    def test_it_is_left(self, engine: Engine) -> None:
        key = endless(engine)
        turn = engine.turn(key)
        assert not archiving.archive(engine.services, key)
        assert not deleting.delete(engine.services, key, running=False)
        assert engine.now(turn).status == "running"
        assert own(engine, key) == ["turn.started"]

    def test_one_that_has_its_answers_runs(self, engine: Engine, model: MessagesApi) -> None:
        key = endless(engine)
        turn = waiting(engine, model, key)
        ending = Ending("cancelled", archive=True, parked=True)
        before = engine.now(turn)
        assert end_turn(engine.services, turn.key, Ending("cancelled")).now
        assert not end_turn(engine.services, before.key, ending).now
        assert own(engine, key) == ["turn.started"]


def test_nobody_looks_at_a_session_without_an_end(engine: Engine) -> None:
    key = endless(engine)
    engine.clock.time += 50 * 365 * 86_400
    sweep(engine.services)
    assert sessions.get(engine.services, key)
