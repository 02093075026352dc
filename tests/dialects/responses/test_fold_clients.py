"""The recorded streams as their readers read them: OpenAI's own SDK, and the types of Open Responses."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import openresponses_types.types as open_responses
import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from dev import folds
from dev.folds import Golden
from walkaway_core.dialects.responses import fold
from walkaway_core.dialects.responses.fold import DONE, Fold

GOLDENS = {golden.names.response + golden.name: golden for golden in folds.goldens()}
OURS = {"walkaway", "presence_penalty", "frequency_penalty", "store"}
"""Fields of the object that the SDK's type lacks: ours, and those that Open Responses requires."""
FOREIGN = {"mcp_call", "mcp_approval_request", "web_search_call"}
"""Types of items that Open Responses does not know."""


class _Handler(BaseHTTPRequestHandler):
    """Answers with a stream as it is kept, from an event on."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        golden = GOLDENS[path.rpartition("/")[2]]
        after = int(query.partition("starting_after=")[2].partition("&")[0] or -1)
        told = fold.lines(Fold(golden.names, golden.asked), golden.log, after)
        body = ("".join(line.sse for line in told) + DONE).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    with openai.OpenAI(api_key="none", base_url=url, max_retries=0) as found:
        yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(params=GOLDENS.values(), ids=lambda golden: golden.name)
def golden(request: pytest.FixtureRequest) -> Golden:
    found: Golden = request.param
    return found


def data(golden: Golden) -> list[dict[str, Any]]:
    return [line.data for line in fold.lines(Fold(golden.names, golden.asked), golden.log)]


class TestSdk:
    def test_its_accumulator_takes_the_stream_and_ends_with_the_response(
        self, client: openai.OpenAI, golden: Golden
    ) -> None:
        events = data(golden)
        with client.responses.stream(response_id=golden.names.response + golden.name) as stream:
            seen = list(stream)
            assert [event.sequence_number for event in seen] == list(range(len(events)))
            assert [event.type for event in seen] == [each["type"] for each in events]
            last = events[-1]["response"]
            if last["status"] == "completed":
                final = stream.get_final_response()
                assert (final.id, final.status) == (golden.names.response, "completed")
                said = [part for item in last["output"] if item["type"] == "message" for part in item["content"]]
                assert final.output_text == "".join(part["text"] for part in said)
                assert [item.to_dict()["id"] for item in final.output] == [item["id"] for item in last["output"]]
            else:
                with pytest.raises(RuntimeError):
                    stream.get_final_response()

    def test_it_reads_on_by_number_and_by_query(self, client: openai.OpenAI, golden: Golden) -> None:
        events = data(golden)
        for after in (0, len(events) // 2, len(events) - 1):
            id_ = golden.names.response + golden.name
            with client.responses.stream(response_id=id_, starting_after=after) as stream:
                assert [event.sequence_number for event in stream] == list(range(after + 1, len(events)))
            rest = client.responses.retrieve(id_, stream=True, starting_after=after)
            assert [event.sequence_number for event in rest] == list(range(after + 1, len(events)))

    def test_each_event_is_of_its_type_and_has_no_field_that_the_type_lacks(self, golden: Golden) -> None:
        types: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
        for event in data(golden):
            read = types.validate_json(json.dumps(event))
            assert read.type == event["type"]
            assert set(unknown(read)) <= OURS


class TestOpenResponses:
    def test_each_event_is_of_its_type(self, golden: Golden) -> None:
        for event in data(golden):
            if (model := MODELS.get(event["type"])) and event.get("item", {}).get("type") not in FOREIGN:
                model.model_validate_json(json.dumps(known(event)))

    def test_it_knows_what_is_not_of_a_tool_of_the_servers(self) -> None:
        told = {event["type"] for golden in GOLDENS.values() for event in data(golden)}
        foreign = {type_ for type_ in told if type_ not in MODELS}
        assert {type_.split(".")[1].partition("_arguments")[0] for type_ in foreign} == {"mcp_call", "web_search_call"}


MODELS: dict[str, type[BaseModel]] = {
    str(next(iter(model.model_fields["type"].annotation))): model
    for name, model in vars(open_responses).items()
    if name.endswith("StreamingEvent")
}
"""The types of its events, by their names."""


def known(event: dict[str, Any]) -> dict[str, Any]:
    """Leave out the items and tools that Open Responses does not know, and a schema, for which its types take null."""
    if "response" not in event:
        return event
    response = event["response"]
    output = [item for item in response["output"] if item["type"] not in FOREIGN]
    tools = [tool for tool in response["tools"] if tool["type"] == "function"]
    format_ = {**response["text"]["format"], **({"schema": None} if "schema" in response["text"]["format"] else {})}
    text = {**response["text"], "format": format_}
    return {**event, "response": {**response, "output": output, "tools": tools, "text": text}}


def unknown(read: Any) -> Iterator[str]:
    """Name the fields that no type has, at any depth."""
    if isinstance(read, BaseModel):
        yield from read.model_extra or ()
        for name in type(read).model_fields:
            yield from unknown(getattr(read, name))
    elif isinstance(read, list):
        for each in read:
            yield from unknown(each)
