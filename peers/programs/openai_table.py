"""Every call of OpenAI's own client, as a table of small scripts: for each it prints whether it held, or is not there.

For majors 1, 2 and 3 alike: what a client lacks is a call that it has not, or an argument that it does not know.
"""

# These words are drawn: ferry harbour tide voyage
import asyncio
import base64
import json
import os
import time
import traceback
from collections.abc import Callable
from typing import Any, Literal  # noqa: F401 - drawn fields may use it

import openai
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from pydantic import BaseModel

MODEL = "gpt-4.1"
SLOWLY = "Tell a story about the ferry in 4 steps slowly"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Leg(BaseModel):
    harbour: str
    minutes: int
    # fields


class Voyage(BaseModel):
    ferry: str
    first: Leg
    legs: list[Leg]
    # fields


def function(name: str, *fields: str) -> dict[str, Any]:
    properties = {field: {"type": "string"} for field in fields}
    parameters = {
        "type": "object",
        "properties": properties,
        "required": [*fields],
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "name": name,
        "description": f"Tells of {name}.",
        "parameters": parameters,
        "strict": True,
    }


TOOLS = [function("next_ferry", "harbour"), function("get_tide", "harbour")]
ASKED = "When does the ferry leave, and how is the tide? It is for quay-7."


def ended(client: OpenAI, id_: str) -> Any:
    for _ in range(600):
        response = client.responses.retrieve(id_)
        if response.status not in ("queued", "in_progress"):
            return response
        time.sleep(0.05)
    raise AssertionError("it does not end")


def outputs(response: Any) -> list[dict[str, str]]:
    calls = [item for item in response.output if item.type == "function_call"]
    return [
        {"type": "function_call_output", "call_id": c.call_id, "output": f"{c.name} {json.loads(c.arguments)}"}
        for c in calls
    ]


def create(client: OpenAI) -> None:
    made = client.responses.create(
        model=MODEL, input="Say hello to the ferry.", instructions="Be brief.", metadata={"a": "b"}, temperature=0.5
    )
    assert made.output_text
    assert (made.status, made.model, made.instructions, made.metadata) == (
        "completed",
        MODEL,
        "Be brief.",
        {"a": "b"},
    )
    assert made.usage
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens
    assert made._request_id
    assert client.responses.retrieve(made.id) == made


def nulls_are_not_said(client: OpenAI) -> None:
    nothing: Any = None
    made = client.responses.create(
        model=MODEL,
        input=[{"role": "user", "content": "Say hello."}],
        include=[],
        tools=[],
        metadata=nothing,
        tool_choice=nothing,
        reasoning={},
        instructions=nothing,
        max_output_tokens=nothing,
    )
    assert made.output_text


def raw_answers(client: OpenAI) -> None:
    raw = client.responses.with_raw_response.create(model=MODEL, input="Say hello.")
    assert raw.headers["content-type"].startswith("application/json")
    assert raw.headers["x-request-id"]
    assert raw.parse().status == "completed"


