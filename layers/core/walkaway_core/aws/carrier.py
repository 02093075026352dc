"""The Carrier on SQS: the queue that the function which delivers reads."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from walkaway_wire import jsontext

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


def connect(**options: Any) -> "SQSClient":
    """Make a client; a message that is sent twice is made sure of by the one who takes it."""
    return boto3.client("sqs", config=Config(retries={"mode": "standard", "total_max_attempts": 5}), **options)


class SqsCarrier:
    """Carrier: a message of a standard queue, whose group keeps a slow receiver from the others (SQS, fair queues)."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: Mapping[str, str], *, group: str, delay: float = 0.0) -> None:
        """Bring a message after so many whole seconds."""
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=jsontext.dumps(dict(message)),
            DelaySeconds=int(delay),
            MessageGroupId=_name(group),
        )


def _name(group: str) -> str:
    """Write a group with the letters that SQS allows there (SendMessage, MessageGroupId)."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in group)[:128]
