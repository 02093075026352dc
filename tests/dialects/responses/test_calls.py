"""Functions that the caller runs, and calls of the server's that wait for a yes: answered by the next response."""

import json
from typing import Any

import pytest
from openai import BadRequestError
from pydantic import BaseModel

from tests.dialects.responses.conftest import client_of
from tests.dialects.responses.test_beginning_chains import told
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running

PRICE = {
    "type": "function",
    "name": "lookup_price",
    "description": "Says what something costs",
    "parameters": {"type": "object", "properties": {"article": {"type": "string"}}, "required": ["article"]},
    "strict": True,
}
FILES = {"type": "mcp", "server_label": "walkaway", "allowed_tools": ["write_file"], "require_approval": "always"}


def answers(response: Any) -> list[dict[str, Any]]:
    return [
        {"type": "function_call_output", "call_id": item.call_id, "output": f"{n} euros"}
        for n, item in enumerate(response.output)
        if item.type == "function_call"
    ]


def test_a_round_trip_of_several_calls(openai: Any) -> None:
    asked = "What is the price of A-4711? Look it up 2 times with 2 tools at once"
    made = openai.responses.create(model="gpt-4.1", input=asked, tools=[PRICE])
    rounds = 0
    while any(item.type == "function_call" for item in made.output):
        rounds += 1
        assert made.status == "completed"
        assert made.tools[0].strict is True
        made = openai.responses.create(
            model="gpt-4.1", input=answers(made), tools=[PRICE], previous_response_id=made.id
        )
    assert rounds
    assert made.output_text


@pytest.fixture
def asked(scripted: Running, model: MessagesApi) -> Any:
    """A client, and a response that has asked about two calls."""
    calls = [call("lookup_price", "toolu_1", article="a"), call("lookup_price", "toolu_2", article="b")]
    model.replies = [Reply([text("I look"), *calls]), Reply([text("Cheap")]), Reply([text("Dear")])]
    with client_of(scripted) as client:
        yield client, client.responses.create(model="test-model", input="What is it?", tools=[PRICE])  # type: ignore[list-item]


def test_what_comes_stands_behind_the_calls(asked: Any, model: MessagesApi) -> None:
    client, made = asked
    assert [(item.type, item.status) for item in made.output] == [
        ("message", "completed"),
        ("function_call", "completed"),
        ("function_call", "completed"),
    ]
    assert json.loads(made.output[1].arguments) == {"article": "a"}
    for word, before in (("Cheap", "1 euros"), ("Dear", "2 euros")):
        said = [*answers(made)[::-1], {"role": "user", "content": "Hurry"}]
        said[1]["output"] = before
        after = client.responses.create(model="test-model", input=said, tools=[PRICE], previous_response_id=made.id)
        assert after.output_text == word
        results = model.requests[-1]["messages"][2]["content"]
        assert [block.get("tool_use_id") for block in results] == ["toolu_1", "toolu_2", None]
        assert before in json.dumps(results[0])
    assert told(model)[1] == ("assistant", ["I look", "tool_use", "tool_use"])


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], "No tool output found for function call toolu_1"),
        (["toolu_1"], "No tool output found for function call toolu_2"),
        (["toolu_1", "toolu_2", "toolu_3"], "No tool call found for function call output with call_id toolu_3"),
    ],
)
def test_exactly_one_output_for_each_call(asked: Any, said: list[str], sentence: str) -> None:
    client, made = asked
    outputs = [{"type": "function_call_output", "call_id": id_, "output": "1"} for id_ in said]
    given = [*outputs, {"role": "user", "content": "Go on"}]
    with pytest.raises(BadRequestError, match=sentence) as refused:
        client.responses.create(model="test-model", input=given, tools=[PRICE], previous_response_id=made.id)
    assert refused.value.param == "input"
    assert client.responses.retrieve(made.id).status == "completed"


