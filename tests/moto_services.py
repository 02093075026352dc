"""The services under moto, one call at a time: moto isolates neither transactions nor threads."""

import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

from walkaway_core.aws import machine, table, workspace

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient

TABLE = BUCKET = "walkaway"
ACCOUNT: Any = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


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


@contextmanager
def moto_table() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        client = table.connect(**ACCOUNT)
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield cast("DynamoDBClient", OneAtATime(client))
        client.close()


@contextmanager
def moto_bucket() -> Iterator["S3Client"]:
    with mock_aws():
        client = workspace.connect(**ACCOUNT)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield cast("S3Client", OneAtATime(client))
        client.close()


@contextmanager
def moto_machine(definition: dict[str, Any], work: Callable[[Any], Any]) -> Iterator[tuple["SFNClient", str]]:
    """A state machine under moto, whose one function is called in this process."""
    config: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    with mock_aws(config=config), pytest.MonkeyPatch.context() as patch:

        def invoke(_: Any, function: str, qualifier: Any, body: str, *headers: Any) -> bytes:
            return json.dumps(work(json.loads(body))).encode()

        patch.setattr(LambdaSimpleBackend, "invoke", invoke)
        role = boto3.client("iam", **ACCOUNT).create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "")
        function = boto3.client("lambda", **ACCOUNT).create_function(
            FunctionName="work", Runtime="python3.13", Role=role, Handler="app.x", Code={"ZipFile": code.getvalue()}
        )
        text = json.dumps(definition).replace("${WorkFunctionArn}", function["FunctionArn"])
        client = machine.connect(**ACCOUNT)
        arn = client.create_state_machine(name="m", definition=text, roleArn=role)["stateMachineArn"]
        yield client, arn
        client.close()
