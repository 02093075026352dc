"""Sessions that do not come to be: what is large of them, and was written before, does not stay."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from walkaway_core.agent import agents, client_tools
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import creating, deleting, starting
from walkaway_core.engine.creating import UNMADE_AFTER
from walkaway_core.engine.releasing import PURGE_AFTER
from walkaway_core.engine.starting import Message
from walkaway_core.errors import NameTaken
from walkaway_core.ports.items import Unknown
from walkaway_core.store import bodies, sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.turns import Turn
from walkaway_wire.tools import FunctionTool

LARGE = "x" * (bodies.INLINE_BYTES + 1)
TOOLS = [FunctionTool(name="look", description="d", parameters={"type": "object", "description": LARGE})]


def begin(engine: Engine) -> Turn | None:
    message = Message([{"type": "text", "text": LARGE}])
    options = SessionOptions(settings=AgentSettings(model="test-model"))
    return starting.with_session(engine.services, "t", options, message, None)


def create(engine: Engine) -> sessions.Session:
    name = engine.services.ids.new("sess_")
    stored = client_tools.store(engine.services, "t", name, TOOLS)
    options = sessions.options({"model": "test-model", **stored.settings})
    return creating.create(engine.services, "t", options, {}, stored.keep, name=name)


def kept(engine: Engine) -> list[Path]:
    """The files of large bodies."""
    workspace: Any = engine.services.workspace
    return [path for path in workspace._folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("act", [begin, create])
class TestLarge:
    @pytest.mark.parametrize("fault", ["lost", "crash before"])
    def test_what_was_not_made_is_removed_once_nobody_can_make_it(self, engine: Engine, act: Any, fault: str) -> None:
        engine.table.at(2, fault)
        try:
            assert act(engine) is None
        except (Crashed, Unknown):
            engine.table.revive()
        assert not engine.table.armed
        assert kept(engine)
        engine.clock.sleep(UNMADE_AFTER + 1)
        sweep(engine.services)
        assert kept(engine) == []

    def test_what_cannot_be_watched_is_removed_at_once(self, engine: Engine, act: Any) -> None:
        engine.table.at(1, "lost")
        with pytest.raises(Unknown):
            act(engine)
        assert kept(engine) == []

    def test_what_was_made_stays_until_its_session_is_deleted(self, engine: Engine, act: Any) -> None:
        made = act(engine)
        session = made.key.owner if isinstance(made, Turn) else made.key
        engine.clock.sleep(UNMADE_AFTER + 1)
        sweep(engine.services)
        assert kept(engine)
        deleting.delete(engine.services, session)
        engine.clock.sleep(PURGE_AFTER + 1)
        sweep(engine.services)
        assert kept(engine) == []


def test_what_a_race_has_left_goes_with_its_session(engine: Engine) -> None:
    """Results, answers and events of writers that lost stand below their session, whoever wrote them."""
    turn = engine.turn()
    left = f"{turn.key.session}/result-of-a-writer-that-lost"
    bodies.stow(engine.services.workspace, "t", left, LARGE.encode())
    deleting.delete(engine.services, turn.key.owner)
    engine.clock.sleep(PURGE_AFTER + 1)
    sweep(engine.services)
    assert kept(engine) == []


def test_of_an_agent_whose_name_is_taken_meanwhile_no_tools_are_left(engine: Engine) -> None:
    engine.table.at(1, before=lambda: agents.create(engine.services, "t", "a", values={}))
    with pytest.raises(NameTaken):
        agents.create(engine.services, "t", "a", values={}, tools=TOOLS)
    assert not engine.table.armed
    assert kept(engine) == []
