"""Counts what is billed of the calls that functions make."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from dev.bill import units
from dev.calls import Call
from walkaway_core.aws.sandbox import STAGING

READS = {"Query", "BatchGetItem"}
S3_GETS = {"GetObject", "HeadObject"}
DELETES = {"DeleteObject", "DeleteObjects"}
WAITS: Mapping[tuple[str, str], float] = {
    ("dynamodb", "Query"): 0.005,
    ("dynamodb", "BatchGetItem"): 0.005,
    ("dynamodb", "TransactWriteItems"): 0.02,
    ("dynamodb", ""): 0.01,
    ("s3", ""): 0.03,
    ("", ""): 0.02,
}
"""Seconds for which a function is declared to wait for an answer, by service and operation; "" is for all others."""


BESIDE = ("table", "watch")
"""Threads whose calls nobody waits for: they append deltas, and look at the turn, while the model speaks."""


def wait(call: Call) -> float:
    """Seconds for which a function is declared to wait for this call's answer."""
    found = (WAITS.get(key) for key in ((call.service, call.operation), (call.service, ""), ("", "")))
    return next(seconds for seconds in found if seconds is not None)


@dataclass
class Counts:
    """What was billed, by function and by the prices' name for it; and how often a function called an operation.

    `waited`: seconds for which each function is declared to have waited for answers.
    """

    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    waited: dict[str, float] = field(default_factory=dict)


class Meter:
    """Listener. `counts` is what was counted since it was set; what `aside` says goes into another one."""

    def __init__(self, aside: Callable[[Call], Counts | None] = lambda _: None) -> None:
        self.counts = Counts()
        self._aside = aside
        self._sizes: dict[str, int] = {}
        self._lock = threading.Lock()
        self._table = boto3.client("dynamodb")  # nobody hears this one

    def asks(self, call: Call) -> None:
        """Count an address that is signed as the request that will be made to it."""
        if call.signed and call.operation == "GetObject":
            self._count(call, "s3 gets", 1)

    def answered(self, call: Call, _: int, answer: Mapping[str, Any]) -> None:
        """Count a call."""
        if call.service == "dynamodb" and call.operation in READS:
            self._count(call, "read units", units.read(call, answer) if "ResponseMetadata" in answer else 1)
        elif call.service == "dynamodb":
            self._count(call, "write units", units.written(call, self._size_of))
        elif call.service == "s3":
            self._count_s3(call)
        elif call.service in {"events", "sqs"}:
            self._count(call, "events" if call.service == "events" else "queue requests", 1)
        else:
            self._count(call, "", 0)

    def _count_s3(self, call: Call) -> None:
        if call.operation in S3_GETS:
            self._count(call, "s3 gets", 1)
        elif call.operation == "DeleteObjects":  # of a command: all but the list of files was posted by the sandbox
            posted = [one for one in call.given["Delete"]["Objects"] if one["Key"].startswith(f"{STAGING}/")]
            self._count(call, "s3 puts", max(0, len(posted) - 1))
        else:
            self._count(call, "s3 puts", 0 if call.operation in DELETES else 1)

    def _count(self, call: Call, unit: str, number: int) -> None:
        with self._lock:
            counts = self._aside(call) or self.counts
            if unit:
                counts.used[call.function, unit] += number
            counts.calls[call.function, call.operation] += 1
            if not threading.current_thread().name.startswith(BESIDE):
                counts.waited[call.function] = counts.waited.get(call.function, 0.0) + wait(call)

    def _size_of(self, key: Mapping[str, Any]) -> int:
        """The larger of what stood at a key when it was last looked at, and what stands there now."""
        name = f"{key['pk']['S']} {key['sk']['S']}"
        table = self._table.list_tables()["TableNames"][0]
        now = units.size(self._table.get_item(TableName=table, Key=dict(key)).get("Item", {}))
        before, self._sizes[name] = self._sizes.get(name, 0), now
        return max(before, now)
