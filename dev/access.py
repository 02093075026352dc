"""IAM in the emulated account: a function's call is refused where its role does not allow what the call needs."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from dev.calls import Call
from dev.policies import allowed
from dev.template import PSEUDO
from walkaway_core.aws.sandbox import STAGING

Right = tuple[str, str]
"""An action by IAM's name, and the ARN of what it is about."""

_HERE = f"{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}"
_OF_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_OF_S3 = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket"}
_FORM = "CreateBucket"
"""As botocore tells of a form that is signed for uploads; whoever gets it puts objects."""


class Access:
    """Listener: looks at each call of a function with policies. `used` is what functions needed, by their folders.

    `refused` says what was not allowed, since code may bear an error that it gets.
    """

    def __init__(self, documents: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self.used: defaultdict[str, set[Right]] = defaultdict(set)
        self.refused: list[str] = []
        self._documents = documents
        self._lock = threading.Lock()

    def asks(self, call: Call) -> None:
        """Refuse what is not allowed, as AWS does."""
        self._look(call, needed(call))

    def answered(self, call: Call, status: int, _: Mapping[str, Any]) -> None:
        """Notice what else the answer needed: without the right to list, what is absent is 403 and not 404."""
        if call.service == "s3" and call.operation in {"HeadObject", "GetObject"} and status == 404:
            self._look(call, [("s3:ListBucket", _bucket(call))])

    def _look(self, call: Call, rights: Iterator[Right] | list[Right]) -> None:
        for action, resource in rights:
            with self._lock:
                self.used[call.function].add((action, resource))
            if not allowed(self._documents[call.function], action, resource):
                sentence = f"{call.function} is not authorized to perform: {action} on resource: {resource}"
                self.refused.append(sentence)
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": sentence}}, call.operation)


def needed(call: Call) -> Iterator[Right]:
    """Give the rights that a call needs (Service Authorization Reference). Raises LookupError for an unknown call.

    A transaction needs those of its items' actions (DynamoDB developer guide, IAM and transactions). What is written or
    deleted under a version needs the right to read it (S3 user guide, conditional requests).
    """
    yield from _NEEDED[call.service](call)


def _dynamodb(call: Call) -> Iterator[Right]:
    if call.operation == "TransactWriteItems":
        kinds = [(kind, item["TableName"]) for entry in call.given["TransactItems"] for kind, item in entry.items()]
        yield from dict.fromkeys((f"dynamodb:{_OF_TRANSACTIONS[kind]}", _table(name)) for kind, name in kinds)
        return
    names = call.given.get("RequestItems") or [call.given["TableName"]]
    yield from ((f"dynamodb:{call.operation}", _table(name)) for name in names)


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{_HERE}:table/{name}"


def _s3(call: Call) -> Iterator[Right]:
    if call.operation == "DeleteObjects":
        yield from (("s3:DeleteObject", f"{_bucket(call)}/{o['Key']}") for o in call.given["Delete"]["Objects"])
        return
    if call.operation == _FORM and call.signed:
        yield "s3:PutObject", f"{_bucket(call)}/{STAGING}/"
        return
    if call.operation == "CopyObject":
        yield "s3:PutObject", f"{_bucket(call)}/{call.given['Key']}"
        yield "s3:GetObject", f"{_bucket(call)}/{call.given['CopySource']['Key']}"
        return
    key = f"/{call.given['Key']}" if "Key" in call.given else ""
    yield f"s3:{_OF_S3.get(call.operation, call.operation)}", _bucket(call) + key
    if "IfMatch" in call.given:
        yield "s3:GetObject", _bucket(call) + key


def _bucket(call: Call) -> str:
    return f"arn:aws:s3:::{call.given['Bucket']}"


def _lambda(call: Call) -> Iterator[Right]:
    yield "lambda:InvokeFunction", f"arn:aws:lambda:{_HERE}:function:{call.given['FunctionName']}"


def _states(call: Call) -> Iterator[Right]:
    # A task token is answered in the name of its state machine, which it does not show; there is one.
    machine = f"arn:aws:states:{_HERE}:stateMachine:{PSEUDO['AWS::StackName']}-turn"
    yield f"states:{call.operation}", call.given.get("executionArn") or call.given.get("stateMachineArn") or machine


def _events(call: Call) -> Iterator[Right]:
    buses = {entry.get("EventBusName", "default") for entry in call.given["Entries"]}
    yield from (("events:PutEvents", f"arn:aws:events:{_HERE}:event-bus/{bus}") for bus in buses)


def _sqs(call: Call) -> Iterator[Right]:
    yield f"sqs:{call.operation}", f"arn:aws:sqs:{_HERE}:{call.given['QueueUrl'].rpartition('/')[2]}"


_NEEDED = {
    "dynamodb": _dynamodb,
    "s3": _s3,
    "lambda": _lambda,
    "stepfunctions": _states,
    "events": _events,
    "sqs": _sqs,
}
