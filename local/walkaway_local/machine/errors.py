"""Errors by name: which retrier and which catcher takes one, and how long a retrier waits."""

from collections.abc import Callable, Mapping
from typing import Any

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
HEARTBEAT = "States.HeartbeatTimeout"
UNCATCHABLE = (RUNTIME, "States.DataLimitExceeded")
"""Errors that States.ALL does not match (Step Functions developer guide, error handling)."""


def matches(rule: Mapping[str, Any], error: str) -> bool:
    """Whether a retrier or catcher is for an error."""
    for name in rule["ErrorEquals"]:
        if name == error or (name == "States.ALL" and error not in UNCATCHABLE):
            return True
        if name == "States.TaskFailed" and error not in (*UNCATCHABLE, TIMEOUT, HEARTBEAT):
            return True
        if name == TIMEOUT and error == HEARTBEAT:
            return True  # "either ran longer …, or failed to send a heartbeat" (same page)
    return False


def delay(retrier: Mapping[str, Any], used: int, chance: Callable[[], float]) -> float:
    """Seconds until a retrier tries again, after it was used so often. `chance` gives 0 to 1."""
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    return float(seconds * chance() if retrier.get("JitterStrategy") == "FULL" else seconds)
