"""The Bus on EventBridge. Its subscribers are rules: ours and those that users add for `source: walkaway`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from walkaway_wire import jsontext

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

SOURCE = "walkaway"


class NotAccepted(Exception):
    """EventBridge did not take the event; whoever publishes tries again later."""


def connect(**options: Any) -> "EventBridgeClient":
    """Make a client; an event that is published twice is an event that came at least once."""
    return boto3.client("events", config=Config(retries={"mode": "standard", "total_max_attempts": 5}), **options)


class EventBridgeBus:
    """Bus: puts each event on one event bus, its kind as detail-type."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        """Put an event, which is kept from then on. Raises NotAccepted."""
        entry: Any = {
            "Source": SOURCE,
            "DetailType": kind,
            "Detail": jsontext.dumps(dict(detail)),
            "EventBusName": self._name,
        }
        answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:  # PutEvents answers 200 all the same
            failed = answer["Entries"][0]
            raise NotAccepted(f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")
        taken()
