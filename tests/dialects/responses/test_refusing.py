"""What is refused, each by its field and a code: the tables of contract D.8 to D.10, row by row."""

from typing import Any

import httpx
import pytest

from tests.kit.servers import Running

FUNCTION = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg=="
)

PARAMETER, VALUE, INVALID, MISSING = (
    "unsupported_parameter",
    "unsupported_value",
    "invalid_value",
    "missing_required_parameter",
)

CALLED = [
    {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "a"},
]
YES = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}


def tool(**about: Any) -> dict[str, Any]:
    return {"tools": [about]}


def part(**about: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [about]}]}


REFUSED: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "an unknown field": ({"no_such": 1}, "unknown_parameter", "no_such"),
    "an unknown field inside": ({"reasoning": {"no_such": 1}}, "unknown_parameter", "reasoning.no_such"),
    "no input": ({"input": None}, MISSING, "input"),
    "an input of numbers": ({"input": [1]}, INVALID, "input[0]"),
    "an input that is a number": ({"input": 1}, INVALID, "input"),
    "a model": ({"model": "no-such-model"}, "model_not_found", "model"),
    "a stream that is a word": ({"stream": "yes"}, INVALID, "stream"),
    "few tokens": ({"max_output_tokens": 15}, INVALID, "max_output_tokens"),
    "a hot temperature": ({"temperature": 1.5}, INVALID, "temperature"),
    "temperature and top_p": ({"temperature": 0.5, "top_p": 0.5}, PARAMETER, "top_p"),
    "temperature and thinking": ({"temperature": 0.5, "reasoning": {"effort": "low"}}, PARAMETER, "temperature"),
    "an effort": ({"reasoning": {"effort": "huge"}}, INVALID, "reasoning.effort"),
    "reasoning.context": ({"reasoning": {"context": "all"}}, PARAMETER, "reasoning.context"),
    "reasoning.mode": ({"reasoning": {"mode": "fast"}}, PARAMETER, "reasoning.mode"),
    "logprobs": ({"top_logprobs": 2}, PARAMETER, "top_logprobs"),
    "logprobs included": ({"include": ["message.output_text.logprobs"]}, PARAMETER, "include"),
    "moderation": ({"moderation": {"model": "x"}}, PARAMETER, "moderation"),
    "access programs": ({"access_programs": ["x"]}, PARAMETER, "access_programs"),
    "image": ({"image": {"context_compression": True}}, PARAMETER, "image"),
    "multi_agent": ({"multi_agent": {"enabled": True}}, PARAMETER, "multi_agent"),
    "searches that are counted": (
        {"max_tool_calls": 3, "tools": [{"type": "web_search"}]},
        PARAMETER,
        "max_tool_calls",
    ),
    "fewer calls than none": ({"max_tool_calls": -1}, INVALID, "max_tool_calls"),
    "a completion window": ({"background_options": {"completion_window": "8h"}}, PARAMETER, "background_options"),
    "a prompt": ({"prompt": {"id": "pmpt_1"}}, PARAMETER, "prompt"),
    "context management": ({"context_management": [{"type": "compaction"}]}, PARAMETER, "context_management"),
    "much metadata": ({"metadata": {str(n): "" for n in range(17)}}, INVALID, "metadata"),
    "metadata that is no text": ({"metadata": {"a": 1}}, INVALID, "metadata.a"),
    "a format": ({"text": {"format": {"type": "xml"}}}, VALUE, "text.format.type"),
    "a schema without a name": (
        {"text": {"format": {"type": "json_schema", "schema": {}}}},
        MISSING,
        "text.format.name",
    ),
    "no schema": ({"text": {"format": {"type": "json_schema", "name": "a"}}}, MISSING, "text.format.schema"),
    "tools that are no list": ({"tools": {}}, INVALID, "tools"),
    "a tool without a type": (tool(name="a"), MISSING, "tools[0].type"),
    **{
        f"a tool of type {kind}": (tool(type=kind), VALUE, "tools[0].type")
        for kind in (
            *("file_search", "image_generation", "computer_use_preview", "apply_patch", "local_shell", "tool_search"),
            *("code_interpreter", "shell", "custom", "namespace"),
        )
    },
    "a nameless function": (tool(type="function"), MISSING, "tools[0].name"),
    "a function's odd name": (tool(**FUNCTION | {"name": "a b"}), INVALID, "tools[0].name"),
    "a function's parameters": (tool(**FUNCTION | {"parameters": 1}), INVALID, "tools[0].parameters"),
    "a function called as a tool": (
        {"tools": [FUNCTION | {"name": "bash"}, {"type": "mcp", "server_label": "walkaway"}]},
        INVALID,
        "tools[1].name",
    ),
    "a function called as a search": (
        {"tools": [{"type": "web_search"}, FUNCTION | {"name": "web_search"}]},
        INVALID,
        "tools[1].name",
    ),
    "two of a name": ({"tools": [FUNCTION, FUNCTION]}, INVALID, "tools[1].name"),
    "too many": ({"tools": [FUNCTION | {"name": f"f{n}"} for n in range(129)]}, INVALID, "tools"),
    "another server": (
        tool(type="mcp", server_label="walkaway", server_url="https://example.com"),
        VALUE,
        "tools[0].server_url",
    ),
    "a connector": (tool(type="mcp", server_label="x", connector_id="connector_x"), VALUE, "tools[0].connector_id"),
    "another label": (tool(type="mcp", server_label="deepwiki"), VALUE, "tools[0].server_label"),
    "a tool that is not there": (
        tool(type="mcp", server_label="walkaway", allowed_tools=["nothing"]),
        VALUE,
        "tools[0].allowed_tools",
    ),
    "a filter that is a word": (tool(type="web_search", filters="a.b"), INVALID, "tools[0].filters"),
    "a domain that is a number": (
        tool(type="web_search", filters={"allowed_domains": [1]}),
        INVALID,
        "tools[0].filters.allowed_domains",
    ),
    "many domains": (
        tool(type="web_search", filters={"allowed_domains": ["a.b"] * 101}),
        INVALID,
        "tools[0].filters.allowed_domains",
    ),
    "a city that is a number": (
        tool(type="web_search", user_location={"type": "approximate", "city": 1}),
        INVALID,
        "tools[0].user_location.city",
    ),
    "an exact place": (
        tool(type="web_search", user_location={"type": "exact"}),
        INVALID,
        "tools[0].user_location.type",
    ),
    "two searches": (
        {"tools": [{"type": "web_search"}, {"type": "web_search", "filters": {"allowed_domains": ["a.b"]}}]},
        INVALID,
        "tools[1]",
    ),
    "a choice": ({"tool_choice": "sometimes"}, INVALID, "tool_choice"),
    "a choice of nothing": ({"tool_choice": {"type": "function", "name": "a"}}, INVALID, "tool_choice.name"),
    "a choice of a type": ({"tool_choice": {"type": "computer"}}, VALUE, "tool_choice.type"),
    "an item's type": ({"input": [{"type": "computer_call"}]}, VALUE, "input[0].type"),
    "an item without one": ({"input": [{}]}, MISSING, "input[0].type"),
    "a role": ({"input": [{"role": "critic", "content": "a"}]}, INVALID, "input[0].role"),
    "a part's type": (part(type="input_audio"), VALUE, "input[0].content[0].type"),
    "a part without one": (part(text="a"), MISSING, "input[0].content[0].type"),
    "an image's address": (
        part(type="input_image", image_url="https://example.com/a.png"),
        VALUE,
        "input[0].content[0].image_url",
    ),
    "a file's address": (
        part(type="input_file", file_url="https://example.com/a.pdf"),
        VALUE,
        "input[0].content[0].file_url",
    ),
    "an image of another type": (
        part(type="input_image", image_url=PIXEL.replace("png", "jpeg")),
        INVALID,
        "input[0].content[0]",
    ),
    "an output of no call": (
        {"input": [{"type": "function_call_output", "call_id": "call_1", "output": "a"}]},
        INVALID,
        "input",
    ),
    "a call without an output": (
        {"input": [{"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}]},
        INVALID,
        "input",
    ),
    "a call that is there twice": ({"input": [*CALLED, CALLED[0]]}, INVALID, "input[2].call_id"),
    "two outputs for a call": ({"input": [*CALLED, CALLED[1]]}, INVALID, "input[2].call_id"),
    "two answers to a request": (
        {"input": [YES, {**YES, "approve": False}]},
        INVALID,
        "input[1].approval_request_id",
    ),
    "a previous response": (
        {"previous_response_id": "resp_1"},
        "previous_response_not_found",
        "previous_response_id",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(client: httpx.Client, name: str) -> None:
    said, code, param = REFUSED[name]
    answer = client.post("/v1/responses", json={"model": "gpt-4.1", "input": "Hello", **said})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")
    assert error["message"]
    assert (answer.headers["x-should-retry"], answer.headers["x-request-id"][:4]) == ("false", "req_")


@pytest.mark.parametrize(
    "said",
    [
        *(
            {name: None}
            for name in ("tools", "metadata", "tool_choice", "include", "reasoning", "text", "store", "user")
        ),
        *({name: []} for name in ("tools", "include", "context_management")),
        *({name: {}} for name in ("metadata", "reasoning", "text", "stream_options")),
        {"include": ["reasoning.encrypted_content", "web_search_call.results"], "store": False},
        {"prompt_cache_key": "a", "safety_identifier": "b", "user": "c", "service_tier": "flex", "verbosity": "low"},
        {"client_metadata": {"a": "b"}, "prompt_cache_retention": "24h", "truncation": "auto", "top_logprobs": 0},
        {"input": [{"content": "a", "role": "user", "async_": None, "created_by": "x", "status": "completed"}]},
        {"input": [{"role": "user", "content": ""}]},
        {"input": []},
        {"text": {"format": {"type": "json_object"}, "verbosity": "high"}},
    ],
    ids=str,
)
def test_it_is_taken(client: httpx.Client, said: dict[str, Any]) -> None:
    answer = client.post("/v1/responses", json={"model": "gpt-4.1", "input": "Hello", **said})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "completed"
    assert answer.json()["service_tier"] == "default"


def test_whoever_has_no_key_is_told_so(server: Running) -> None:
    with server.client(None) as nobody:
        answer = nobody.post("/v1/responses", json={"input": "Hello"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/responses/resp_1", 404, "not_found"),
        ("POST", "/v1/responses/resp_1/cancel", 404, "not_found"),
        ("DELETE", "/v1/responses/resp_1", 404, "not_found"),
        ("GET", "/v1/responses/resp_1/input_items", 404, "not_found"),
        ("GET", "/v1/responses/resp_1/nothing", 404, "not_found"),
        ("POST", "/v1/chat/completions", 404, "not_found"),
        ("GET", "/v1/responses", 405, "method_not_allowed"),
        ("GET", "/v1/responses/resp_1?stream=true&starting_after=-1", 400, INVALID),
        ("GET", "/v1/responses/resp_1?stream=maybe", 400, INVALID),
    ],
)
def test_what_is_not_there_is_told_as_an_object(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["x-should-retry"] == "false"


def test_a_body_of_ten_megabytes(client: httpx.Client) -> None:
    answer = client.post("/v1/responses", json={"input": "a" * 10_000_000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_what_is_no_json(client: httpx.Client) -> None:
    answer = client.post("/v1/responses", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, INVALID)
