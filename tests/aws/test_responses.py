"""The Responses API on both shapes, by OpenAI's own client: begun, left, taken up again, gone on from, deleted."""

from typing import Any

import pytest
from openai import NotFoundError, OpenAI

from tests.kit.shapes import Shape, until

REPORT = "Write a 2-page report on ferries to out/ferries.md"
FILES = {"type": "mcp", "server_label": "walkaway", "require_approval": "never"}
PRICE = {
    "type": "function",
    "name": "lookup_price",
    "parameters": {"type": "object", "properties": {"article": {"type": "string"}}, "required": ["article"]},
}


def test_a_response_that_is_left_and_a_chain_behind_it(shape: Shape) -> None:
    with shape.client() as web:
        key = web.headers.get("x-api-key") or web.headers["authorization"].removeprefix("Bearer ")
    with OpenAI(base_url=f"{shape.url}/v1", api_key=key, max_retries=0) as typed:
        client: Any = typed
        made = client.responses.create(model="rehearsal", input=REPORT, tools=[FILES], background=True)
        assert made.status == "queued"
        until(lambda: client.responses.retrieve(made.id).status == "completed", shape)
        whole = list(client.responses.retrieve(made.id, stream=True))
        assert [event.sequence_number for event in whole] == list(range(len(whole)))
        assert list(client.responses.retrieve(made.id, stream=True, starting_after=10)) == whole[11:]
        done = client.responses.retrieve(made.id)
        assert whole[-1].response == done
        with shape.client() as web:
            read = web.get(f"/v1/sessions/{done.walkaway['session_id']}/files/out/ferries.md")
        assert b"ferries" in read.content
        asked = client.responses.create(
            model="rehearsal", input="What is the price of A-4711?", tools=[PRICE], previous_response_id=done.id
        )
        calls = [item.call_id for item in asked.output if item.type == "function_call"]
        outputs = [{"type": "function_call_output", "call_id": call, "output": "12 euros"} for call in calls]
        assert calls
        after = client.responses.create(
            model="rehearsal", input=outputs, tools=[PRICE], previous_response_id=asked.id, stream=True
        )
        assert [event.type for event in after][-1] == "response.completed"
        client.responses.delete(made.id)
        with pytest.raises(NotFoundError):
            client.responses.retrieve(made.id)
        assert client.responses.cancel(asked.id).status == "completed"
