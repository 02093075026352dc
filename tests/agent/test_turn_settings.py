"""Settings that a message says for its turn alone: each goes the whole way, and stays as it was when the turn began."""

from dataclasses import replace
from typing import Any

import pytest

from tests.agent.test_settings import HIDDEN, NAMES, PRICED, SAID, SHOWN
from tests.kit.engine import Engine
from walkaway_core.agent import agents, held, settings, showing
from walkaway_core.engine import creating, ending, executions, sending
from walkaway_core.engine.sending import OnBusy, Sent
from walkaway_core.errors import Invalid
from walkaway_core.ports.items import Delete, Put
from walkaway_core.store import keys, sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.turns import Turn
from walkaway_wire.messages import MessageCreate
from walkaway_wire.tools import FunctionTool

LONG = "é" * 100_000
"""Instructions whose body stands beside the table."""


def send(engine: Engine, session: SessionKey, on_busy: OnBusy = "reject", **said: Any) -> Sent:
    asked = MessageCreate(message="go", **said)
    return sending.send(engine.services, session, asked.message, on_busy=on_busy, settings=asked)


def settings_of(engine: Engine, turn: Turn) -> AgentSettings:
    """What the doors of a turn read."""
    return executions.current(engine.services, turn.ticket).settings


def of_agent(engine: Engine, **values: Any) -> SessionKey:
    """A session whose agent is a clerk with these settings."""
    agent = agents.create(engine.services, "t", "clerk", values={"model": PRICED, **values})
    return creating.create(engine.services, "t", held.with_agent(engine.services, SessionOptions(), agent, ()), {}).key


@pytest.mark.parametrize("name", sorted(NAMES - HIDDEN))
def test_each_goes_from_a_message_to_its_turn_alone(engine: Engine, name: str) -> None:
    session = engine.session(model=PRICED)
    whole = sessions.get(engine.services, session).options.settings
    turn = send(engine, session, **{name: SAID[name]}).turn
    assert settings.shown(engine.services, settings_of(engine, turn))[name] == SHOWN[name]
    before = {own: getattr(whole, own) for own in NAMES - {name, "tools_at"}}
    assert {own: getattr(settings_of(engine, turn), own) for own in before} == before
    assert showing.of_turns(engine.services, [engine.now(turn)]) == [settings_of(engine, turn)]
    ending.cancel(engine.services, turn.key)
    after = engine.turn(session)
    assert settings_of(engine, after) == whole
    shown = showing.of_turns(engine.services, [engine.now(turn), engine.now(after)])
    assert settings.shown(engine.services, shown[0])[name] == SHOWN[name]
    assert shown[1] == whole


def test_null_is_the_default_and_not_what_the_session_says(engine: Engine) -> None:
    session = engine.session(
        thinking=2048, max_turn_cost_usd=0.5, turn_timeout=77, allowed_tools=["bash"], model=PRICED
    )
    unsaid = ("thinking", "max_turn_cost_usd", "turn_timeout", "allowed_tools")
    said: dict[str, Any] = {**dict.fromkeys(unsaid), "model": ""}
    found = settings_of(engine, send(engine, session, **said).turn)
    assert (found.thinking, found.max_turn_cost_usd, found.allowed_tools) == (None, None, None)
    assert (found.turn_timeout, found.model) == (engine.services.settings.turn_timeout, "test-model")


def test_a_turn_has_the_time_that_its_message_gives_it(engine: Engine) -> None:
    turn = send(engine, engine.session(turn_timeout=100), turn_timeout=9).turn
    assert engine.now(turn).allowed == 9


def test_they_stay_as_they_were_when_the_turn_began(engine: Engine) -> None:
    """Whatever the agent and the server say by now."""
    session = of_agent(engine, max_steps=7, effort="low")
    turn = send(engine, session, effort="high", model="", instructions=LONG).turn
    begun = settings_of(engine, turn)
    assert (begun.effort, begun.max_steps, begun.instructions) == ("high", 7, LONG)
    assert begun.model == "test-model", "the server's own"
    agents.change(engine.services, "t", "clerk", {"max_steps": 8, "effort": "medium", "instructions": "Later."})
    engine.services = replace(engine.services, settings=replace(engine.services.settings, model="another"))
    assert settings_of(engine, turn) == begun
    assert showing.of_turns(engine.services, [engine.now(turn)]) == [begun]


