"""What functions ask of AWS in the deployed shape is what their roles allow: no more, and no less."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dev import policies
from dev.access import Access, Right, needed
from dev.calls import Call
from dev.deployment import SANDBOX
from dev.template import Stack
from tests.aws.test_scenarios import Held, wait_free
from tests.kit import sse
from tests.kit.agents import Agent
from tests.kit.asking import Asking, output, time_call
from tests.kit.messages_api import MessagesApi, Reply, call, messages_api, text
from tests.kit.receivers import Answer, receiving
from tests.kit.shapes import MODEL, Deployed, deployed, until
from walkaway_core.ports.items import Change
from walkaway_core.store import bodies
from walkaway_core.store.keys import SessionKey

BIG = "x" * (bodies.INLINE_BYTES + 1)
LATER = {"Prefer": "respond-async"}
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
"""What Lambda does in the name of a function that a queue invokes (Lambda developer guide, SQS permissions)."""
UNCALLED: Mapping[tuple[str, str], str] = {
    **{(name, action): "Lambda polls its queue" for name in ("deliver_webhook", "sweep") for action in POLLING},
    **{
        (name, "dynamodb:ConditionCheckItem"): "checks a record in which what it would add to is no number any more"
        for name in ("api", "deliver_webhook", "sweep", "finish_turn", "request_client_tools", "continue_turn")
    },
    ("continue_turn", "dynamodb:Query"): "the Table is one port, whose policy is not divided for one function",
}
"""What is allowed and not called here, by function and action, and why. Logs and traces are written by Lambda and Step
Functions, in the names of all: policies of AWS's own, which tests/aws/test_template.py names."""
CHOICES = {"AnthropicKeyParameter": "/walkaway/key", "Bedrock": "yes"}
NOT_HERE: Mapping[str, str] = {
    "ssm:GetParameter": "no model of the emulated account needs a key; tests/models/test_failures.py reads one",
    "bedrock:InvokeModel": "no AWS call of the SDK's: the model's adapter signs a request to Bedrock",
    "bedrock:InvokeModelWithResponseStream": "the same, streamed",
    "bedrock-mantle:CreateInference": "the same, on Bedrock's Messages API",
}
"""What `call_model` alone is allowed besides, where a stack's owner has chosen it, and why it is not called here."""


