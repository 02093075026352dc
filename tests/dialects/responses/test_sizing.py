"""How large an input is, and what stands for one, by OpenAI's own client."""

from typing import Any

import httpx
import pytest
from openai import APIStatusError, NotFoundError

from tests.dialects.responses.conftest import client_of
from tests.dialects.responses.test_beginning_chains import told
from tests.dialects.responses.test_calls import PRICE, answers
from tests.kit.messages_api import MessagesApi, Reply, call, size, text
from tests.kit.servers import Running

HISTORY = [
    {"role": "user", "content": "One"},
    {"role": "assistant", "content": "Two"},
    {"role": "user", "content": "3"},
]


@pytest.fixture
def script(scripted: Running) -> Any:
    with client_of(scripted) as client:
        yield client


def count(client: Any, **about: Any) -> int:
    made = client.responses.input_tokens.count(model="test-model", **about)
    assert made.object == "response.input_tokens"
    return int(made.input_tokens)


def test_the_service_counts_what_the_model_would_be_told(script: Any, model: MessagesApi) -> None:
    model.replies = [Reply([call("lookup_price", "toolu_1", article="a")]), Reply([text("Cheap")])]
    asked: dict[str, Any] = {"tools": [PRICE], "instructions": "Be brief"}
    counted = count(script, input=HISTORY, **asked)
    first = script.responses.create(model="test-model", input=HISTORY, **asked)
    assert counted == size(model.requests[-1])
    assert len(model.requests) == 1
    outputs = answers(first)
    counted = count(script, input=outputs, previous_response_id=first.id, **asked)
    script.responses.create(model="test-model", input=outputs, previous_response_id=first.id, **asked)
    assert counted == size(model.requests[-1])


def test_a_conversation_counts(script: Any, model: MessagesApi) -> None:
    made = script.conversations.create(items=HISTORY)
    counted = count(script, input="Now", conversation=made.id)
    script.responses.create(model="test-model", input="Now", conversation=made.id)
    assert counted == size(model.requests[-1])
    counted = count(script, input="Then", conversation=made.id)
    script.responses.create(model="test-model", input="Then", conversation=made.id)
    assert counted == size(model.requests[-1])


def test_where_nobody_counts_it_is_estimated(script: Any, model: MessagesApi) -> None:
    model.counts = lambda _: None
    short, long = count(script, input="Hello"), count(script, input="Hello " * 1000)
    assert 0 < short < long
    assert 1000 < long - short < 3000


def test_what_was_said_is_summed_up(script: Any, model: MessagesApi) -> None:
    model.replies = [Reply([text("They count.")]), Reply([text("Four")])]
    history = [{"role": "developer", "content": "Be brief"}, *HISTORY]
    made = script.responses.compact(model="test-model", input=history)
    assert made.object == "response.compaction"
    assert [item.type for item in made.output] == ["message", "message", "compaction"]
    assert made.output[-1].id[:4] == "cmp_"
    assert "count" not in made.output[-1].encrypted_content
    assert made.usage.output_tokens > 0
    kept = [item.model_dump(exclude_unset=True, warnings=False) for item in made.output]
    assert script.responses.create(model="test-model", input=[*kept, {"role": "user", "content": "Go on"}]).output_text
    ((role, (last, summary, now)),) = told(model)
    assert (role, last, now) == ("user", "3", "Go on")
    assert summary.endswith("They count.")
    assert "Be brief" in str(model.requests[-1]["system"])


def test_a_chain_is_summed_up_and_stays(script: Any, model: MessagesApi) -> None:
    model.replies = [Reply([text("Two")]), Reply([text("They count.")]), Reply([text("Four")])]
    first = script.responses.create(model="test-model", input="One")
    made = script.responses.compact(model="test-model", previous_response_id=first.id)
    assert [words for _, words in told(model)][:2] == [["One"], ["Two"]]
    assert [item.type for item in made.output] == ["compaction"]
    script.responses.create(model="test-model", input="Three", previous_response_id=first.id)
    assert [words for _, words in told(model)] == [["One"], ["Two"], ["Three"]]


def test_a_seal_of_somebody_else_is_left_out(scripted: Running, script: Any, model: MessagesApi) -> None:
    model.replies = [Reply([text("They count.")]), Reply([text("Four")])]
    made = script.responses.compact(model="test-model", input=HISTORY)
    with client_of(scripted, "beta-key") as untyped:
        stranger: Any = untyped
        after = stranger.responses.create(model="test-model", input=[made.output[-1].model_dump(), HISTORY[0]])
    assert after.walkaway["notes"][0].startswith("input[0]: a compaction that was not sealed here")
    assert told(model) == [("user", ["One"])]


def test_a_summary_that_fails_is_an_error(script: Any, model: MessagesApi) -> None:
    model.replies = [Reply([text("No.")], stop_reason="refusal")]
    with pytest.raises(APIStatusError, match="Nothing was summed up") as failed:
        script.responses.compact(model="test-model", input=HISTORY)
    assert failed.value.status_code == 502
    assert failed.value.response.headers["x-should-retry"] == "false"


def test_nobody_else_goes_on_from_it(openai: Any, stranger_openai: Any) -> None:
    made = openai.responses.create(model="gpt-4.1", input="Hello")
    talk = openai.conversations.create()
    for tried in (stranger_openai.responses.compact, stranger_openai.responses.input_tokens.count):
        with pytest.raises(APIStatusError) as unknown:
            tried(model="gpt-4.1", input="Hello", previous_response_id=made.id)
        assert unknown.value.body["code"] == "previous_response_not_found"  # type: ignore[index]
    with pytest.raises(NotFoundError):
        stranger_openai.responses.input_tokens.count(model="gpt-4.1", input="Hello", conversation=talk.id)
    assert openai.responses.input_tokens.count(model="gpt-4.1", input="Hello").input_tokens > 0


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("compact", {"input": "Hello"}, "model"),
        ("compact", {"model": "gpt-4.1"}, "input"),
        ("compact", {"model": "gpt-4.1", "input": {}}, "input"),
        ("compact", {"model": "gpt-4.1", "input": "Hello", "tools": []}, "tools"),
        ("compact", {"model": "gpt-4.1", "input": "Hello", "image": {"a": 1}}, "image"),
        ("input_tokens", {"model": "gpt-4.1"}, "input"),
        ("input_tokens", {"model": "no-such-model", "input": "Hello"}, "model"),
        ("input_tokens", {"model": "gpt-4.1", "input": "Hello", "stream": True}, "stream"),
    ],
)
def test_what_is_refused(client: httpx.Client, path: str, body: Any, param: str) -> None:
    answer = client.post(f"/v1/responses/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