def test_a_message_that_waits_keeps_its_own_and_takes_the_rest_when_it_begins(engine: Engine) -> None:
    session = of_agent(engine, max_steps=7, effort="low")
    first = engine.turn(session)
    waiting = send(engine, session, "enqueue", effort="high", instructions=LONG).turn
    assert showing.of_turns(engine.services, [waiting])[0].max_steps == 7
    agents.change(engine.services, "t", "clerk", {"max_steps": 8, "effort": "medium"})
    assert showing.of_turns(engine.services, [waiting])[0].max_steps == 8, "what it would begin with now"
    ending.cancel(engine.services, first.key)
    agents.change(engine.services, "t", "clerk", {"max_steps": 9})
    found = settings_of(engine, engine.now(waiting))
    assert (found.effort, found.max_steps, found.instructions) == ("high", 8, LONG)
    after = send(engine, session, "enqueue").turn
    ending.cancel(engine.services, waiting.key)
    assert (settings_of(engine, engine.now(after)).effort, settings_of(engine, engine.now(after)).instructions) == (
        "medium",
        "",
    )


def test_one_that_interrupts_begins_with_its_own(engine: Engine) -> None:
    session = engine.session(max_steps=7)
    first = send(engine, session, max_steps=5).turn
    second = send(engine, session, "interrupt", max_steps=6).turn
    assert engine.now(first).status == "cancelled"
    assert settings_of(engine, engine.now(second)).max_steps == 6


def test_one_that_steers_may_say_none_but_on_a_free_session(engine: Engine) -> None:
    session = engine.session()
    first = send(engine, session, "steer", max_steps=5).turn
    assert settings_of(engine, first).max_steps == 5
    with pytest.raises(Invalid, match=r"^max_steps: the turn that this message would steer goes on with") as refused:
        send(engine, session, "steer", max_steps=6, effort="low")
    assert '"on_busy": "enqueue"' in str(refused.value)
    assert engine.now(first).steers == 0
    assert send(engine, session, "steer").outcome == "steered"


@pytest.mark.parametrize("on_busy", ["enqueue", "interrupt"])
def test_what_the_turns_model_refuses_is_told_by_field_and_nothing_begins(engine: Engine, on_busy: OnBusy) -> None:
    session = engine.session(model="claude-haiku-4-5")
    first = engine.turn(session)
    with pytest.raises(Invalid, match=r"^effort: claude-haiku-4-5 does not know 'low'"):
        send(engine, session, on_busy, effort="low")
    engine.services.model._settings = replace(engine.services.settings, base_url="")  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match="'rehearse' needs the server's ANTHROPIC_API_KEY"):
        send(engine, session, on_busy, model="rehearse")
    record = sessions.get(engine.services, session)
    assert (record.turn, record.queued) == (first.key.turn, 0)


def test_tools_that_the_session_has_can_be_allowed(engine: Engine) -> None:
    tools = [{"name": "get_time"}]
    session = of_agent(engine)
    send(engine, session, tools=tools, allowed_tools=["get_time", "read_file"])
    with pytest.raises(Invalid, match="There is no tool 'get_time'"):
        send(engine, session, "enqueue", allowed_tools=["get_time"])
    agents.change(engine.services, "t", "clerk", {}, [FunctionTool.model_validate(tools[0])])
    found = send(engine, session, "interrupt", allowed_tools=["get_time"]).turn
    assert settings_of(engine, found).allowed_tools == ("get_time",)


def test_messages_that_say_the_same_share_what_is_stored(engine: Engine) -> None:
    session = engine.session()
    turns = [send(engine, session, "enqueue", max_steps=steps).turn for steps in (5, 5, 6)]
    assert len({engine.now(turn).said for turn in turns}) == 2
    stored = engine.table.query(session.partition, after="SETTINGS#", upto="SETTINGS#~").items
    assert len(stored) == 2


def test_a_turn_without_them_is_as_it_was_stored_before_there_were_any(engine: Engine) -> None:
    turn = send(engine, engine.session()).turn
    stored = engine.table.get(turn.key.item)[0]
    assert stored
    assert "settings" not in stored.facts
    assert engine.now(turn).said == ""


@pytest.mark.parametrize("body", [b"", b"[]", b'{"max_steps": "many"}', None])
def test_what_nobody_can_read_any_more_lets_no_turn_go_on_with_others(engine: Engine, body: bytes | None) -> None:
    session = engine.session(max_steps=7)
    turn = send(engine, session, max_steps=5).turn
    place = keys.hashed("t", session.session, "SETTINGS", engine.now(turn).said)
    stored = engine.table.get(place)[0]
    assert stored
    engine.table.write(Delete(*place) if body is None else Put(replace(stored, body=body)))
    with pytest.raises((LookupError, ValueError)):
        settings_of(engine, turn)
    assert showing.of_turns(engine.services, [engine.now(turn)])[0].max_steps == 7, "it is shown all the same"
