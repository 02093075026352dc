"""Responses that go on from others, and what was said elsewhere before them."""

import json
from typing import Any

import httpx
import pytest
from openai import APIStatusError, BadRequestError, NotFoundError

from tests.dialects.responses.conftest import client_of
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running


def say(client: Any, said: Any, before: Any = None, **about: Any) -> Any:
    more = {"previous_response_id": before.id} if before else {}
    return client.responses.create(model="test-model", input=said, **more, **about)


def told(model: MessagesApi) -> list[tuple[str, list[Any]]]:
    """What the model was told last: each message's role, and its texts or the types of its blocks."""
    return [
        (message["role"], [block.get("text", block["type"]) for block in message["content"]])
        for message in model.requests[-1]["messages"]
    ]


@pytest.fixture
def script(scripted: Running, model: MessagesApi) -> Any:
    """A client whose model answers with the number of the call."""
    model.replies = [Reply([text(f"Answer {number}")]) for number in range(1, 6)]
    with client_of(scripted) as client:
        yield client


def test_a_chain_is_a_session(script: Any, model: MessagesApi) -> None:
    first = say(script, "One", instructions="Be brief")
    second = say(script, "Two", first, instructions="Be loud")
    assert second.walkaway["session_id"] == first.walkaway["session_id"]
    assert told(model) == [("user", ["One"]), ("assistant", ["Answer 1"]), ("user", ["Two"])]
    system = json.dumps(model.requests[-1]["system"])
    assert ("Be loud" in system, "Be brief" in system) == (True, False), "instructions are not carried over"
    third = say(script, "Three", second)
    assert "Be loud" not in json.dumps(model.requests[-1]["system"])
    assert third.instructions is None


def test_a_fork_is_a_session_of_its_own(script: Any, model: MessagesApi) -> None:
    first = say(script, "One")
    say(script, "Two", first)
    other = say(script, "Too", first)
    assert other.walkaway["session_id"] != first.walkaway["session_id"]
    assert told(model) == [("user", ["One"]), ("assistant", ["Answer 1"]), ("user", ["Too"])]
    say(script, "Three", other)
    assert [words for _, words in told(model)][-3:] == [["Too"], ["Answer 3"], ["Three"]]


def test_a_link_that_is_deleted_is_gone_and_its_text_goes_on(script: Any, model: MessagesApi) -> None:
    first = say(script, "One")
    second = say(script, "Two", first)
    script.responses.delete(first.id)
    with pytest.raises(NotFoundError):
        script.responses.retrieve(first.id)
    assert script.responses.retrieve(second.id) == second
    say(script, "Three", second)
    assert [words for _, words in told(model)] == [["One"], ["Answer 1"], ["Two"], ["Answer 2"], ["Three"]]
    with pytest.raises(BadRequestError, match="not found"):
        say(script, "Too", first)


def test_a_response_that_runs_is_not_gone_on_from(client: httpx.Client, openai: Any) -> None:
    slow = openai.responses.create(model="gpt-4.1", input="Tell a story in 4 steps slowly", background=True)
    answer = client.post("/v1/responses", json={"input": "Go on", "previous_response_id": slow.id})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "response_in_progress")
    openai.responses.cancel(slow.id)
    assert openai.responses.create(model="gpt-4.1", input="Go on", previous_response_id=slow.id).status == "completed"


