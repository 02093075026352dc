"""The Responses API by OpenAI's own client, unchanged: every call, against a server with the offline model."""

import asyncio
import time
from typing import Any

import pytest
from openai import AsyncOpenAI, NotFoundError, UnprocessableEntityError

from tests.kit.servers import Running

REPORT = "Write a report on ferries in 3 steps"
SLOWLY = "Tell a story about ferries in 4 steps slowly"


def ended(client: Any, id_: str) -> Any:
    for _ in range(600):
        response = client.responses.retrieve(id_)
        if response.status not in ("queued", "in_progress"):
            return response
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_create(openai: Any) -> None:
    made = openai.responses.create(model="rehearsal", input="Say hello", instructions="Be brief", metadata={"a": "b"})
    assert (made.status, made.model, made.instructions, made.metadata) == (
        "completed",
        "rehearsal",
        "Be brief",
        {"a": "b"},
    )
    assert made.output_text
    assert made.usage.total_tokens
    assert openai.responses.retrieve(made.id) == made


def test_a_stream(openai: Any) -> None:
    with openai.responses.stream(model="gpt-4.1", input="Say hello") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert events[0].type == "response.created"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert final.output_text
    assert openai.responses.retrieve(final.id).output_text == final.output_text
    assert final.model == "gpt-4.1"


def test_background(openai: Any) -> None:
    made = openai.responses.create(model="gpt-4.1", input="Say hello", background=True)
    assert (made.status, made.background, made.output) == ("queued", True, [])
    assert ended(openai, made.id).output_text


def test_a_stream_that_is_left_goes_on_behind_its_last_number(openai: Any) -> None:
    seen = []
    with openai.responses.create(model="gpt-4.1", input=SLOWLY, background=True, stream=True) as stream:
        for event in stream:
            seen.append(event)
            if event.sequence_number == 10:
                break
    id_ = seen[0].response.id
    rest = list(openai.responses.retrieve(id_, stream=True, starting_after=10))
    assert [event.sequence_number for event in [*seen, *rest]] == list(range(len(seen) + len(rest)))
    assert rest[-1].type == "response.completed"
    assert list(openai.responses.retrieve(id_, stream=True))[11:] == rest


def test_cancel(openai: Any) -> None:
    made = openai.responses.create(model="gpt-4.1", input=SLOWLY, background=True)
    cancelled = openai.responses.cancel(made.id)
    assert (cancelled.status, cancelled.error) == ("cancelled", None)
    assert openai.responses.cancel(made.id) == cancelled == openai.responses.retrieve(made.id)


def test_delete(openai: Any) -> None:
    made = openai.responses.create(model="gpt-4.1", input=SLOWLY, background=True)
    assert openai.responses.delete(made.id) is None
    with pytest.raises(NotFoundError, match="not found"):
        openai.responses.retrieve(made.id)


def test_a_chain(openai: Any) -> None:
    first = openai.responses.create(model="gpt-4.1", input="Say hello")
    second = openai.responses.create(model="gpt-4.1", input="Say it again", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert second.walkaway["session_id"] == first.walkaway["session_id"]


def test_input_items(openai: Any) -> None:
    made = openai.responses.create(model="gpt-4.1", input=[{"role": "user", "content": f"Line {n}"} for n in range(3)])
    items = list(openai.responses.input_items.list(made.id, limit=2, order="asc"))
    assert [item.content[0].text for item in items] == ["Line 0", "Line 1", "Line 2"]
    assert items[::-1] == list(openai.responses.input_items.list(made.id))


def test_the_same_key_begins_nothing_twice(openai: Any) -> None:
    key = {"Idempotency-Key": f"once {time.time()}"}
    first = openai.responses.create(model="gpt-4.1", input="Say hello", extra_headers=key)
    assert openai.responses.create(model="gpt-4.1", input="Say hello", extra_headers=key).id == first.id
    with pytest.raises(UnprocessableEntityError, match="another request"):
        openai.responses.create(model="gpt-4.1", input="Say goodbye", extra_headers=key)


async def every_call(server: Running) -> list[str]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="alpha-key", max_retries=0) as client:
        made = await client.responses.create(model="gpt-4.1", input="Say hello", background=True)
        read = [event.type async for event in await client.responses.retrieve(made.id, stream=True)]
        async with client.responses.stream(response_id=made.id, starting_after=2) as stream:
            again = [event.type async for event in stream]
        items = [item.type async for item in client.responses.input_items.list(made.id)]
        await client.responses.cancel(made.id)
        await client.responses.delete(made.id)
    return [read[0], read[-1], again[-1], *items]


def test_the_asynchronous_client(server: Running) -> None:
    assert asyncio.run(every_call(server)) == [
        "response.created",
        "response.completed",
        "response.completed",
        "message",
    ]


def test_sampling_that_changes_nothing_is_taken_by_all_and_echoed(openai: Any) -> None:
    for said in (
        {"temperature": 0.1, "top_p": 1.0},
        {"temperature": 1.0, "top_p": 0.5},
        {"temperature": 1, "top_p": 1},
    ):
        made = openai.responses.create(model="gpt-4.1", input="Say hello", **said)
        assert (made.status, made.temperature, made.top_p) == ("completed", said["temperature"], said["top_p"])


def test_a_form_says_whether_it_is_strict(openai: Any) -> None:
    form = {"type": "json_schema", "name": "plan", "schema": {"type": "object", "properties": {}}}
    made = openai.responses.create(model="gpt-4.1", input="Say hello", text={"format": form})
    assert made.text
    assert made.text.format
    assert made.text.format.to_dict()["strict"] is False
