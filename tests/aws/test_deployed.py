"""What only the deployed shape has: functions that break down by themselves, and a bus with rules of its users."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
import requests

from tests.kit import sse
from tests.kit.dynamo import Trouble
from tests.kit.shapes import Deployed, deployed, settle
from walkaway_core.engine import creating, sending
from walkaway_core.http import downloads
from walkaway_core.settings import SettingError
from walkaway_core.store.idempotency import Once
from walkaway_core.store.sessions import SessionOptions


@pytest.fixture(scope="module")
def shape() -> Iterator[Deployed]:
    with deployed("") as found:
        yield found


@pytest.fixture
def client(shape: Deployed) -> Iterator[httpx.Client]:
    with shape.client() as found:
        yield found


def test_a_step_whose_function_breaks_down_is_repeated(client: httpx.Client, shape: Deployed) -> None:
    shape.deployment.crash_next = {"call_model": 2}
    events = sse.send(client, sse.new(client), "Write a poem about rain.")
    assert [event.id for event in events] == list(range(len(events)))
    assert events[-1].event == "message.completed"
    assert shape.deployment.crash_next == {"call_model": 0}


def test_a_turn_whose_function_keeps_breaking_down_ends_with_an_error_that_says_so(
    client: httpx.Client, shape: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = SimpleNamespace(sleep=lambda _: None)
    monkeypatch.setattr("moto.stepfunctions.parser.asl.component.common.retry.retrier_decl.time", hasty)
    shape.deployment.crash_next = {"call_model": 6}
    events = sse.send(client, sse.new(client), "Write a poem about rain.")
    assert (events[-1].event, events[-1].data["code"]) == ("message.error", "step_failed")
    assert "CallModelFunction broke down" in events[-1].data["error"]


def test_unknown_addresses_reach_no_function_and_unknown_methods_the_app(client: httpx.Client, shape: Deployed) -> None:
    shape.deployment.crash_next = {"api": 1, "stream": 1}
    for method, address in (("GET", "/v1/nothing"), ("POST", "/v1/sessions/x/y"), ("GET", "/openai/v1/agents")):
        found = client.request(method, address)
        assert (found.status_code, found.json()["error"]) == (404, "not_found")
    assert shape.deployment.crash_next == {"api": 1, "stream": 1}
    shape.deployment.crash_next = {}
    for method, address in (("PUT", "/v1/sessions"), ("PATCH", "/v1/sessions/x/messages"), ("DELETE", "/health")):
        found = client.request(method, address)
        assert (found.status_code, found.json()["error"]) == (405, "method_not_allowed")
        assert found.headers["Allow"]


def test_what_a_function_cannot_answer_with_is_to_be_had_from_the_bucket(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = f"/v1/sessions/{sse.new(client)}/files"
    for name, size in (("large.csv", 1001), ("small.csv", 1000)):
        client.put(f"{files}/{name}", content=b"x" * size).raise_for_status()
    monkeypatch.setattr(downloads, "STREAMED_BYTES", 1000)
    large = client.get(f"{files}/large.csv")
    assert (large.status_code, large.content) == (307, b"")
    theirs = requests.get(large.headers["Location"], headers={"Range": "bytes=999-"}, timeout=10)
    assert (theirs.status_code, theirs.content, theirs.headers["Content-Type"]) == (206, b"xx", "text/csv")
    for answer in (client.get(f"{files}/small.csv"), client.head(f"{files}/large.csv")):
        assert answer.status_code == 200
    assert client.get(f"{files}/large.csv", headers={"Range": "bytes=0-999"}).status_code == 206
    assert client.get(f"{files}/large.csv", headers={"If-None-Match": "*"}).status_code == 304


def test_a_file_may_have_as_many_bytes_as_is_said(client: httpx.Client) -> None:
    most = client.get("/v1/me").json()["limits"]["file_bytes"]
    address = f"/v1/sessions/{sse.new(client)}/files/large.bin"
    assert client.put(address, content=bytes(most)).status_code == 201
    for more in (400_000, 10_000_000):
        assert client.put(address, content=bytes(most + more)).status_code == 413
    assert len(client.get(address).content) == most


def test_every_get_has_a_head_which_the_ordinary_function_answers(client: httpx.Client, shape: Deployed) -> None:
    session = sse.new(client)
    turn = sse.send(client, session, "Write a poem about rain.")[0].data["id"]
    client.put(f"/v1/sessions/{session}/files/f.txt", content=b"0123456789").raise_for_status()
    shape.deployment.crash_next = {"stream": 1}
    for path in (f"{session}", f"{session}/events", f"{session}/responses/{turn}/events", f"{session}/files/f.txt"):
        head = client.head(f"/v1/sessions/{path}")
        assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"]
    assert client.head(f"/v1/sessions/{session}/files/none").status_code == 404
    assert client.head("/health").status_code == 200
    assert shape.deployment.crash_next == {"stream": 1}
    shape.deployment.crash_next = {}


def test_a_users_rule_on_the_bus_sees_every_turn_end(client: httpx.Client, shape: Deployed) -> None:
    events, sqs, bus = boto3.client("events"), boto3.client("sqs"), shape.deployment.applied.ref("Bus")
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="mine", EventBusName=bus, EventPattern='{"source": ["walkaway"]}')
    events.put_targets(Rule="mine", EventBusName=bus, Targets=[{"Id": "q", "Arn": arn}])
    session = sse.new(client)
    seen = sse.send(client, session, "Write a poem about rain.")
    told = [
        json.loads(message["Body"])
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]
    ]
    assert {event["detail-type"]: event["detail"]["sequence"] for event in told} == {
        "session.created": 1,
        "turn.started": 2,
        "turn.completed": 3,
    }
    for event in told:
        if event["detail-type"] == "session.created":
            continue
        about = {name: event["detail"][name] for name in ("tenant", "session_id", "response_id")}
        assert about == {"tenant": "alpha", "session_id": session, "response_id": seen[0].data["id"]}


def test_a_function_cannot_touch_what_its_settings_do_not_name(shape: Deployed) -> None:
    with pytest.raises(SettingError, match="WALKAWAY_STATE_MACHINE is not set"):
        shape.deployment.services["run_tool"].machine.stop("x")
    with pytest.raises(SettingError, match="WALKAWAY_BUS is not set"):
        shape.deployment.services["run_tool"].bus.publish("x", {}, lambda: None)


def test_a_hundred_identical_starts_are_one_turn_and_one_execution(shape: Deployed) -> None:
    services = shape.services
    session = creating.create(services, "alpha", SessionOptions(), {})
    once = Once.of(session.key, "hundred", {"message": "Write a poem about rain."})
    machine = shape.deployment.applied.ref("TurnStateMachine")
    client = boto3.client("stepfunctions")

    def executions() -> int:
        return len(client.list_executions(stateMachineArn=machine)["executions"])

    before = executions()
    with ThreadPoolExecutor(100) as pool:
        futures = [
            pool.submit(sending.send, services, session.key, "Write a poem about rain.", once) for _ in range(100)
        ]
        started = [future.result() for future in futures]
    assert len({found.turn.key for found in started}) == 1
    assert [found.again for found in started].count(False) == 1
    assert executions() == before + 1
    settle(shape.deployment)


@contextmanager
def throttled(shape: Deployed, times: int = 100_000) -> Iterator[None]:
    """Let the table take no request of any function, up to so many."""
    tables: list[Any] = [it.table for it in shape.deployment.services.values() if it.settings.table]
    troubles = [Trouble(table._client) for table in tables]
    for trouble in troubles:
        trouble.answers(400, "ThrottlingException", times)
    try:
        yield
    finally:
        for trouble in troubles:
            trouble.aside = True


WRITES = {
    "a session": ("POST", "/v1/sessions", {"json": {}}),
    "metadata": ("PATCH", "/v1/sessions/{0}", {"json": {"metadata": {"k": 1}}}),
    "the end of a session": ("DELETE", "/v1/sessions/{0}", {}),
    "a message": (
        "POST",
        "/v1/sessions/{0}/messages",
        {"json": {"message": "x"}, "headers": {"Prefer": "respond-async"}},
    ),
    "a webhook": ("POST", "/v1/webhooks", {"json": {"url": "https://example.com"}}),
    "a run": ("POST", "/api/v1/runs", {"json": {"prompt": "x"}}),
    "a task": ("POST", "/api/workflow/execute/a", {"json": {"inputs": {"strings": {"1": "x"}}}}),
    "how a session stands": ("GET", "/v1/sessions/{0}", {}),
}


def test_a_table_that_throttles_is_told_within_three_seconds(client: httpx.Client, shape: Deployed) -> None:
    session = sse.new(client)
    client.post("/v1/agents", json={"name": "a"}).raise_for_status()
    with throttled(shape):
        for what, (method, path, how) in WRITES.items():
            began = time.monotonic()
            answer = client.request(method, path.format(session), **how)  # type: ignore[arg-type]
            assert time.monotonic() - began < 3, what
            assert answer.status_code == 503, f"{what}: {answer.text}"
            assert "DynamoDB takes no more requests" in answer.text, what
            assert "safe" not in answer.text, what
            assert int(answer.headers["Retry-After"]) > 0, what
        assert client.get("/health").status_code == 503, "this process has just written in vain"
    assert client.get(f"/v1/sessions/{session}").json()["metadata"] == {}
    client.patch(f"/v1/sessions/{session}", json={"metadata": {"k": 1}}).raise_for_status()
    assert client.get("/health").is_success


def test_a_turn_waits_until_the_table_takes_its_writes_again(client: httpx.Client, shape: Deployed) -> None:
    session = sse.new(client)
    with throttled(shape, times=7):
        events = sse.send(client, session, "Write a poem about rain.")
    assert [event.id for event in events] == list(range(len(events)))
    assert events[-1].event == "message.completed"
