"""The services under moto, one call at a time: moto isolates neither transactions nor threads."""

import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto.awslambda_simple.models import LambdaSimpleBackend

from dev.deployment import as_lambda
from dev.emulated import emulated
from walkaway_core.aws import machine, table, workspace

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient

TABLE = BUCKET = "walkaway"
ACCOUNT: Any = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}

Invoke = Callable[[str, Any], Any]
"""Calls the function of this name with a payload."""


class OneAtATime:
    """Passes calls on to a client, one at a time."""

    def __init__(self, client: object) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                return method(*arguments, **options)

        return call


class Account:
    """An account under moto, and what a test makes in it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._made: dict[str, str] = {}

    def table(self, name: str = TABLE) -> "DynamoDBClient":
        client = table.connect(**ACCOUNT)
        make_table(client, name)
        return cast("DynamoDBClient", OneAtATime(client))

    def bucket(self, name: str = BUCKET) -> "S3Client":
        client = workspace.connect(**ACCOUNT)
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        return cast("S3Client", OneAtATime(client))

    def step_functions(self) -> "SFNClient":
        return machine.connect(**ACCOUNT)

    def machine(self, definition: str, invoke: Invoke, name: str = "m") -> tuple["SFNClient", str]:
        """Make a state machine of an ASL text, whose functions are called in this process."""
        self._patch.setattr(LambdaSimpleBackend, "invoke", as_lambda(lambda name, event, _: invoke(name, event)))
        for task in sorted(set(re.findall(r"\$\{(\w+)FunctionArn\}", definition))):
            definition = definition.replace(f"${{{task}FunctionArn}}", self._function(task))
        client = self.step_functions()
        arn = client.create_state_machine(name=name, definition=definition, roleArn=self._role())["stateMachineArn"]
        return client, arn

    def _role(self) -> str:
        if not self._made.get("role"):
            iam = boto3.client("iam", **ACCOUNT)
            self._made["role"] = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        return self._made["role"]

    def _function(self, name: str) -> str:
        if name not in self._made:
            code = io.BytesIO()
            with zipfile.ZipFile(code, "w") as archive:
                archive.writestr("app.py", "")
            made = boto3.client("lambda", **ACCOUNT).create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=self._role(),
                Handler="app.x",
                Code={"ZipFile": code.getvalue()},
            )
            self._made[name] = str(made["FunctionArn"])
        return self._made[name]


def make_table(client: "DynamoDBClient", name: str) -> None:
    keys: Any = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    types: Any = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    client.create_table(TableName=name, KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST")


@contextmanager
def account() -> Iterator[Account]:
    with emulated(), pytest.MonkeyPatch.context() as patch:
        yield Account(patch)
