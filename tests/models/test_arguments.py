"""What a model is asked in the words of the Messages API: each as it takes it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.kit.messages_api import MessagesApi
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.models.arguments import NOTES, arguments, dropped, on_mantle, tools
from walkaway_core.ports.model import ModelRequest
from walkaway_core.settings import Settings

HELLO = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
TOOL = {"name": "a", "description": "b", "input_schema": {"type": "object"}}
ADAPTIVE = {"type": "adaptive", "display": "summarized"}
UPDATES = {"type": "adaptive", "display": "updates"}


def request(model: str = "claude-sonnet-5-5", **more: Any) -> ModelRequest:
    return replace(ModelRequest(model, "Be brief.", HELLO, [TOOL], 20_000), **more)


@pytest.mark.parametrize(
    ("model", "asked", "sent"),
    [
        ("claude-sonnet-5-5", None, UPDATES),
        ("claude-opus-5-5", None, UPDATES),
        ("claude-sonnet-5", None, None),
        ("claude-opus-4-8", None, None),
        ("qwen3", None, None),
        ("claude-sonnet-5-5", True, ADAPTIVE),
        ("claude-opus-4-6", True, ADAPTIVE),
        ("claude-haiku-4-5", True, {"type": "enabled", "budget_tokens": 16_000}),
        ("qwen3", True, ADAPTIVE),
        ("claude-sonnet-5-5", 5000, ADAPTIVE),
        ("claude-haiku-4-5", 5000, {"type": "enabled", "budget_tokens": 5000}),
        ("qwen3", 5000, {"type": "enabled", "budget_tokens": 5000}),
        ("claude-sonnet-5-5", False, {"type": "between_tools"}),
        ("claude-sonnet-5", False, {"type": "disabled"}),
        ("claude-haiku-5-5", False, {"type": "disabled"}),
        ("claude-opus-5-5", False, UPDATES),
        ("claude-opus-4-8", False, None),
        ("qwen3", False, None),
    ],
)
def test_thinking_is_asked_for_in_the_models_own_way(model: str, asked: bool | int | None, sent: Any) -> None:  # noqa: FBT001
    assert arguments(request(model, thinking=asked), theirs=True).body.get("thinking") == sent


@pytest.mark.parametrize(("effort", "type_"), [("high", "between_tools"), ("xhigh", "adaptive")])
def test_with_much_effort_it_cannot_be_off(effort: str, type_: str) -> None:
    asked = request(thinking=False, effort=effort)
    assert arguments(asked, theirs=True).body["thinking"]["type"] == type_
    assert dropped(asked) == (["thinking"] if effort == "xhigh" else [])


def test_notes_are_asked_for_where_they_are_known() -> None:
    assert arguments(request(), theirs=True).headers == {"anthropic-beta": NOTES}
    assert "thinking" not in arguments(request()).body, "another service may not know them"
    assert arguments(request("bedrock/anthropic.claude-sonnet-5-5")).body["thinking"] == UPDATES


@pytest.mark.parametrize(
    ("model", "thinking", "most"),
    [
        ("claude-sonnet-5-5", None, 20_000),
        ("claude-sonnet-5-5", 30_000, 50_000),
        ("claude-sonnet-5-5", 120_000, 128_000),
        ("claude-haiku-4-5", True, 36_000),
        ("claude-haiku-4-5", 60_000, 64_000),
        ("qwen3", 300_000, 320_000),
    ],
)
def test_an_answer_gets_the_room_for_its_thinking_up_to_what_the_model_gives(
    model: str,
    thinking: bool | int | None,  # noqa: FBT001
    most: int,
) -> None:
    made = arguments(request(model, thinking=thinking)).body
    assert made["max_tokens"] == most
    assert made.get("thinking", {}).get("budget_tokens", 0) < most


def test_what_a_model_would_refuse_is_left_out_and_named() -> None:
    asked = request("claude-sonnet-4-5", effort="low", temperature=0.5, thinking=True)
    assert dropped(asked) == ["temperature", "effort"]
    made = arguments(asked).body
    assert "output_config" not in made
    assert "temperature" not in made
    assert dropped(request("claude-opus-5-5", thinking=False, temperature=1.0)) == ["temperature", "thinking"]
    assert dropped(request("qwen3", effort="max", temperature=2.0, thinking=False)) == []


def test_a_temperature_goes_to_the_edition_that_knows_it() -> None:
    made = arguments(request("claude-sonnet-4-6", temperature=0.5))
    assert made.body["temperature"] == 0.5
    assert made.headers == {"anthropic-version": "2023-06-01"}
    other = arguments(request("qwen3", temperature=0.5))
    assert (other.body["temperature"], other.headers) == (0.5, {})


def test_a_top_p_goes_where_a_temperature_does_and_not_beside_one() -> None:
    made = arguments(request("claude-sonnet-4-6", top_p=0.9))
    assert (made.body["top_p"], made.headers) == (0.9, {"anthropic-version": "2023-06-01"})
    both = request("claude-sonnet-4-6", top_p=0.9, temperature=0.5)
    assert dropped(both) == ["top_p"]
    assert "top_p" not in arguments(both).body
    assert dropped(request("claude-sonnet-5-5", top_p=0.9)) == ["top_p"]
    assert arguments(request("qwen3", top_p=0.9, temperature=0.5)).body["top_p"] == 0.9


A = {"type": "tool", "name": "a"}


@pytest.mark.parametrize(
    ("model", "asked", "sent"),
    [
        ("claude-opus-5", {}, None),
        ("claude-opus-5", {"tool_choice": "auto"}, None),
        ("claude-opus-5", {"tool_choice": "none"}, {"type": "none"}),
        ("claude-opus-5", {"tool_choice": "none", "parallel_tool_calls": False}, {"type": "none"}),
        ("claude-opus-5", {"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ("claude-opus-5", {"tool_choice": "any"}, {"type": "any"}),
        ("claude-opus-5", {"tool_choice": A}, A),
        ("claude-opus-5", {"tool_choice": A, "parallel_tool_calls": False}, {**A, "disable_parallel_tool_use": True}),
        ("claude-opus-5", {"tool_choice": {"type": "tool", "name": "gone"}}, None),
        ("claude-opus-5", {"tool_choice": "any", "tools": []}, None),
        ("claude-opus-5", {"tool_choice": "any", "effort": "max"}, None),
        ("claude-opus-5-5", {"tool_choice": "any"}, None),
        ("claude-fable-5", {"tool_choice": "any"}, {"type": "any"}),
        ("qwen3", {"tool_choice": A, "effort": "max"}, A),
    ],
)
def test_tools_are_chosen_in_the_services_words_where_the_model_takes_it(model: str, asked: Any, sent: Any) -> None:
    assert arguments(request(model, **asked)).body.get("tool_choice") == sent
    refused = sent is None and asked.get("tools") is None and asked.get("tool_choice") == "any"
    assert ("tool_choice" in dropped(request(model, **asked))) == refused


FORM = {"type": "json_schema", "schema": {"type": "object"}}


def test_the_form_of_an_answer_goes_beside_the_effort() -> None:
    assert arguments(request(output_format=FORM)).body["output_config"] == {"format": FORM}
    both = arguments(request(output_format=FORM, effort="low")).body["output_config"]
    assert both == {"effort": "low", "format": FORM}
    assert "output_config" not in arguments(request()).body
    older = request("bedrock/anthropic.claude-opus-4-5-20251101-v1:0", output_format=FORM)
    assert arguments(older).body["output_config"] == {"format": FORM}
    mantle = request("bedrock/anthropic.claude-opus-5-5", output_format=FORM)
    assert "output_config" not in arguments(mantle).body
    assert dropped(mantle) == ["output_format"]


SERVED = ("web_search", "web_fetch")


@pytest.mark.parametrize(
    ("model", "edition"),
    [
        ("claude-opus-4-8", "web_search_20260318"),
        ("claude-sonnet-5-5", "web_search_20260209"),
        ("claude-haiku-4-5", "web_search_20250305"),
        ("qwen3", "web_search_20250305"),
    ],
)
def test_the_services_tools_are_asked_for_in_the_newest_edition_that_is_known_to_work(model: str, edition: str) -> None:
    search, fetch = tools(request(model, server_tools=SERVED))[1:]
    assert search == {"type": edition, "name": "web_search", "max_uses": 20}
    assert fetch["max_content_tokens"] == 25_000


def test_two_places_to_run_code_in_are_one_too_many() -> None:
    search, *_ = tools(request(server_tools=("web_search", "code_execution")))[1:]
    assert search["allowed_callers"] == ["direct"]


def test_bedrock_has_none_of_them() -> None:
    asked = request("bedrock/anthropic.claude-opus-5-5", server_tools=SERVED)
    assert tools(asked) == [TOOL]
    assert dropped(asked) == list(SERVED)


def test_arguments_come_as_they_are_written_from_claudes_own_api_alone() -> None:
    assert tools(request(), theirs=True)[0]["eager_input_streaming"]
    assert tools(request()) == [TOOL]
    assert tools(request("my-model"), theirs=True) == [TOOL]


def test_a_step_that_may_be_late_is_cached_for_an_hour() -> None:
    for slow in (False, True):
        made = arguments(request(slow=slow)).body
        marks = [made["system"][0]["cache_control"], made["messages"][-1]["content"][-1]["cache_control"]]
        assert marks == [{"type": "ephemeral"} | ({"ttl": "1h"} if slow else {})] * 2


@pytest.mark.parametrize(
    ("model", "mantle"),
    [
        ("bedrock/anthropic.claude-sonnet-5-5", True),
        ("bedrock/us.anthropic.claude-sonnet-5-5", False),
        ("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", False),
        ("bedrock/anthropic.claude-haiku-4-5-20251001", False),
        ("bedrock/amazon.nova-pro", False),
    ],
)
def test_names_on_bedrock_lead_to_the_endpoint_that_has_them(model: str, mantle: bool) -> None:  # noqa: FBT001
    assert on_mantle(model) is mantle


class TestMantle:
    @pytest.fixture
    def bedrock(self, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnthropicModel]:
        monkeypatch.setenv("ANTHROPIC_BEDROCK_MANTLE_BASE_URL", model.url)
        for name, value in {"REGION": "eu-central-1", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        made = AnthropicModel(Settings(providers=frozenset({"bedrock"})))
        yield made
        made.close()

    def test_is_asked_as_the_messages_api_is_and_counts(self, bedrock: AnthropicModel, model: MessagesApi) -> None:
        asked = request("bedrock/anthropic.claude-sonnet-5-5")
        made = bedrock.call(asked)
        assert "".join(data["content"] for kind, data in made.events() if kind == "text.delta") == "Hello."
        assert model.requests[0]["model"] == "anthropic.claude-sonnet-5-5"
        assert bedrock.count(asked)


def test_older_models_on_bedrock_are_asked_in_their_edition() -> None:
    made = arguments(request("bedrock/us.anthropic.claude-opus-4-6"))
    assert made.body["anthropic_version"] == "bedrock-2023-05-31"
    assert "anthropic_version" not in arguments(request("bedrock/us.anthropic.claude-sonnet-5-5")).body


def test_what_stands_before_the_conversation_is_named_where_thinking_is_bound_to_it() -> None:
    port = AnthropicModel(Settings(api_key="k"))
    name = port.prefix(request())
    assert name == port.prefix(request(messages=[], effort="low", slow=True, max_tokens=5))
    others = [request(system="x"), request(tools=[]), request("claude-opus-5-5"), request(server_tools=SERVED)]
    assert len({name, *map(port.prefix, others)}) == 5
    assert port.prefix(request("claude-opus-4-8")) == port.prefix(request("qwen3")) == ""
