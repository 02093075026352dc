"""The settings of one step: a call is forced in the first one alone, and an answer has what its turn has left."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.kit import sse
from tests.kit.busy import go_on
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway_core.agent import agents, held
from walkaway_core.agent.step_settings import of_step
from walkaway_core.engine import creating
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.sessions import SessionOptions
from walkaway_wire.tools import FunctionTool

READ = {"type": "tool", "name": "read_file"}


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_what_leaves_the_model_a_choice_holds_for_all_steps(engine: Engine, choice: Any) -> None:
    settings, turn = AgentSettings(tool_choice=choice, thinking=True), engine.turn()
    assert [of_step(settings, turn, step) for step in (1, 2)] == [settings, settings]


def test_a_call_is_forced_in_the_first_step_alone_and_without_thinking(engine: Engine, model: MessagesApi) -> None:
    model.replies = [
        Reply([call("list_files")]),
        Reply([text("done")]),
        Reply([call("list_files")]),
        Reply([text("x")]),
    ]
    session = engine.session(model="claude-opus-4-6", thinking=True, tool_choice="any", parallel_tool_calls=False)
    for _ in range(2):
        go_on(engine, engine.turn(session))
    serial = {"disable_parallel_tool_use": True}
    sent = [(one["tool_choice"], one.get("thinking", {}).get("type")) for one in model.requests]
    assert sent == [({"type": "any", **serial}, None), ({"type": "auto", **serial}, "adaptive")] * 2


def test_a_model_that_takes_no_choice_thinks_as_ever_and_is_left_one(engine: Engine) -> None:
    """Of a session that is older than what is known of its model."""
    settings = AgentSettings(model="claude-opus-5-5", tool_choice="any", thinking=True)
    assert of_step(settings, engine.turn(), 1) == replace(settings, tool_choice=None)


def test_a_tool_that_has_gone_is_not_chosen_and_an_event_says_so(engine: Engine, model: MessagesApi) -> None:
    model.replies = [Reply([text("done")])]
    time, services = {"type": "tool", "name": "get_time"}, engine.services
    agent = agents.create(
        services,
        "t",
        "clerk",
        values={"model": "test-model"},
        tools=[FunctionTool.model_validate({"name": "get_time"})],
    )
    says = SessionOptions(settings=AgentSettings(tool_choice=time))
    options = held.with_agent(services, says, agent, {"tool_choice": time})
    session = creating.create(services, "t", options, {}).key
    agents.change(services, "t", "clerk", {}, [])
    turn = engine.turn(session)
    go_on(engine, turn)
    assert "tool_choice" not in model.requests[0]
    (adjusted,) = [event.data for event in engine.events(turn) if event.type == "step.adjusted"]
    assert adjusted["left_out"] == ["tool_choice"]


HAIKU = "claude-haiku-4-5"


@pytest.mark.parametrize(
    ("said", "used", "holds"),
    [
        ({}, 1000, {}),
        ({"max_output_tokens": 500}, 1000, {}),
        ({"max_output_tokens": 5000}, 1000, {"max_output_tokens": 4000}),
        ({"thinking": True}, 1000, {"max_output_tokens": 4000}),
        ({"thinking": 2000, "max_output_tokens": 500}, 1000, {}),
        ({"thinking": 2000}, 1000, {"thinking": 2000, "max_output_tokens": 2000}),
        ({"thinking": 4000}, 1000, {"thinking": 2000, "max_output_tokens": 2000}),
        ({"thinking": 4000}, 4000, {"thinking": False, "max_output_tokens": 1000}),
        ({"thinking": True, "model": HAIKU}, 1000, {"thinking": 2000, "max_output_tokens": 2000}),
        ({"thinking": True, "model": HAIKU}, 4900, {"thinking": False, "max_output_tokens": 100}),
    ],
)
def test_an_answer_and_its_thinking_have_no_more_than_the_turn_has_left(
    engine: Engine, said: dict[str, Any], used: int, holds: dict[str, Any]
) -> None:
    turn = engine.turn()
    turn = replace(turn, usage={**turn.usage, "output_tokens": used})
    settings = AgentSettings(max_turn_output_tokens=5000, **{"model": "claude-sonnet-5-5", **said})
    found = of_step(settings, turn, 2)
    assert found == replace(settings, **(holds or ({} if "max_output_tokens" in said else {"max_output_tokens": 4000})))


def test_a_turn_whose_answers_have_used_their_tokens_ends_and_says_so(engine: Engine, model: MessagesApi) -> None:
    usage = {"output_tokens": 60}
    model.replies = [
        Reply([call("list_files")], usage=usage),
        Reply([text("Once upon")], stop_reason="max_tokens", usage={"output_tokens": 40}),
        Reply([text("a time")]),
    ]
    turn = engine.turn(engine.session(max_turn_output_tokens=100, inline_tools=False))
    go_on(engine, turn)
    assert [one["max_tokens"] for one in model.requests] == [100, 40]
    ended = engine.now(turn)
    assert (ended.status, ended.code) == ("failed", "max_output_tokens")
    assert "100 of the 100 tokens" in ended.error
    assert ended.usage["output_tokens"] == 100


def test_an_answer_that_ends_by_itself_with_the_last_token_completes_its_turn(
    engine: Engine, model: MessagesApi
) -> None:
    model.replies = [Reply([text("done")], usage={"output_tokens": 100})]
    turn = engine.turn(engine.session(max_turn_output_tokens=100))
    go_on(engine, turn)
    assert engine.now(turn).status == "completed"


def test_the_offline_model_calls_the_tool_that_a_message_names(server: Running) -> None:
    with server.client() as client:
        session = sse.new(client, persistent=True, thinking=True)
        body = {"message": "Hello", "tool_choice": {"type": "tool", "name": "list_files"}}
        with client.stream("POST", f"/v1/sessions/{session}/messages", json=body) as answer:
            events = sse.read(answer)
        assert [event.data["name"] for event in events if event.event == "tool_use.start"] == ["list_files"]
        assert [event.event for event in events].count("step.completed") == 2
        assert events[-1].event == "message.completed"
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        form = {"message": "Count to 7", "output_format": {"type": "json_schema", "schema": schema}}
        with client.stream("POST", f"/v1/sessions/{session}/messages", json=form) as answer:
            assert json.loads(sse.text(sse.read(answer))) == {"n": 7}
        large = {**form, "output_format": {"schema": {"title": "x" * 33_000}}}
        refused = client.post(f"/v1/sessions/{session}/messages", json=large)
        assert (refused.status_code, "32768 are allowed" in refused.json()["message"]) == (400, True)
        none = client.post(
            f"/v1/sessions/{session}/messages", json={"message": "List the files", "tool_choice": "none"}
        )
        assert "tool_use.start" not in none.text
        assert "message.completed" in none.text
        wrong = client.post(f"/v1/sessions/{session}/messages", json={"message": "x", "tool_choice": "often"})
        assert wrong.status_code == 400
        assert '`tool_choice`: must be auto, any, none, or {"type": "tool"' in wrong.json()["message"]
