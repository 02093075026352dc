"""OpenAI's own client at the deployed stack: cut streams, lost executions, files, conversations, ends, sums."""

import hashlib
import random
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import httpx2
import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI

from tests.dialects.responses.test_beginning_repetitions import Torn
from tests.kit.messages_api import MessagesApi, Reply, call, messages_api, text
from tests.kit.receivers import receiving
from tests.kit.shapes import MODEL, Deployed, deployed, until
from walkaway_core.dialects.responses.webhook_body import TYPES
from walkaway_core.store import turns
from walkaway_core.store.keys import TurnKey

pytestmark = pytest.mark.deep
NAME = "gpt-4.1"
"""What the model is asked for as: the stack has another name for it."""
FILES = {"type": "mcp", "server_label": "walkaway", "allowed_tools": ["write_file"], "require_approval": "always"}
SECONDS = 1
"""As long as a function holds an answer here, instead of minutes."""


@pytest.fixture(scope="module")
def service() -> Iterator[MessagesApi]:
    with messages_api() as found:
        yield found


@pytest.fixture(scope="module")
def shape(service: MessagesApi) -> Iterator[Deployed]:
    with deployed(service.url, parameters={"ModelAliases": f"gpt-*={MODEL}"}) as found:
        yield found


@pytest.fixture
def model(service: MessagesApi) -> Iterator[MessagesApi]:
    service.replies = [Reply([text(f"Answer {number}")]) for number in range(1, 6)]
    yield service
    assert service.problems == []


@pytest.fixture(scope="module")
def client(shape: Deployed) -> Iterator[Any]:
    with made(shape) as found:
        yield found


def made(shape: Deployed, **options: Any) -> OpenAI:
    with shape.client() as web:
        key = web.headers["x-api-key"]
    return OpenAI(base_url=f"{shape.url}/v1", api_key=key, **{"max_retries": 0, **options})


def say(client: Any, said: Any = "Tell a story", **about: Any) -> Any:
    return client.responses.create(model=NAME, input=said, **about)


def ended(client: Any, shape: Deployed, id_: str) -> Any:
    until(lambda: client.responses.retrieve(id_).status not in ("queued", "in_progress"), shape)
    return client.responses.retrieve(id_)


@pytest.fixture
def held(model: MessagesApi) -> Iterator[Reply]:
    """An answer of the model's that waits in its middle."""
    found = Reply([text("Once upon a time there was a ferry")], gate=threading.Event())
    model.replies = [found, Reply([text("Afterwards")])]
    yield found
    found.gate.set()  # type: ignore[union-attr]


@pytest.fixture
def hasty(shape: Deployed) -> Iterator[None]:
    """A stream function whose time is over soon."""
    settings = shape.deployment.services["stream"].settings
    before = {name: getattr(settings, name) for name in ("stream_seconds", "hold_seconds")}
    assert before == {"stream_seconds": 600, "hold_seconds": 840}
    for name in before:
        object.__setattr__(settings, name, SECONDS)
    yield
    for name, seconds in before.items():
        object.__setattr__(settings, name, seconds)


@pytest.mark.usefixtures("hasty")
def test_a_stream_that_is_cut_is_taken_up_again(client: Any, held: Reply) -> None:
    seen = list(say(client, stream=True))
    assert seen[0].type == "response.created"
    assert "response.completed" not in [event.type for event in seen]
    held.gate.set()  # type: ignore[union-attr]
    while seen[-1].type != "response.completed":
        last = seen[-1].sequence_number
        seen += client.responses.retrieve(seen[0].response.id, stream=True, starting_after=last)
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert seen[-1].response.output_text == "Once upon a time there was a ferry"
    assert list(client.responses.retrieve(seen[0].response.id, stream=True)) == seen


@pytest.mark.usefixtures("hasty")
def test_a_plain_answer_that_is_cut_says_what_is_under_way(client: Any, shape: Deployed, held: Reply) -> None:
    made_ = say(client)
    assert (made_.status, made_.output_text) == ("in_progress", "")
    held.gate.set()  # type: ignore[union-attr]
    assert ended(client, shape, made_.id).output_text == "Once upon a time there was a ferry"