class Scenes:
    """Everything that some function needs a right for."""

    def __init__(self, shape: Deployed, model: MessagesApi, receiver: Any) -> None:
        self.shape, self.model, self.receiver = shape, model, receiver
        self.client = shape.client()

    def large_bodies_go_into_the_bucket_and_go_with_their_session(self) -> None:
        self.client.post("/v1/webhooks", json={"url": self.receiver.url, "events": ["turn.completed"]})
        self.model.replies = [
            Reply([call("write_file", path="a.txt", content="a")]),
            Reply([text(BIG)], pieces=100_000),
        ]
        session = sse.new(self.client, model=MODEL)
        sse.send(self.client, session, BIG)
        self.told_twice()
        self.client.delete(f"/v1/sessions/{session}").raise_for_status()
        self.shape.clock.ahead += 20 * 60 + 1
        key = SessionKey("alpha", session)
        until(lambda: self.shape.services.table.get(key.item)[0] is None, self.shape)

    def told_twice(self) -> None:
        """Bring what the bus tells webhooks twice, and let the receiver want it later, and then never again."""
        deployment, sqs = self.shape.deployment, boto3.client("sqs")
        url = deployment.applied.ref("WebhooksQueue")
        told = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        event = {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in told]}
        self.receiver.answers = [Answer(500), Answer(410)]
        deployment.invoke("DeliverWebhookFunction", event)
        deployment.invoke("DeliverWebhookFunction", event)
        self.shape.deliver()
        self.shape.clock.ahead += 60
        until(lambda: len(self.receiver.got) == 2, self.shape)

    def files_and_commands(self) -> None:
        agent = Agent(self.client, self.model, model=MODEL)
        agent.put("in.txt", b"one")
        assert "exit code 0" in agent.bash("cat in.txt; rm in.txt; echo two > out.txt; sleep 2.5; echo told")
        assert agent.get("out.txt").content == b"two\n"
        assert agent.get("none.txt").status_code == 404
        self.client.delete(f"/v1/sessions/{agent.session}/files/out.txt").raise_for_status()

    def commands_side_by_side(self) -> None:
        both = [call("bash", name, command="true") for name in ("toolu_1", "toolu_2")]
        self.model.replies = [Reply(both), Reply([text("Done.")])]
        assert sse.send(self.client, sse.new(self.client, model=MODEL), "Go")[-1].event == "message.completed"

    def a_schedule_with_something_large(self) -> None:
        """The sweep makes the session, and keeps what goes with its first message in the bucket."""
        files = f"/v1/sessions/{sse.new(self.client)}/files"
        self.client.put(f"{files}/large.txt", content=BIG.encode()).raise_for_status()
        said = {"name": "large", "at": int(self.shape.clock.now()), "catch_up": "latest", "message": "Read it"}
        own = {"session": {"model": "rehearsal"}, "attachments": [{"path": "large.txt"}]}
        self.client.post("/v1/schedules", json={**said, **own}).raise_for_status()
        until(lambda: self.client.get("/v1/schedules/large").json()["counts"]["started"], self.shape)
        wait_free(self.client, self.client.get("/v1/schedules/large").json()["last_firing"]["session_id"])

    def messages_to_a_busy_session(self) -> None:
        for how in ("steer", "interrupt", "enqueue"):
            held = Held(self.client, self.model)
            url = f"/v1/sessions/{held.session}/messages"
            self.client.post(url, json={"message": "more", "on_busy": how}, headers=LATER).raise_for_status()
            held.release()
            wait_free(self.client, held.session)

    def a_cancel_and_a_next_execution(self) -> None:
        held = Held(self.client, self.model)
        self.client.post(f"/v1/sessions/{held.session}/responses/{held.response}/cancel").raise_for_status()
        held = Held(self.client, self.model)
        ticket = {"tenant": "alpha", "session": held.session, "turn": held.response, "execution": 1}
        self.shape.deployment.invoke("ContinueTurnFunction", ticket)
        held.release()
        wait_free(self.client, held.session)

    def calls_that_wait_for_the_caller(self) -> None:
        for answered in (True, False):
            asking = Asking(
                self.client, self.model, call("get_time", "toolu_time", zone=BIG), model=MODEL, tool_timeout=600
            )
            asking.pending()
            if answered:
                asking.answer(output("toolu_time")).raise_for_status()
            else:
                self.shape.clock.ahead += 700
            until(lambda asking=asking: not asking.pending_now(), self.shape)  # type: ignore[misc]
            assert asking.end()[-1].event == "message.completed"

    def a_token_that_nothing_waits_with(self) -> None:
        asking = Asking(self.client, self.model, time_call(), model=MODEL)
        asking.pending()
        key = SessionKey("alpha", asking.session).turn(asking.turn)
        self.shape.services.table.write(Change(*key.item, set={"token": "AQCEAAAAKgAAAAMAAAAAAAAAAnothing"}))
        asking.answer(output("toolu_time")).raise_for_status()
        self.shape.clock.ahead += 30
        until(lambda: asking.record()["status"] == "completed", self.shape)

    def other_requests(self) -> None:
        hook = self.client.post("/v1/webhooks", json={"url": self.receiver.url}).json()["id"]
        self.client.post(f"/v1/webhooks/{hook}/test").raise_for_status()
        self.client.delete(f"/v1/webhooks/{hook}").raise_for_status()
        self.model.replies = [Reply([text("Done.")])]
        self.client.post("/api/v1/runs", json={"prompt": "Go"}).raise_for_status()
        session = sse.new(self.client, metadata={"a": 1})
        self.client.patch(f"/v1/sessions/{session}", json={"metadata": {"b": 2}}).raise_for_status()
        self.shape.clock.ahead += 5 * 3600
        until(lambda: self.client.get(f"/v1/sessions/{session}").status_code == 404, self.shape)