def test_the_history_may_be_sent_back_whole(asked: Any, model: MessagesApi) -> None:
    client, made = asked
    history = [{"role": "user", "content": "What is it?"}, *made.output, *answers(made)]
    assert client.responses.create(model="test-model", input=history, tools=[PRICE]).output_text == "Cheap"
    assert told(model) == [
        ("user", ["What is it?"]),
        ("assistant", ["I look", "tool_use", "tool_use"]),
        ("user", ["tool_result", "tool_result"]),
    ]


@pytest.mark.parametrize("approve", [True, False])
def test_a_call_that_waits_for_a_yes(scripted: Running, model: MessagesApi, *, approve: bool) -> None:
    model.replies = [Reply([call("write_file", path="a.md", content="Moss")]), Reply([text("Done")])]
    with client_of(scripted) as untyped, scripted.client() as web:
        client: Any = untyped
        made = client.responses.create(model="test-model", input="Write it", tools=[FILES])
        assert [item.type for item in made.output] == ["mcp_approval_request"]
        answer = {"type": "mcp_approval_response", "approval_request_id": made.output[0].id, "approve": approve}
        with pytest.raises(BadRequestError, match="No approval request found"):
            client.responses.create(
                model="test-model", input=[{**answer, "approval_request_id": "mcpr_1"}], previous_response_id=made.id
            )
        after = client.responses.create(model="test-model", input=[answer], tools=[FILES], previous_response_id=made.id)
        kinds = ["mcp_call", "message"] if approve else ["message"]
        assert [item.type for item in after.output] == kinds
        assert list(client.responses.retrieve(after.id, stream=True))[-1].response == after
        if approve:
            assert after.output[0].approval_request_id == made.output[0].id
            assert after.output[0].error is None
        session = after.walkaway["session_id"]
        assert web.get(f"/v1/sessions/{session}/files/a.md").status_code == (200 if approve else 404)


def test_a_name_means_whose_tool_each_response_has(scripted: Running, model: MessagesApi) -> None:
    own = {
        **PRICE,
        "name": "list_files",
        "parameters": {"type": "object", "properties": {"folder": {"type": "string"}}},
    }
    ours = {"type": "mcp", "server_label": "walkaway", "allowed_tools": ["list_files"], "require_approval": "never"}
    model.replies = [
        *(Reply([call("list_files", "toolu_1", path=".")]), Reply([text("Ours")])),
        *(Reply([call("list_files", "toolu_2", folder="a")]), Reply([text("Yours")])),
        *(Reply([call("list_files", "toolu_3", path=".")]), Reply([text("Ours again")])),
    ]
    with client_of(scripted) as untyped:
        client: Any = untyped

        def ask(said: Any, tool: Any, before: Any = None) -> Any:
            about = {"previous_response_id": before.id} if before else {}
            made = client.responses.create(model="test-model", input=said, tools=[tool], **about)
            assert made == client.responses.retrieve(made.id)
            assert list(client.responses.retrieve(made.id, stream=True))[-1].response == made
            assert [sent["name"] for sent in model.requests[-1]["tools"]] == ["list_files"]
            return made

        first = ask("Look", ours)
        second = ask("Look", own, first)
        third = ask(answers(second), own, second)
        last = ask("Look", ours, third)
        kinds = [[item.type for item in made.output] for made in (first, second, third, last)]
        assert kinds == [["mcp_call", "message"], ["function_call"], ["message"], ["mcp_call", "message"]]
        assert (first.output[0].error, last.output[0].error) == (None, None)
        assert [made.output_text for made in (first, third, last)] == ["Ours", "Yours", "Ours again"]