def streamed(client: OpenAI) -> None:
    events = list(client.responses.create(model=MODEL, input="Say hello to the ferry.", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text


def streamed_by_the_helper(client: OpenAI) -> None:
    with client.responses.stream(model=MODEL, input="Say hello to the ferry.") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert snapshots[-1] == final.output_text


def in_the_background(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="Say hello.", background=True)
    assert made.status in ("queued", "in_progress")
    assert ended(client, made.id).output_text


def left_and_taken_up(client: OpenAI) -> None:
    seen: list[Any] = []
    for event in client.responses.create(model=MODEL, input=SLOWLY, background=True, stream=True):
        seen.append(event)
        if event.sequence_number == 10:
            break
    rest = list(client.responses.retrieve(seen[0].response.id, stream=True, starting_after=10))
    assert [event.sequence_number for event in [*seen, *rest]] == list(range(len(seen) + len(rest)))
    assert rest[-1].type == "response.completed"


def taken_up_by_the_helper(client: OpenAI) -> None:
    id_ = ""
    with client.responses.stream(model=MODEL, input="Plan it.", text_format=Voyage, background=True) as stream:
        for event in stream:
            id_ = id_ or event.response.id
            if event.sequence_number == 5:
                break
    with client.responses.stream(response_id=id_, starting_after=5, text_format=Voyage) as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_parsed


def cancelled(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input=SLOWLY, background=True)
    ended_ = client.responses.cancel(made.id)
    assert (ended_.status, ended_.error) == ("cancelled", None)
    assert client.responses.cancel(made.id).status == "cancelled"


def deleted(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="Say hello.")
    client.responses.delete(made.id)
    try:
        client.responses.retrieve(made.id)
    except NotFoundError as error:
        assert "not found" in error.message  # noqa: PT017 - a program has no pytest
    else:
        raise AssertionError("it is still there")


def listed_input(client: OpenAI) -> None:
    lines: Any = [{"role": "user", "content": f"Line {n}"} for n in range(3)]
    made = client.responses.create(model=MODEL, input=lines)
    items: Any = list(client.responses.input_items.list(made.id, limit=2, order="asc", include=[]))
    assert [item.content[0].text for item in items] == ["Line 0", "Line 1", "Line 2"]
    assert [item.id for item in client.responses.input_items.list(made.id)] == [item.id for item in items][::-1]


def lists_in_queries(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="Say hello.")
    assert client.responses.retrieve(made.id, include=["message.output_text.logprobs", "file_search_call.results"])


def chained(client: OpenAI) -> None:
    first = client.responses.create(model=MODEL, input="Say hello.", instructions="Be brief.")
    second = client.responses.create(model=MODEL, input="Again.", previous_response_id=first.id)
    fork = client.responses.create(model=MODEL, input="Otherwise.", previous_response_id=first.id)
    assert second.previous_response_id == fork.previous_response_id == first.id
    assert second.instructions is None
    assert len({first.id, second.id, fork.id}) == 3


def called(client: OpenAI) -> None:
    first = client.responses.create(model=MODEL, input=ASKED, tools=TOOLS)
    calls = [item for item in first.output if item.type == "function_call"]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("next_ferry", {"harbour": "quay-7"}),
        ("get_tide", {"harbour": "quay-7"}),
    ]
    given: Any = outputs(first)
    second = client.responses.create(model=MODEL, input=given, tools=TOOLS, previous_response_id=first.id)
    assert "next_ferry {'harbour': 'quay-7'}" in second.output_text


def called_and_sent_back_whole(client: OpenAI) -> None:
    items: Any = [{"role": "user", "content": ASKED}]
    first = client.responses.create(model=MODEL, input=items, tools=TOOLS, store=False)
    items += [item.model_dump() for item in first.output]
    items += outputs(first)
    second = client.responses.create(model=MODEL, input=items, tools=TOOLS, store=False)
    assert "get_tide {'harbour': 'quay-7'}" in second.output_text
    items += [*second.output, {"role": "user", "content": "Say hello."}]
    assert client.responses.create(model=MODEL, input=items, store=False).output_text


def called_in_a_stream(client: OpenAI) -> None:
    with client.responses.stream(model=MODEL, input=ASKED, tools=TOOLS) as stream:
        for event in stream:
            if event.type == "response.function_call_arguments.done":
                assert json.loads(event.arguments) == {"harbour": "quay-7"}
        final = stream.get_final_response()
    assert [item.name for item in final.output if item.type == "function_call"] == ["next_ferry", "get_tide"]


def called_as_it_is_chosen(client: OpenAI) -> None:
    choices: list[tuple[Any, list[str]]] = [
        ("none", []),
        ("required", ["next_ferry", "get_tide"]),
        ({"type": "function", "name": "get_tide"}, ["get_tide"]),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_tide"}]},
            ["get_tide"],
        ),
    ]
    for choice, expected in choices:
        made = client.responses.create(model=MODEL, input=ASKED, tools=TOOLS, tool_choice=choice)
        assert [item.name for item in made.output if item.type == "function_call"] == expected, choice
    made = client.responses.create(model=MODEL, input=ASKED, tools=TOOLS, parallel_tool_calls=False)
    assert len(outputs(made)) == 1