@pytest.fixture(scope="module")
def shape() -> Iterator[Deployed]:
    with messages_api() as model, receiving() as receiver, deployed(model.url) as made:
        for services in made.deployment.services.values():
            object.__setattr__(services.settings, "outbound_loopback", True)
        scenes = Scenes(made, model, receiver)
        with scenes.client:
            scenes.large_bodies_go_into_the_bucket_and_go_with_their_session()
            scenes.files_and_commands()
            scenes.commands_side_by_side()
            scenes.a_schedule_with_something_large()
            scenes.messages_to_a_busy_session()
            scenes.a_cancel_and_a_next_execution()
            scenes.calls_that_wait_for_the_caller()
            scenes.a_token_that_nothing_waits_with()
            scenes.other_requests()
        yield made


@pytest.mark.deep
@pytest.mark.timeout(300)  # whichever is first plays every scenario, for a minute of one processor
def test_what_functions_do_is_allowed(shape: Deployed) -> None:
    assert shape.deployment.access.refused == []


@pytest.mark.deep
@pytest.mark.timeout(300)  # whichever is first plays every scenario, for a minute of one processor
def test_what_is_allowed_is_done(shape: Deployed) -> None:
    uncalled = set()
    for name, function in shape.deployment.functions.items():
        used: set[Right] = shape.deployment.access.used[function.folder]
        for action, about in policies.rights(policies.of_role(shape.deployment.applied.stack, f"{name}Role")):
            if function.folder != SANDBOX and not any(action == a and fnmatchcase(r, about) for a, r in used):
                uncalled.add((function.folder, action))
    assert uncalled - set(UNCALLED) == set(), "allowed, and never done"
    assert set(UNCALLED) - uncalled == set(), "done after all"


def test_what_may_be_chosen_is_for_the_function_that_calls_models() -> None:
    plain, chosen = Stack(), Stack(CHOICES)
    for name, _ in chosen.resources("AWS::Lambda::Function"):
        before, after = (policies.rights(policies.of_role(stack, f"{name}Role")) for stack in (plain, chosen))
        assert {action for action, _ in after - before} == (set(NOT_HERE) if name == "CallModelFunction" else set())


def test_the_machine_may_invoke_its_states_functions_and_no_other() -> None:
    stack = Stack()
    may = {about for _, about in policies.rights(policies.of_role(stack, "TurnStateMachineRole"))} - {"*"}
    states = stack.template["Resources"]["TurnStateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert {about.rpartition(":")[2].removesuffix("*").removesuffix(".Ref") for about in may} == {
        name.removesuffix("Arn") for name in states
    }


def a_call(service: str, operation: str, **given: Any) -> Call:
    return Call("api", service, operation, given)


@pytest.mark.parametrize(
    ("asked", "actions"),
    [
        (a_call("dynamodb", "Query", TableName="T"), {"dynamodb:Query"}),
        (
            a_call(
                "dynamodb",
                "TransactWriteItems",
                TransactItems=[
                    {"Put": {"TableName": "T"}},
                    {"Put": {"TableName": "T"}},
                    {"ConditionCheck": {"TableName": "T"}},
                ],
            ),
            {"dynamodb:PutItem", "dynamodb:ConditionCheckItem"},
        ),
        (a_call("s3", "HeadObject", Bucket="b", Key="k"), {"s3:GetObject"}),
        (a_call("s3", "DeleteObject", Bucket="b", Key="k", IfMatch="1"), {"s3:DeleteObject", "s3:GetObject"}),
        (a_call("s3", "CreateBucket", Bucket="b"), {"s3:CreateBucket"}),
        (Call("api", "s3", "CreateBucket", {"Bucket": "b"}, signed=True), {"s3:PutObject"}),
    ],
    ids=lambda value: value.operation if isinstance(value, Call) else "",
)
def test_a_call_needs(asked: Call, actions: set[str]) -> None:
    assert {action for action, _ in needed(asked)} == actions


def test_what_is_not_allowed_is_refused_and_remembered() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    access = Access({"api": [{"Statement": [statement]}]})
    found = a_call("s3", "GetObject", Bucket="b", Key="k")
    access.asks(found)
    access.answered(found, 200, {})
    assert access.refused == []
    with pytest.raises(ClientError, match="not authorized to perform: s3:GetObject on resource: arn:aws:s3:::c/k"):
        access.asks(a_call("s3", "GetObject", Bucket="c", Key="k"))
    with pytest.raises(ClientError, match="s3:ListBucket"):
        access.answered(found, 404, {})
    assert len(access.refused) == 2
