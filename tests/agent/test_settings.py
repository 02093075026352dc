"""The settings of an agent: each goes the whole way from a request to a record, whatever its name is."""

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest

import walkaway_core
from tests.kit.engine import Engine
from walkaway_core.agent import agents, client_tools, held, prompt, settings
from walkaway_core.engine import creating, executions
from walkaway_core.log import transcript
from walkaway_core.ports.model import ModelRequest
from walkaway_core.store import sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.sessions import SessionOptions
from walkaway_wire import jsontext
from walkaway_wire.agents import AgentChange, AgentCreate, AgentRecord
from walkaway_wire.resources import SessionCreate, SessionRecord
from walkaway_wire.settings import Settings, SettingsRecord, ToolSettings
from walkaway_wire.tools import FunctionTool

NAMES = {field.name for field in fields(AgentSettings)}
OF_DIALECTS = {"web_search", "web_fetch", "max_tool_calls", "toolset"}
"""What only other dialects say."""
HIDDEN = {"tools_at", "asked_model", *OF_DIALECTS}
"""Where the definitions of `tools` are, and what `model` is shown as, are the server's own business."""
SAID: dict[str, Any] = {
    "model": "rehearsal",
    "instructions": "Cite every source.",
    "thinking": 2048,
    "max_steps": 7,
    "turn_timeout": 77,
    "max_output_tokens": 777,
    "effort": "low",
    "temperature": 0.5,
    "allowed_tools": ["read_file", "write_file"],
    "disallowed_tools": ["bash"],
    "max_cost_usd": 7.5,
    "max_turn_cost_usd": 0.75,
    "tools": [{"name": "get_time"}],
    "approve": ["write_file"],
    "tool_timeout": 7,
    "inline_tools": False,
    "tool_choice": {"type": "tool", "name": "read_file"},
    "parallel_tool_calls": False,
    "output_format": {"type": "json_schema", "schema": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    "max_turn_output_tokens": 5000,
    "top_p": 0.9,
}
"""Of each setting a value that is not the default."""
SHOWN = {**SAID, "tools": ["get_time"]}
PRICED = "claude-sonnet-4-6"
"""A model whose cost can be limited."""


@pytest.fixture(params=sorted(NAMES - HIDDEN))
def name(request: pytest.FixtureRequest) -> str:
    assert request.param in SAID, "a setting is added: say here a value that is not its default"
    return str(request.param)


def said(engine: Engine, body: dict[str, Any], owner: str) -> dict[str, Any]:
    """What a request says, in a session's or an agent's words."""
    asked = ToolSettings.model_validate(body)
    stored = client_tools.store(engine.services, "t", owner, asked.tools)
    return {**settings.read(asked), **(stored.settings if "tools" in body else {})}


def test_the_wire_has_the_same_list() -> None:
    for asked in (SessionCreate, AgentCreate, AgentChange):
        assert set(asked.model_fields) >= NAMES - HIDDEN
    assert set(Settings.model_fields) == NAMES - HIDDEN - {"tools"}
    assert set(SettingsRecord.model_fields) == NAMES - HIDDEN
    for shown in (SessionRecord, AgentRecord):
        assert issubclass(shown, SettingsRecord)
        for example in shown.model_json_schema()["examples"]:
            shown.model_validate(example)


def test_the_wire_has_the_same_defaults(engine: Engine) -> None:
    body = ToolSettings().model_dump()
    assert AgentSettings(**said(engine, body, "sess_1")) == AgentSettings()
    assert settings.shown(engine.services, AgentSettings()) == body | {"thinking": False, "max_output_tokens": 16_000}


def test_each_goes_from_a_request_to_the_session_and_its_record(engine: Engine, name: str) -> None:
    own = AgentSettings(**said(engine, {name: SAID[name]}, "sess_1"))
    assert own != AgentSettings()
    own = replace(own, model=own.model or PRICED)
    made = creating.create(engine.services, "t", SessionOptions(settings=own), {}, name="sess_1")
    read = sessions.get(engine.services, made.key)
    assert read.options.settings == settings.filled(engine.services, own)
    assert settings.shown(engine.services, read.options.settings)[name] == SHOWN[name]


def test_each_stands_in_the_stored_json_by_its_name(engine: Engine, name: str) -> None:
    options = SessionOptions(settings=AgentSettings(**said(engine, SAID, "sess_1")))
    stored = jsontext.loads(jsontext.dumps(options.body))
    assert stored[name] == SHOWN[name]
    assert sessions.options({**stored, "of_a_later_version": 1}) == options
    default = getattr(AgentSettings(), name)
    assert getattr(sessions.options({n: v for n, v in stored.items() if n != name}).settings, name) == default


@pytest.mark.parametrize(("stored", "means"), [(False, None), (0, False), (True, True), (5000, 5000)])
def test_a_thinking_that_nobody_asked_for_is_the_models_own(stored: object, means: object) -> None:
    """0.1.0 stored `false` where nobody had said anything, and reads a 0 as that."""
    read = AgentSettings.stored({"thinking": stored})
    assert read.thinking is means or read.thinking == means != 0
    assert read.body.get("thinking", False) == stored
    assert AgentSettings.stored(read.body) == read
    assert AgentSettings.stored({}).thinking is None


def test_each_is_the_agents_unless_the_session_says_it(engine: Engine, name: str) -> None:
    services = engine.services
    tools = [FunctionTool.model_validate(tool) for tool in SAID["tools"]] if name == "tools" else []
    agent = agents.create(
        services, "t", "clerk", values={"model": PRICED, **said(engine, {name: SAID[name]}, "agt")}, tools=tools
    )
    other = settings.read(Settings(instructions="My own.", max_steps=9))
    options = SessionOptions(settings=AgentSettings(**other))
    merged = held.with_agent(services, options, agent, other).settings
    if name in other:
        assert getattr(merged, name) == other[name]
    else:
        assert settings.shown(services, merged)[name] == SHOWN[name]
    whole = AgentSettings(**said(engine, SAID, "sess_1"))
    mine = held.with_agent(services, SessionOptions(settings=whole), agent, said(engine, SAID, "sess_1"))
    assert mine.settings == whole
    assert set(mine.own) == NAMES - {"asked_model", *OF_DIALECTS}


def test_each_is_an_agents_to_change_and_to_take_back(engine: Engine, name: str) -> None:
    agents.create(engine.services, "t", "clerk", values={"model": PRICED})
    tools = [FunctionTool.model_validate(tool) for tool in SAID["tools"]] if name == "tools" else None
    changed = agents.change(engine.services, "t", "clerk", settings.read(Settings(**only(name))), tools)
    assert settings.shown(engine.services, changed.settings)[name] == SHOWN[name]
    assert agents.get(engine.services, "t", "clerk") == changed
    nothing = {name: getattr(AgentSettings(), name)}
    again = agents.change(engine.services, "t", "clerk", {} if tools else nothing, [] if tools else None)
    assert replace(again.settings, model="") == AgentSettings()


def only(name: str) -> dict[str, Any]:
    return {} if name == "tools" else {name: SAID[name]}


def test_a_turn_keeps_the_settings_that_it_began_with(engine: Engine) -> None:
    agent = agents.create(engine.services, "t", "clerk", values={"model": PRICED, "max_steps": 7})
    options = held.with_agent(engine.services, SessionOptions(), agent, ())
    key = creating.create(engine.services, "t", options, {}).key
    turn = engine.turn(key)
    begun = executions.current(engine.services, turn.ticket).settings
    agents.change(engine.services, "t", "clerk", {"max_steps": 8, "instructions": "Later."})
    assert executions.current(engine.services, turn.ticket).settings == begun
    session = sessions.get(engine.services, key)
    assert held.at_start(engine.services, session)[0] == replace(begun, max_steps=8, instructions="Later.")


def test_a_model_call_gets_those_that_it_has_by_name(engine: Engine) -> None:
    whole = AgentSettings(**said(engine, {**SAID, "tools": []}, "sess_1"))
    body = {"role": "user", "content": [{"type": "text", "text": "go"}]}
    turn = engine.turn()
    entries = transcript.entries(engine.services, turn.key.owner)
    asked = prompt.prompt(engine.services, entries, "t", whole).request
    assert asked.messages == [body]
    both = {field.name for field in fields(ModelRequest)} & NAMES - {"tools"}
    assert {n: getattr(asked, n) for n in both} == {n: v for n, v in asdict(whole).items() if n in both}
    assert both >= {"model", "thinking", "effort", "temperature"}


def test_nobody_asks_the_session_for_what_holds_for_a_turn() -> None:
    root = Path(walkaway_core.__path__[0])
    asking = {str(file.relative_to(root)) for file in root.rglob("*.py") if "options.settings" in file.read_text()}
    assert asking == {"agent/held.py", "agent/settings.py", "agent/showing.py", "engine/creating.py"}