def parsed(client: OpenAI) -> None:
    made = client.responses.parse(model=MODEL, input="Plan 45 minutes.", text_format=Voyage)
    assert isinstance(made.output_parsed, Voyage)
    assert made.output_parsed.first.minutes == 45


def parsed_arguments(client: OpenAI) -> None:
    tool: Any = openai.pydantic_function_tool(Voyage)
    made = client.responses.parse(model=MODEL, input="Tell of the Voyage of 45 minutes.", tools=[tool])
    (call,) = [item for item in made.output if item.type == "function_call"]
    assert isinstance(call.parsed_arguments, Voyage)
    assert call.parsed_arguments.first.minutes == 45


def a_schema_by_hand(client: OpenAI) -> None:
    form: Any = {"type": "json_schema", "name": "leg", "schema": Leg.model_json_schema()}
    made = client.responses.create(model=MODEL, input="Plan 45 minutes.", text={"format": form})
    assert Leg.model_validate_json(made.output_text).minutes == 45


def thought(client: OpenAI) -> None:
    made = client.responses.create(
        model=MODEL, input="Say hello.", reasoning={"effort": "low", "summary": "auto"}, store=False
    )
    (thinking,) = [item for item in made.output if item.type == "reasoning"]
    assert thinking.summary
    foreign: Any = {"type": "reasoning", "id": "rs_none", "summary": [], "encrypted_content": "gAAAAABo"}
    items: Any = [
        {"role": "user", "content": "Say hello."},
        foreign,
        *made.output,
        {"role": "user", "content": "Again."},
    ]
    assert client.responses.create(model=MODEL, input=items, store=False).output_text


def thought_and_sealed(client: OpenAI) -> None:
    asked: Any = {"reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"], "store": False}
    made = client.responses.create(model=MODEL, input=ASKED, tools=TOOLS, **asked)
    (thinking,) = [item for item in made.output if item.type == "reasoning"]
    assert thinking.encrypted_content
    items: Any = [{"role": "user", "content": ASKED}, *made.output, *outputs(made)]
    assert client.responses.create(model=MODEL, input=items, tools=TOOLS, **asked).output_text


def referred_to(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="Say hello.")
    items: Any = [{"type": "item_reference", "id": made.output[0].id}, {"role": "user", "content": "Again."}]
    assert client.responses.create(model=MODEL, input=items).output_text
    items[0]["id"] = "msg_none"
    try:
        client.responses.create(model=MODEL, input=items)
    except NotFoundError as error:
        assert "msg_none" in error.message  # noqa: PT017 - a program has no pytest
    else:
        raise AssertionError("it is not refused")


def shown(client: OpenAI) -> None:
    page = base64.b64encode(b"The ferry leaves at 08:15.").decode()
    content: Any = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
        {"type": "input_file", "filename": "page.txt", "file_data": f"data:text/plain;base64,{page}"},
    ]
    asked: Any = [{"role": "user", "content": content}]
    assert client.responses.create(model=MODEL, input=asked).output_text


def filed(client: OpenAI) -> None:
    made = client.files.create(file=("ferry.txt", b"The ferry leaves at 08:15."), purpose="user_data")
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).content == b"The ferry leaves at 08:15."
    assert made.id in [each.id for each in client.files.list()]
    content: Any = [{"type": "input_text", "text": "What is this?"}, {"type": "input_file", "file_id": made.id}]
    asked: Any = [{"role": "user", "content": content}]
    assert client.responses.create(model=MODEL, input=asked).output_text
    assert client.files.delete(made.id).deleted


