"""DynamoDB and S3 under moto, one call at a time: moto isolates neither transactions nor threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from moto import mock_aws

from walkaway_core.aws import table, workspace

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client

TABLE = BUCKET = "walkaway"
ACCOUNT = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


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