def test_a_response_whose_execution_is_lost_fails_and_can_be_gone_on_from(
    client: Any, shape: Deployed, held: Reply
) -> None:
    first = say(client, background=True)
    assert held.reached.wait(30)
    turn = TurnKey("alpha", first.walkaway["session_id"], first.walkaway["turn_id"])
    found = turns.load(shape.services, turn)
    assert found
    machine = shape.deployment.applied.ref("TurnStateMachine").replace(":stateMachine:", ":execution:")
    boto3.client("stepfunctions").stop_execution(executionArn=f"{machine}:{found.execution_name}")
    shape.report_failure(turn)
    shape.deliver()
    lost = client.responses.retrieve(first.id)
    assert (lost.status, lost.error.code) == ("failed", "server_error")
    events = list(client.responses.retrieve(first.id, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[-1].type, events[-1].response) == ("response.failed", lost)
    held.gate.set()  # type: ignore[union-attr]
    after = say(client, "Go on", previous_response_id=first.id)
    assert (after.status, after.output_text) == ("completed", "Afterwards")


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_sent_again_begins_one_response(shape: Deployed, model: MessagesApi, *, stream: bool) -> None:
    model.requests.clear()
    torn = Torn(2)
    with made(shape, max_retries=2, http_client=httpx2.Client(transport=torn)) as client:
        answer: Any = say(client, f"Say hello, {stream}", stream=stream)
        last = [*answer][-1].response if stream else answer
    assert last.output_text == "Answer 1"
    assert (torn.counts, torn.replayed) == (["0", "1", "2"], [False, True, True])
    assert len(model.requests) == 1


def test_a_tool_of_the_servers_waits_for_a_yes(client: Any, model: MessagesApi) -> None:
    model.replies = [
        Reply([call("write_file", "toolu_write", path="moss.md", content="Moss")]),
        Reply([text("It is written.")]),
    ]
    asked = say(client, tools=[FILES])
    (request,) = [item for item in asked.output if item.type == "mcp_approval_request"]
    answer = {"type": "mcp_approval_response", "approval_request_id": request.id, "approve": True}
    after = say(client, [answer], tools=[FILES], previous_response_id=asked.id)
    assert [item.type for item in after.output] == ["mcp_call", "message"]
    assert (after.output[0].error, after.model) == (None, NAME)
    assert {request["model"] for request in model.requests} == {MODEL}


def test_a_conversation(client: Any, shape: Deployed, held: Reply) -> None:
    talk = client.conversations.create(items=[{"role": "user", "content": "Hello"}], metadata={"a": "b"})
    assert client.conversations.update(talk.id, metadata={"c": "d"}).metadata == {"c": "d"}
    first = say(client, conversation=talk.id, background=True)
    assert held.reached.wait(30)
    with pytest.raises(BadRequestError) as refused:
        say(client, "Too early", conversation=talk.id)
    assert refused.value.code == "conversation_locked"
    second = say(client, "And then?", conversation=talk.id, background=True)
    assert second.status == "queued"
    held.gate.set()  # type: ignore[union-attr]
    assert [ended(client, shape, each.id).status for each in (first, second)] == ["completed"] * 2
    client.conversations.items.create(talk.id, items=[{"role": "user", "content": "Later"}])
    listed = [item.content[0].text for item in client.conversations.items.list(talk.id, order="asc", limit=2)]
    words = ["Hello", "Tell a story", "Once upon a time there was a ferry", "And then?", "Afterwards", "Later"]
    assert listed == words
    assert client.conversations.delete(talk.id).deleted
    with pytest.raises(NotFoundError):
        client.conversations.retrieve(talk.id)


def test_a_file_comes_in_parts_where_it_is_too_large_for_a_function(client: Any) -> None:
    body = random.Random(7).randbytes(5_000_000)
    for size in (5_000_000, 11_000_000):
        with pytest.raises(APIStatusError) as refused:
            client.files.create(file=("large.bin", bytes(size)), purpose="user_data")
        assert refused.value.status_code == 413
    upload = client.uploads.upload_file_chunked(
        file=body,
        filename="large.bin",
        bytes=len(body),
        mime_type="application/octet-stream",
        purpose="user_data",
        part_size=4_400_000,
        md5=hashlib.md5(body, usedforsecurity=False).hexdigest(),
    )
    assert (upload.status, upload.file.bytes) == ("completed", len(body))
    assert client.files.content(upload.file.id).content == body
    part = client.files.with_raw_response.content(upload.file.id, extra_headers={"Range": "bytes=4399999-4400000"})
    assert (part.http_response.status_code, part.content) == (206, body[4_399_999:4_400_001])
    whole = client.files.create(file=("whole.bin", body[:4_400_000]), purpose="user_data")
    assert client.files.content(whole.id).content == body[:4_400_000]
    assert [each.id for each in client.files.list()] == [whole.id, upload.file.id]
    for each in (whole, upload.file):
        assert client.files.delete(each.id).deleted
    again = client.uploads.create(bytes=3, filename="a", mime_type="text/plain", purpose="user_data")
    assert client.uploads.parts.create(again.id, data=b"abc").upload_id == again.id
    assert client.uploads.cancel(again.id).status == "cancelled"


def test_ends_are_told_by_webhooks(client: Any, shape: Deployed, model: MessagesApi) -> None:
    for services in shape.deployment.services.values():
        object.__setattr__(services.settings, "outbound_loopback", True)
    model.replies = [Reply([text("done")]), Reply([text("no")], stop_reason="refusal"), Reply(status=404, error="no")]
    with receiving() as receiver:
        hook = client.webhooks.create(name="ends", url=receiver.url, event_types=list(TYPES))
        assert client.webhooks.retrieve(hook.id).name == "ends"
        ids = []
        for _ in range(3):
            ids.append(say(client, background=True).id)
            ended(client, shape, ids[-1])
        until(lambda: len(receiver.got) == 3, shape)
        told = [client.webhooks.unwrap(got.body, got.headers, secret=hook.signing_secret) for got in receiver.got]
        assert {event.data.id: event.type for event in told} == {
            ids[0]: "response.completed",
            ids[1]: "response.incomplete",
            ids[2]: "response.failed",
        }
        client.webhooks.delete(hook.id)


def test_an_input_is_counted_and_summed_up(client: Any, model: MessagesApi) -> None:
    history = [{"role": "user", "content": "One " * 1000}, {"role": "assistant", "content": "Two"}]
    counted = client.responses.input_tokens.count(model=NAME, input=history).input_tokens
    assert 500 < counted < 3000
    model.replies = [Reply([text("They count.")]), Reply([text("Three")])]
    compacted = client.responses.compact(model=NAME, input=history)
    kept = [item.model_dump(exclude_unset=True, warnings=False) for item in compacted.output]
    assert kept[-1]["type"] == "compaction"
    assert say(client, [*kept, {"role": "user", "content": "Go on"}]).output_text == "Three"
    assert "They count." in str(model.requests[-1]["messages"])