def cut_off(client: OpenAI) -> None:
    made = client.responses.create(model=MODEL, input="Write a poem about the ferry.", max_output_tokens=16)
    assert made.status == "incomplete"
    assert made.incomplete_details
    assert made.incomplete_details.reason == "max_output_tokens"


def refused(client: OpenAI) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"model": "no-such-model"}, "model"),
        ({"previous_response_id": "resp_none"}, "previous_response_id"),
        ({"input": [{"type": "function_call_output", "call_id": "none", "output": "x"}]}, "input"),
        ({"tools": [{"type": "image_generation"}]}, "tools[0].type"),
        ({"temperature": 3}, "temperature"),
        ({"extra_body": {"nonsense": 1}}, "nonsense"),
    ]
    for more, param in bad:
        try:
            client.responses.create(**{"model": MODEL, "input": "Say hello.", **more})
        except BadRequestError as error:
            assert (error.type, error.param) == ("invalid_request_error", param), (error.body, more)  # noqa: PT017
        else:
            raise AssertionError(f"it is not refused: {more}")


def repeated_by_a_key(client: OpenAI) -> None:
    key = {"Idempotency-Key": "the-ferry"}
    ids = {client.responses.create(model=MODEL, input="Say hello.", extra_headers=key).id for _ in range(2)}
    assert len(ids) == 1


def models(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert client.models.retrieve(names[0]).id == names[0]
    assert client.models.retrieve(MODEL).object == "model"


def with_asyncio(_: OpenAI) -> None:
    async def main() -> None:
        async with AsyncOpenAI(max_retries=0) as client:
            made = await client.responses.create(model=MODEL, input="Say hello.")
            assert await client.responses.retrieve(made.id) == made
            async with client.responses.stream(model=MODEL, input=ASKED, tools=TOOLS) as stream:
                types = [event.type async for event in stream]
                first = await stream.get_final_response()
            assert types[-1] == "response.completed"
            given: Any = outputs(first)
            second = await client.responses.create(
                model=MODEL, input=given, tools=TOOLS, previous_response_id=first.id, stream=True
            )
            assert [event.type async for event in second][-1] == "response.completed"
            parsed_ = await client.responses.parse(model=MODEL, input="Plan 45 minutes.", text_format=Voyage)
            assert parsed_.output_parsed
            items = [item async for item in client.responses.input_items.list(first.id)]
            assert len(items) == 1
            made = await client.responses.create(model=MODEL, input=SLOWLY, background=True)
            assert (await client.responses.cancel(made.id)).status == "cancelled"
            await client.responses.delete(made.id)

    asyncio.run(main())


CASES: list[Callable[[OpenAI], None]] = [
    create,
    nulls_are_not_said,
    raw_answers,
    streamed,
    streamed_by_the_helper,
    in_the_background,
    left_and_taken_up,
    taken_up_by_the_helper,
    cancelled,
    deleted,
    listed_input,
    lists_in_queries,
    chained,
    called,
    called_and_sent_back_whole,
    called_in_a_stream,
    called_as_it_is_chosen,
    parsed,
    parsed_arguments,
    a_schema_by_hand,
    thought,
    thought_and_sealed,
    referred_to,
    shown,
    filed,
    cut_off,
    refused,
    repeated_by_a_key,
    models,
    with_asyncio,
]

if __name__ == "__main__":
    with OpenAI(max_retries=0) as openai_client:
        for case in CASES:
            try:
                case(openai_client)
                said: Any = "held"
            except (AttributeError, TypeError) as error:
                lacks = "has no attribute" in str(error) or "unexpected keyword" in str(error)
                said = "lacking" if lacks and str(error).count("NoneType") == 0 else traceback.format_exc()
            except Exception:  # noqa: BLE001 - the next ones shall run
                said = traceback.format_exc()
            print(json.dumps({"case": case.__name__, "said": said, "version": openai.__version__}), flush=True)
    assert os.environ["OPENAI_BASE_URL"]
