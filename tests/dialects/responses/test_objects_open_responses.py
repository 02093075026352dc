"""Open Responses' cases, written anew: bodies that its types take, and answers that are of its types, byte for byte."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from openresponses_types import types
from pydantic import BaseModel

Body = dict[str, Any]

EVENTS: dict[str, type[BaseModel]] = {
    str(next(iter(model.model_fields["type"].annotation))): model
    for name, model in vars(types).items()
    if name.endswith("StreamingEvent")
}
PAGE = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather of a place",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
        "required": ["location", "unit"],
        "additionalProperties": False,
    },
    "strict": True,
}


def said(role: str, content: Any) -> Body:
    return {"type": "message", "role": role, "content": content}


ASKED = said("user", 'What is the weather in "San Francisco"?')
CASES: dict[str, Body] = {
    "a text": {"input": [said("user", "Say hello in exactly 3 words.")]},
    "a bare text": {"input": "Say hello in exactly 3 words."},
    "a system prompt": {"input": [said("system", "You are a pirate."), said("user", "Say hello.")]},
    "a developer's message": {"input": [said("developer", "You are a pirate."), said("user", "Say hello.")]},
    "instructions and limits": {
        "input": "Say hello.",
        "instructions": "You are a pirate.",
        "metadata": {"case": "limits"},
        "max_output_tokens": 500,
        "truncation": "disabled",
        "prompt_cache_key": "pirates",
        "safety_identifier": "somebody",
    },
    "a tool's call": {"input": [ASKED], "tools": [WEATHER]},
    "a tool's call that is chosen": {
        "input": "Hello.",
        "tools": [WEATHER],
        "tool_choice": {"type": "function", "name": "get_weather"},
    },
    "an image": {
        "input": [
            said(
                "user",
                [
                    {"type": "input_text", "text": "What do you see?"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
                ],
            )
        ]
    },
    "a file": {
        "input": [
            said(
                "user",
                [
                    {"type": "input_text", "text": "What does it say?"},
                    {
                        "type": "input_file",
                        "filename": "page.pdf",
                        "file_data": f"data:application/pdf;base64,{PAGE}",
                    },
                ],
            )
        ]
    },
    "what was said before": {
        "input": [
            said("user", "My name is Alice."),
            said("assistant", "Hello Alice! How can I help?"),
            said("user", "What is my name?"),
        ]
    },
    "thinking": {"input": "Say hello.", "reasoning": {"effort": "low", "summary": "auto"}},
    "a schema": {
        "input": "Plan 45 minutes.",
        "text": {
            "format": {
                "type": "json_schema",
                "name": "plan",
                "schema": {"type": "object", "properties": {"minutes": {"type": "integer"}}, "required": ["minutes"]},
            }
        },
    },
}


def asked(client: httpx.Client, body: Body) -> Body:
    """Send a body that its types take; give an answer that is of its types."""
    whole = {"model": "gpt-4.1", **body}
    types.CreateResponseBody.model_validate_json(json.dumps(whole), strict=True)
    answer = client.post("/v1/responses", json=whole)
    assert answer.status_code == 200, answer.text
    return checked(answer.json())


def checked(response: Body) -> Body:
    types.ResponseResource.model_validate_json(json.dumps(known(response)), strict=True)
    assert (response["status"], response["error"]) == ("completed", None)
    assert response["output"]
    return response


def known(response: Body) -> Body:
    """Leave out a schema, for which its types take nothing but null."""
    format_ = response["text"]["format"]
    text = {**response["text"], "format": {**format_, **({"schema": None} if "schema" in format_ else {})}}
    return {**response, "text": text}


def told(client: httpx.Client, body: Body) -> Body:
    """Send it as a stream, each event of which is of its type; give the response at its end."""
    answer = client.post("/v1/responses", json={"model": "gpt-4.1", **body, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *lines, done = [block for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    assert done == "data: [DONE]"
    events = []
    for line in lines:
        name, _, data = line.partition("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        shown = {**event, "response": known(event["response"])} if "response" in event else event
        EVENTS[event["type"]].model_validate_json(json.dumps(shown), strict=True)
        events.append(event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events if "response" in event][-1] == "response.completed"
    _complete(events)
    return checked(events[-1]["response"])


def _complete(events: Sequence[Body]) -> None:
    """Each item that is added is done, and stands in the output as it was done."""
    added = [event["item"]["id"] for event in events if event["type"] == "response.output_item.added"]
    done = {event["item"]["id"]: event["item"] for event in events if event["type"] == "response.output_item.done"}
    assert added == [item["id"] for item in events[-1]["response"]["output"]]
    assert [done[id_] for id_ in added] == events[-1]["response"]["output"]


@pytest.mark.parametrize("case", CASES)
def test_an_answer_is_of_its_type(case: str, client: httpx.Client) -> None:
    asked(client, CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_each_event_of_a_stream_is_of_its_type(case: str, client: httpx.Client) -> None:
    told(client, CASES[case])


@pytest.mark.parametrize("way", [asked, told], ids=["an answer", "a stream"])
def test_a_call_and_what_came_of_it(way: Any, client: httpx.Client) -> None:
    first = way(client, {"input": [ASKED], "tools": [WEATHER]})
    (call,) = [item for item in first["output"] if item["type"] == "function_call"]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"location": "San Francisco", "unit": "c"})
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"temperature": 18}'}
    for body in (
        {"input": [ASKED, *first["output"], output]},
        {"input": [output], "previous_response_id": first["id"]},
    ):
        second = way(client, {**body, "tools": [WEATHER]})
        assert '{"temperature": 18}' in second["output"][-1]["content"][0]["text"]


@pytest.mark.parametrize("way", [asked, told], ids=["an answer", "a stream"])
def test_a_conversation_by_the_last_responses_id(way: Any, client: httpx.Client) -> None:
    first = way(client, {"input": "My name is Alice."})
    second = way(client, {"input": "What is my name?", "previous_response_id": first["id"]})
    assert second["previous_response_id"] == first["id"]
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
