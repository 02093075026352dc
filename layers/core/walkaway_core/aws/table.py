"""The Table on DynamoDB: one table with pk and sk, no index.

botocore must not repeat a write by itself: a write that took effect and timed out would come back as refused. `connect`
makes a client that sends everything once; what surely had no effect is repeated here.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from walkaway_core.aws import failures, numbers
from walkaway_core.aws.expressions import Words, to_attributes, to_item
from walkaway_core.aws.tail import DynamoTail, tail
from walkaway_core.aws.unsent import UNSENT
from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import (
    MAX_PAGE_BYTES,
    Change,
    Delete,
    Item,
    Key,
    Page,
    Put,
    Unknown,
    Write,
    check_behind,
    check_limits,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MAX_GET = 100
PATIENT, HASTY, CONNECT = 10.0, 1.2, 1.0
"""Seconds that a function waits for an answer; a request's, which can ask once more in its time; for a connection."""
MOST = 45.0
"""Seconds of trouble that a function bears which is no request's: less than any has, and its machine asks it again."""
REMEMBERED = 10.0
"""Seconds for which a write that was given up says that the table is in trouble."""

FAILURES = (BotoCoreError, ClientError)
"""What reads raise when the table cannot be read."""


def connect(seconds: float = PATIENT, **options: Any) -> "DynamoDBClient":
    """Make a client that sends every request once, and waits so many seconds for its answer."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=seconds, connect_timeout=CONNECT)
    return boto3.client("dynamodb", config=config, **options)


class DynamoTable:
    """Table: on DynamoDB."""

    quick = False

    def __init__(self, client: "DynamoDBClient", name: str, clock: Clock) -> None:
        self._client = client
        self._name = name
        self._clock = clock
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="table")
        self._ill, self._ill_since = "", 0.0

    def close(self) -> None:
        """Finish what was submitted."""
        self._pool.shutdown()

    def get(self, *keys: Key) -> list[Item | None]:
        """Read items by key."""
        if len(keys) > MAX_GET:
            raise ValueError(f"{len(keys)} keys in one get; the limit is {MAX_GET}")
        items: dict[Key, Item | None] = {}
        left: list[Any] = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys(keys)]
        while left:
            asked = {self._name: {"Keys": left, "ConsistentRead": True}}
            answer = self._read(lambda asked=asked: self._client.batch_get_item(RequestItems=asked))  # type: ignore[misc]
            for attributes in answer["Responses"].get(self._name, ()):
                items[attributes["pk"]["S"], attributes["sk"]["S"]] = to_item(attributes, self._clock.now())
            left = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
        return [items.get(key) for key in keys]

    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        """Read a range of a partition."""
        if upto is not None and after >= upto:
            return Page(())
        asked: dict[str, Any] = {**self._range(pk, after, upto), "ScanIndexForward": not reverse}
        items: list[Item] = []
        size = 0
        while True:
            asked["Limit"] = limit + 1 - len(items)
            answer = self._read(lambda: self._client.query(TableName=self._name, ConsistentRead=True, **asked))
            for attributes in answer["Items"]:
                item = to_item(attributes, self._clock.now())
                if item is None:
                    continue
                if len(items) == limit or (items and size > MAX_PAGE_BYTES):
                    return Page(tuple(items), more=True)
                items.append(item)
                size += item.size
            if "LastEvaluatedKey" not in answer:
                return Page(tuple(items))
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, *writes: Write) -> None:
        """Carry out a transaction."""
        check_limits(writes)
        try:
            self._repeat(lambda: self._send(writes))
        except Unavailable as error:
            self._ill, self._ill_since = str(error), time.monotonic()
            raise
        self._ill = ""

    def trouble(self) -> str:
        """Say why the last write was given up, if that was just now; empty else. Costs nothing, and asks nobody."""
        return self._ill if time.monotonic() < self._ill_since + REMEMBERED else ""

    def submit(self, *writes: Write) -> "Future[None]":
        """Hand a transaction to the pool."""
        return self._pool.submit(self.write, *writes)

    def write_behind(self, *writes: Write) -> "Future[None]":
        """Carry it out at once: to be durable is all that this table knows."""
        check_behind(writes)
        future: Future[None] = Future()
        try:
            self.write(*writes)
            future.set_result(None)
        except Exception as error:
            logging.getLogger(__name__).exception("not written: %s", writes[0].key)
            future.set_exception(error)
        return future

    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        """Delete from the front of a partition."""
        items = self.query(pk, upto=upto, limit=min(limit, MAX_GET)).items
        if items:
            self.write(*(Delete(*item.key) for item in items))
        return len(items)

    def tail(self) -> AbstractContextManager[DynamoTail]:
        """Give what looks for news again and again; to be asked for on an event loop."""
        return tail(self.query)

    def _range(self, pk: str, after: str, upto: str | None) -> dict[str, Any]:
        values = {":pk": {"S": pk}}
        condition = "pk = :pk"
        if after and upto is not None:  # a key takes one condition, and BETWEEN includes both ends
            condition += " AND sk BETWEEN :after AND :upto"
            values |= {":after": {"S": after + "\x00"}, ":upto": {"S": upto}}
        elif after:
            condition += " AND sk > :after"
            values[":after"] = {"S": after}
        elif upto is not None:
            condition += " AND sk <= :upto"
            values[":upto"] = {"S": upto}
        return {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}

    def _send(self, writes: tuple[Write, ...]) -> Any:
        """Send a transaction, and say what an error means."""
        try:
            return self._sent(writes)
        except UNSENT:
            raise
        except ClientError as error:
            if failures.without_effect(error):
                raise
            if numbers.none(error) and (left := numbers.without(writes, self.get)) != writes:
                return self._send(left)
            raise failures.meaning(writes, error, self._clock.now()) from error
        except BotoCoreError as error:
            raise Unknown(str(error)) from error

    def _sent(self, writes: tuple[Write, ...]) -> Any:
        """Send a transaction; one write alone is sent as what it is, at half the price."""
        if len(writes) > 1:
            return self._client.transact_write_items(TransactItems=[self._transacted(write) for write in writes])
        ((kind, request),) = self._transacted(writes[0]).items()
        if kind == "Put":
            return self._client.put_item(**request)
        if kind == "Update":
            return self._client.update_item(**request)
        if kind == "Delete":
            return self._client.delete_item(**request)
        return self._client.transact_write_items(TransactItems=[{"ConditionCheck": request}])

    def _transacted(self, write: Write) -> Any:
        words = Words(self._clock.now())
        condition = words.conditions(write.when, present=isinstance(write, Change))
        request: dict[str, Any] = {"TableName": self._name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if isinstance(write, Put):
            kind, request["Item"] = "Put", to_attributes(write.item)
        else:
            request["Key"] = {"pk": {"S": write.pk}, "sk": {"S": write.sk}}
            kind = "Delete" if isinstance(write, Delete) else "ConditionCheck"
        if isinstance(write, Change):
            kind, request["UpdateExpression"] = "Update", words.update(write)
        if condition:
            request["ConditionExpression"] = condition
        if words.names:
            request["ExpressionAttributeNames"] = words.names
        if words.values:
            request["ExpressionAttributeValues"] = words.values
        return {kind: request}

    def _read(self, call: Callable[[], Any]) -> Any:
        """Call what only reads, and can therefore be repeated, whatever came of it. Raises Unavailable."""
        return self._repeat(lambda: failures.reading(call))

    def _repeat(self, call: Callable[[], Any]) -> Any:
        """Call until it is neither a conflict nor a throttle. Raises Unavailable when the caller bears it no longer."""
        return patience.keep_trying(lambda: failures.asking(call), most=MOST)
