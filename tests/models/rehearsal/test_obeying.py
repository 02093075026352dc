"""The offline model calls what a request has it call, and is as strict about it as the service."""

import json
from typing import Any

import pytest

from walkaway_core.models.rehearsal.refusing import complaint
from walkaway_core.models.rehearsal.script import GO_ON, reply

OURS = [{"name": name, "input_schema": {"type": "object"}} for name in ("bash", "list_files", "report_progress")]
OWN = {
    "name": "book_flight",
    "input_schema": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
}


def request(message: str, *tools: Any, **more: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": [{"type": "text", "text": message}]}]
    return {"model": "rehearsal", "max_tokens": 1000, "messages": said, "tools": tools or [*OURS, OWN], **more}


def calls(message: str, *tools: Any, **choice: Any) -> list[Any]:
    asked = request(message, *tools, tool_choice=choice, thinking={"type": "disabled"})
    assert complaint(asked) is None
    made = reply(asked)
    found = [(block["name"], block["input"]) for block in made.blocks if block["type"] == "tool_use"]
    assert made.stop_reason == ("tool_use" if found else "end_turn")
    return found


@pytest.mark.parametrize(
    ("message", "choice", "called"),
    [
        ("Hello", {"type": "auto"}, []),
        ("Hello", {"type": "any"}, ["book_flight"]),
        ("Hello", {"type": "tool", "name": "list_files"}, ["list_files"]),
        ('Book a flight to "Porto"', {"type": "auto"}, ["book_flight"]),
        ('Book a flight to "Porto"', {"type": "none"}, []),
        ("List the files", {"type": "any"}, ["list_files"]),
        ("List the files", {"type": "tool", "name": "book_flight"}, ["book_flight"]),
        ("Go on in 5 steps with 3 tools at once", {"type": "auto"}, ["report_progress", "list_files", "list_files"]),
        (
            "Go on in 5 steps with 3 tools at once",
            {"type": "auto", "disable_parallel_tool_use": True},
            ["report_progress"],
        ),
    ],
)
def test_it_calls_what_it_is_to_call(message: str, choice: dict[str, Any], called: list[str]) -> None:
    assert [name for name, _ in calls(message, **choice)] == called


def test_it_makes_up_what_a_call_that_was_forced_is_given() -> None:
    assert calls("Hello", type="any") == [("book_flight", {"to": "Hello"})]


def test_what_is_to_be_looked_up_is_asked_of_a_tool_without_a_word() -> None:
    other = {**OWN, "name": "find_train"}
    for message, expected in (
        ("Look up my flights of last year", "book_flight"),
        ("look up how the weather is", "find_train"),
    ):
        made = reply(request(message, *OURS, other, OWN, thinking={"type": "disabled"}))
        assert [(block["type"], block["name"]) for block in made.blocks] == [("tool_use", expected)]
    assert calls("Tell how to look up the weather", other) == []


def test_where_any_call_would_do_it_makes_one_that_it_has_not_made_yet() -> None:
    last = {**OWN, "name": "final_result"}
    asked = request("Book a flight", OWN, last, tool_choice={"type": "any"}, thinking={"type": "disabled"})
    for name in ("book_flight", "final_result", "book_flight"):
        (call,) = [block for block in reply(asked).blocks if block["type"] == "tool_use"]
        assert call["name"] == name
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "done"}
        asked["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]


def test_without_a_tool_of_the_callers_it_only_looks() -> None:
    assert calls("Hello", *OURS, type="any") == [("list_files", {})]
    assert calls("Hello", OURS[0], type="any") == [("bash", {})]


def test_its_last_text_has_the_form_that_is_asked_for() -> None:
    schema = {"type": "object", "properties": {"to": {"type": "string"}, "n": {"type": "integer"}}, "required": ["to"]}
    form = {"output_config": {"format": {"type": "json_schema", "schema": schema}}, "thinking": {"type": "disabled"}}
    (said,) = reply(request("Tell me about Porto", **form)).blocks
    assert json.loads(said["text"]) == {"to": "Porto"}
    made = reply(request('Book a flight to "Porto"', **form)).blocks
    assert [block["type"] for block in made] == ["text", "tool_use"], "before a call it says what it likes"
    cut = request("Tell me about Porto", **form)
    cut["messages"] += [
        {"role": "assistant", "content": [{"type": "text", "text": '{"to'}]},
        {"role": "user", "content": [{"type": "text", "text": GO_ON}]},
    ]
    assert reply(cut).blocks == [said], "a text that was cut is begun again"


def test_behind_a_call_that_was_forced_it_tells_what_came_of_it() -> None:
    asked = request("Hello")
    call = {"type": "tool_use", "id": "toolu_1", "name": "book_flight", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Booked", "is_error": False}
    asked["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    assert reply({**asked, "thinking": {"type": "disabled"}}).blocks == [
        {"type": "text", "text": "The answer is:\n\nBooked"}
    ]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"tool_choice": {"type": "none"}, "tools": []}, "only be specified while providing tools"),
        ({"tool_choice": {"type": "tool", "name": "gone"}}, "Tool 'gone' not found"),
        ({"tool_choice": {"type": "any"}, "thinking": {"type": "adaptive"}}, "Thinking may not be enabled"),
    ],
)
def test_what_the_service_refuses_it_refuses(more: dict[str, Any], sentence: str) -> None:
    assert sentence in (complaint({**request("Hello"), **more}) or "")