def test_what_was_said_elsewhere_comes_before(script: Any, model: MessagesApi) -> None:
    history: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "One"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {"type": "function_call", "id": "fc_1", "call_id": "call.1", "name": "look", "arguments": '{"a":1}'},
        {"type": "function_call", "call_id": "call_2", "name": "look", "arguments": "{}", "status": "completed"},
        {"type": "function_call_output", "call_id": "call_2", "output": "Two"},
        {"type": "function_call_output", "call_id": "call.1", "output": [{"type": "input_text", "text": "One"}]},
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Said"}]},
        {"role": "developer", "content": "Be loud"},
        {"role": "user", "content": "Two"},
    ]
    made = say(script, history, instructions="Be kind")
    assert told(model) == [
        ("user", ["One"]),
        ("assistant", ["tool_use", "tool_use"]),
        ("user", ["tool_result", "tool_result"]),
        ("assistant", ["Said"]),
        ("user", ["<developer>\nBe loud\n</developer>", "Two"]),
    ]
    called, answered = model.requests[-1]["messages"][1:3]
    assert [block["id"] for block in called["content"]] == [block["tool_use_id"] for block in answered["content"]]
    assert called["content"][0]["input"] == {"a": 1}
    assert "Be kind" in (system := json.dumps(model.requests[-1]["system"]))
    assert "Be brief" in system
    assert made.instructions == "Be kind"
    items = script.responses.input_items.list(made.id, order="asc").data
    assert [item.type for item in items] == [item.get("type", "message") for item in history]
    assert len({item.id for item in items}) == len(items)
    assert items[3].call_id == "call.1"
    say(
        script,
        [{"type": "item_reference", "id": items[1].id}, {"id": made.output[0].id}, {"role": "user", "content": "?"}],
    )
    assert told(model) == [("user", ["One"]), ("assistant", ["Answer 1"]), ("user", ["?"])]


def test_only_outputs_at_the_end(script: Any, model: MessagesApi) -> None:
    history = [
        {"role": "user", "content": "One"},
        {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "Two"},
    ]
    assert say(script, history).output_text == "Answer 1"
    assert told(model)[-1] == ("user", ["tool_result"])


def test_calls_of_elsewhere_get_names_that_the_model_service_takes(script: Any, model: MessagesApi) -> None:
    served = {"type": "mcp_call", "name": "repo.search", "arguments": "{}", "output": "Found"}
    called = {"type": "function_call", "call_id": "call_1", "name": "f" * 300, "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "Two"}
    say(script, [{"role": "user", "content": "One"}, served, served, {**served, "id": "a"}, {**served, "id": "a"}])
    blocks = [block for message in model.requests[-1]["messages"] for block in message["content"]]
    calls = [block for block in blocks if block["type"] == "tool_use"]
    assert {block["name"] for block in calls} == {"repo_search"}
    assert len({block["id"] for block in calls}) == 4
    assert [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"] == [b["id"] for b in calls]
    say(script, [{"role": "user", "content": "One"}, called, output])
    assert model.requests[-1]["messages"][1]["content"][0]["name"] == "f" * 64


def test_what_is_named_is_no_more_than_could_be_sent(script: Any, model: MessagesApi) -> None:
    """A request of a few bytes may name something large, and may do it many times."""
    made = say(script, "y" * 3_000_000)
    item = script.responses.input_items.list(made.id).data[0]
    with pytest.raises(APIStatusError, match="refers to have more than 10,000,000 bytes"):
        say(script, [{"id": item.id}] * 4)
    sent = script.files.create(file=("b.txt", b"z" * 900_000), purpose="user_data")
    file = {"type": "input_file", "file_id": sent.id}
    with pytest.raises(APIStatusError, match="have more than 20,000,000 bytes in all"):
        say(script, [{"role": "user", "content": [file] * 23}])
    assert len(model.requests) == 1


def test_two_thousand_items(script: Any, model: MessagesApi) -> None:
    roles = ("user", "assistant")
    made = say(script, [{"role": roles[n % 2], "content": f"Line {n}"} for n in range(2001)])
    assert len(told(model)) == 2001
    assert len(list(script.responses.input_items.list(made.id, limit=100))) == 2001


def test_files_that_are_sent_along(script: Any, model: MessagesApi) -> None:
    pixel = (
        "data:image/png;base64,"
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg=="
    )
    content = [
        {"type": "input_image", "image_url": pixel},
        {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,TW9zcw=="},
        {"type": "input_text", "text": "What is this?"},
    ]
    sent = script.files.create(file=("b.txt", b"Peat"), purpose="user_data")
    say(script, [{"role": "user", "content": [*content, {"type": "input_file", "file_id": sent.id}]}])
    image, document, _, kept = model.requests[-1]["messages"][0]["content"]
    assert (image["type"], image["source"]["media_type"]) == ("image", "image/png")
    assert (document["type"], document["title"], document["source"]["data"]) == ("document", "a.txt", "Moss")
    assert (kept["type"], kept["title"], kept["source"]["data"]) == ("document", "b.txt", "Peat")
    with pytest.raises(NotFoundError, match="File with id"):
        say(script, [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}])
