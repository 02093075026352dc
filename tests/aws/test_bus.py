"""EventBridge: an event reaches a rule's queue as users will see it, and one that is not taken is told."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.kit.moto_services import ACCOUNT
from walkaway_core.aws.bus import EventBridgeBus, NotAccepted, connect


def test_an_event_reaches_the_rules_that_ask_for_it() -> None:
    with mock_aws():
        client, sqs = connect(**ACCOUNT), boto3.client("sqs", **ACCOUNT)
        client.create_event_bus(Name="walkaway")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": ["walkaway"], "detail-type": ["turn.completed"]})
        client.put_rule(Name="r", EventBusName="walkaway", EventPattern=pattern)
        client.put_targets(Rule="r", EventBusName="walkaway", Targets=[{"Id": "q", "Arn": arn}])
        bus = EventBridgeBus(client, "walkaway")
        bus.publish("turn.failed", {"tenant": "t"}, lambda: None)
        bus.publish("turn.completed", {"tenant": "t", "response_id": "msg_1"}, lambda: None)
        messages: list[Any] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    (event,) = (json.loads(message["Body"]) for message in messages)
    assert (event["source"], event["detail-type"]) == ("walkaway", "turn.completed")
    assert event["detail"] == {"tenant": "t", "response_id": "msg_1"}


def test_an_event_that_is_not_taken_is_told() -> None:
    with mock_aws():
        client = connect(**ACCOUNT)

        def refuse(parsed: dict[str, Any], **_: Any) -> None:
            parsed.update(FailedEntryCount=1, Entries=[{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}])

        client.meta.events.register("after-call.events.PutEvents", refuse)
        with pytest.raises(NotAccepted, match="ThrottlingException: slow"):
            EventBridgeBus(client, "default").publish("turn.completed", {}, lambda: None)