def test_a_search_is_narrowed_in_this_response_alone(scripted: Running, model: MessagesApi) -> None:
    place = {"type": "approximate", "city": "Bergen", "country": "NO", "region": None}
    wide = {"type": "web_search", "user_location": {"type": "approximate"}, "search_context_size": "low"}
    narrow = {"type": "web_search", "filters": {"allowed_domains": ["a.example"]}, "user_location": place}
    model.replies = [Reply([text(f"Answer {number}")]) for number in range(4)]
    with client_of(scripted) as untyped:
        client: Any = untyped
        before: dict[str, Any] = {}
        for tool, more in (
            (narrow, {"allowed_domains": ["a.example"], "user_location": place}),
            (wide, {}),
            (narrow, {"allowed_domains": ["a.example"], "user_location": place}),
        ):
            made = client.responses.create(model="test-model", input="Which ferry?", tools=[tool], **before)
            (sent,) = model.requests[-1]["tools"]
            about = {name: value for name, value in sent.items() if name not in {"type", "name", "max_uses"}}
            if "user_location" in more:
                about["user_location"] |= {"region": None}
            assert about == more
            assert made.tools[0].type == "web_search"
            assert (made.tools[0].filters is not None) == (tool is narrow)
            before = {"previous_response_id": made.id}


def test_calls_beyond_the_limit_are_not_carried_out(scripted: Running, model: MessagesApi) -> None:
    ours = {**FILES, "require_approval": "never"}
    write = [call("write_file", f"toolu_{n}", path=f"{n}.md", content="Moss") for n in range(5)]
    model.replies = [
        Reply([write[0], call("nothing", "toolu_none")]),
        Reply([write[1], write[2], call("lookup_price", "toolu_own", article="a")]),
        *(Reply([write[3]]), Reply([text("Done")])),
    ]
    with client_of(scripted) as untyped, scripted.client() as web:
        client: Any = untyped
        made = client.responses.create(model="test-model", input="Write", tools=[ours, PRICE], max_tool_calls=2)
        assert made.max_tool_calls == 2
        errors = [item.error for item in made.output if item.type == "mcp_call"]
        assert [error is None for error in errors] == [True, True, False]
        assert "at most 2 calls" in str(errors[2])
        more = {"tools": [ours, PRICE], "previous_response_id": made.id}
        after = client.responses.create(model="test-model", input=answers(made), **more)
        assert (after.max_tool_calls, after.output[0].error) == (None, None), "it is said for one response"
        assert client.responses.retrieve(made.id) == made
        session = made.walkaway["session_id"]
        there = [web.get(f"/v1/sessions/{session}/files/{n}.md").status_code for n in range(4)]
        assert there == [200, 200, 404, 200]


def test_approved_calls_count_first(scripted: Running, model: MessagesApi) -> None:
    write = [call("write_file", f"toolu_{n}", path=f"{n}.md", content="Moss") for n in range(3)]
    model.replies = [Reply(write[:2]), Reply([call("list_files", "toolu_list")]), Reply([text("Done")])]
    both = {**FILES, "allowed_tools": ["write_file", "list_files"], "require_approval": {"always": ["write_file"]}}
    with client_of(scripted) as untyped:
        client: Any = untyped
        made = client.responses.create(model="test-model", input="Write", tools=[both], max_tool_calls=0)
        given = [
            {"type": "mcp_approval_response", "approval_request_id": item.id, "approve": True} for item in made.output
        ]
        more = {"tools": [both], "previous_response_id": made.id, "max_tool_calls": 1}
        after = client.responses.create(model="test-model", input=given, **more)
        calls = [item for item in after.output if item.type == "mcp_call"]
        assert [(item.name, item.error is None) for item in calls] == [
            ("write_file", True),
            ("write_file", False),
            ("list_files", False),
        ]


class Article(BaseModel):
    """What a text is parsed as."""

    name: str
    price: int


def test_a_text_is_parsed(openai: Any) -> None:
    made = openai.responses.parse(model="gpt-4.1", input="Describe A-4711 for 12 euros", text_format=Article)
    assert isinstance(made.output_parsed, Article)
    assert made.text.format.name == "Article"
    with openai.responses.stream(model="gpt-4.1", input="Describe A-4711", text_format=Article) as stream:
        assert isinstance(stream.get_final_response().output_parsed, Article)
