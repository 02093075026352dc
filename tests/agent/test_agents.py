"""Agents of which a dialect says more: their names are not theirs alone, and they can be archived."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit.engine import Engine
from walkaway_core.agent import agents, held, versions
from walkaway_core.agent.agent_records import Agent
from walkaway_core.agent.agents import Next
from walkaway_core.errors import AgentNotFound, Invalid
from walkaway_core.store.sessions import SessionOptions

BESIDE = {"some": {"more": 1}}


def made(engine: Engine, name: str = "clerk", **more: Any) -> Agent:
    return agents.create(engine.services, "t", name, values={"model": "test-model"}, **more)


def test_a_name_is_not_theirs_alone(engine: Engine) -> None:
    first, second, named = made(engine, beside=BESIDE), made(engine, beside=BESIDE), made(engine)
    assert agents.get(engine.services, "t", "clerk") == named
    for each in (first, second):
        assert agents.change(engine.services, "t", each.id, {}, name="other").name == "other"
    with pytest.raises(AgentNotFound):
        agents.get(engine.services, "t", "other")
    agents.change(engine.services, "t", second.id, {}, name="clerk")
    agents.delete(engine.services, "t", second.id)
    assert agents.get(engine.services, "t", "clerk") == named


def test_what_is_said_beside_is_kept_with_each_version(engine: Engine) -> None:
    agent = made(engine, beside=BESIDE)

    def more(old: Agent) -> Next:
        return replace(old, beside={"some": {"more": 2}}), None

    agents.rewrite(engine.services, "t", agent.id, more)
    agents.change(engine.services, "t", agent.id, {"max_steps": 5})
    kept = [versions.get(engine.services, "t", agent.id, number).beside for number in (1, 2, 3)]
    assert kept == [BESIDE, {"some": {"more": 2}}, {"some": {"more": 2}}]


def test_what_changes_nothing_is_no_version(engine: Engine) -> None:
    agent = made(engine)
    assert agents.rewrite(engine.services, "t", agent.id, lambda old: (old, None)).version == 1
    assert agents.get(engine.services, "t", agent.id).updated_at == agent.updated_at


def test_no_session_begins_with_an_archived_one(engine: Engine) -> None:
    agent = made(engine)
    archived = agents.archive(engine.services, "t", agent.id)
    assert (archived.version, archived.archived_at is None) == (1, False)
    assert agents.archive(engine.services, "t", agent.id) == archived
    with pytest.raises(Invalid, match="is archived"):
        held.with_agent(engine.services, SessionOptions(), archived, ())
    agents.change(engine.services, "t", agent.id, {"max_steps": 5})
    assert agents.get(engine.services, "t", agent.id).archived_at == archived.archived_at


def test_an_archive_in_the_middle_of_a_change_is_kept(engine: Engine) -> None:
    agent, seen = made(engine), list[Agent]()

    def slow(old: Agent) -> Next:
        if not seen:
            agents.archive(engine.services, "t", agent.id)
        seen.append(old)
        return replace(old, description="changed"), None

    agents.rewrite(engine.services, "t", agent.id, slow)
    found = agents.get(engine.services, "t", agent.id)
    assert found.description == "changed"
    assert found.archived_at is not None
    assert [each.archived_at is None for each in seen] == [True, False]
