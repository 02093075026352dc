"""What a model refuses is refused when it is asked for, by its field; a session that has it already goes on."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi
from tests.kit.servers import Running
from tests.kit.steps import of, run
from walkaway_core.agent import suitable
from walkaway_core.engine import creating
from walkaway_core.errors import Invalid
from walkaway_core.ports.items import Put
from walkaway_core.store import sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_wire import jsontext

TIME, READ = ({"type": "tool", "name": name} for name in ("get_time", "read_file"))
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("claude-sonnet-5-5", {"temperature": 0.5}, r"^temperature: claude-sonnet-5-5 takes none"),
    ("claude-sonnet-4-6", {"temperature": 0.5, "thinking": True}, r"^temperature: .* while it thinks"),
    ("claude-haiku-4-5", {"effort": "low"}, r"^effort: claude-haiku-4-5 does not know 'low'; it takes none"),
    ("claude-opus-4-5", {"effort": "max"}, r"^effort: .* it takes low, medium, high$"),
    ("claude-opus-5-5", {"thinking": False}, r"^thinking: claude-opus-5-5 always thinks; leave it out"),
    ("claude-sonnet-5-5", {"thinking": False, "effort": "max"}, r"^thinking: .* up to an effort of high$"),
    ("claude-haiku-4-5", {"thinking": 64_000}, r"^thinking: claude-haiku-4-5 gives up to 64000"),
    ("claude-haiku-4-5", {"max_output_tokens": 100_000}, r"^max_output_tokens: claude-haiku-4-5 gives up to 64000"),
    ("claude-sonnet-5-5", {"top_p": 0.5}, r"^top_p: claude-sonnet-5-5 takes none"),
    ("claude-sonnet-4-6", {"top_p": 0.5, "thinking": True}, r"^top_p: claude-sonnet-4-6 takes none while it thinks"),
    ("claude-sonnet-4-6", {"top_p": 0.5, "temperature": 0.5}, r"^top_p: claude-sonnet-4-6 takes none beside a temper"),
    ("claude-sonnet-5-5", {"tool_choice": "any"}, r"^tool_choice: claude-sonnet-5-5 cannot be made to call a tool"),
    ("claude-opus-5", {"tool_choice": "any", "effort": "max"}, r"^tool_choice: .* up to an effort of high$"),
    ("claude-opus-5", {"tool_choice": TIME}, r"^tool_choice: the agent has no tool 'get_time'"),
    ("test-model", {"tool_choice": READ, "disallowed_tools": ("read_file",)}, r"^tool_choice: .* no tool 'read_file'"),
    (
        "bedrock/anthropic.claude-opus-5-5",
        {"output_format": {"type": "json_schema", "schema": {}}},
        r"^output_format: Bedrock's Messages API has none",
    ),
    ("bedrock/x", {"allowed_tools": ("web_search",)}, r"^allowed_tools: web_search .* Bedrock"),
    ("test-model", {"max_cost_usd": 1.0}, r"docs/models\.md has no price"),
]


@pytest.fixture
def engine(engine: Engine) -> Engine:
    settings = replace(engine.services.settings, providers=frozenset({"anthropic", "bedrock"}))
    engine.services.model._settings = settings  # type: ignore[attr-defined]
    return engine


@pytest.mark.parametrize(("named", "asked", "sentence"), REFUSED, ids=[f"{m} {a}" for m, a, _ in REFUSED])
def test_what_a_model_refuses_is_told_by_field(engine: Engine, named: str, asked: Any, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        suitable.check(engine.services, AgentSettings(model=named, **asked))


@pytest.mark.parametrize("choice", ["auto", "none", "any", READ, TIME])
def test_a_choice_of_tools_is_taken_where_it_can_be(engine: Engine, choice: Any) -> None:
    suitable.check(engine.services, AgentSettings(model="claude-opus-5", tool_choice=choice, tools=("get_time",)))
    if choice in ("auto", "none"):
        suitable.check(engine.services, AgentSettings(model="claude-opus-5-5", tool_choice=choice, effort="max"))


@pytest.mark.parametrize("named", ["test-model", "rehearsal"])
def test_others_get_what_is_asked(engine: Engine, named: str) -> None:
    asked = AgentSettings(model=named, effort="max", temperature=0.5, thinking=False, max_output_tokens=128_000)
    suitable.check(engine.services, asked)


def test_a_session_that_has_it_already_goes_on_without_and_says_so(engine: Engine, model: MessagesApi) -> None:
    made = creating.create(engine.services, "t", sessions.options({"model": "claude-sonnet-4-6"}), {})
    options = made.options.body | {"model": "claude-sonnet-5-5", "temperature": 0.5, "thinking": 0, "effort": "max"}
    stored = engine.table.get(made.key.item)[0]
    assert stored
    engine.table.write(Put(replace(stored, body=jsontext.dump_bytes(options))))
    events = run(engine, engine.turn(made.key))
    assert events[-1].type == "message.completed"
    told = {"step": 1, "left_out": ["temperature", "thinking"], "reason": "claude-sonnet-5-5 does not take this"}
    assert of(events, "step.adjusted") == [told]
    assert "temperature" not in model.requests[-1]


def test_over_http_it_is_a_400_of_its_field(scripted: Running) -> None:
    with scripted.client() as client:
        answer = client.post("/v1/sessions", json={"model": "claude-sonnet-5-5", "temperature": 0.2})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert answer.json()["message"].startswith("temperature: ")
        agent = client.post("/v1/agents", json={"name": "a", "model": "claude-opus-5-5", "thinking": False})
        assert agent.status_code == 400


def test_a_record_shows_what_holds_where_nobody_says_it(scripted: Running) -> None:
    with scripted.client() as client:
        shown = [_shown(client, model) for model in ("claude-sonnet-5-5", "claude-opus-4-8", "qwen3")]
    assert shown == [(True, 64_000), (False, 64_000), (False, 16_000)]


def _shown(client: httpx.Client, model: str) -> tuple[bool, int]:
    record = client.get(f"/v1/sessions/{sse.new(client, model=model)}").json()
    return record["thinking"], record["max_output_tokens"]
