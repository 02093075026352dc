"""The Metrics port: numbers about what happens, for whoever looks after the whole; its adapter for where nobody does.

They are of no tenant and for nobody's bill. Each one is paid for where it is kept (CloudWatch: by name, dimensions and
month), so there are few: the samples of a duration say how often that happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Metric:
    """One number. `unit` in CloudWatch's words."""

    name: str
    unit: Literal["Count", "Seconds"]
    meaning: str


MESSAGE_WAIT = Metric(
    "MessageWait",
    "Seconds",
    "from a message's coming to its turn's first step, also behind other ones; its samples are the turns that started",
)
COMPLETED = Metric("TurnsCompleted", "Count", "turns that ended with their result")
FAILED = Metric("TurnsFailed", "Count", "turns that ended with an error")
CANCELLED = Metric("TurnsCancelled", "Count", "turns that were cancelled, also while they still waited")
MODEL_TIME = Metric(
    "ModelTime",
    "Seconds",
    "what a model took for an answer that was kept, to its end; its samples are the steps",
)
DELTA_LAG = Metric(
    "DeltaLag",
    "Seconds",
    "how long at most an event of a step's answer waited until it stood in the log; one sample a step",
)
DUE_LATENESS = Metric(
    "DueLateness",
    "Seconds",
    "how late the latest of what a sweep had to do was; no sample where nothing was due",
)
DELIVERED = Metric("WebhooksDelivered", "Count", "deliveries that were taken")
RETRIED = Metric("WebhooksRetried", "Count", "attempts that failed, behind which another one comes")
UNDELIVERED = Metric("WebhooksFailed", "Count", "deliveries that were given up")

ENDED: Mapping[str, Metric] = {"completed": COMPLETED, "failed": FAILED, "cancelled": CANCELLED}
"""What counts turns that end with a status."""
METRICS = (
    MESSAGE_WAIT,
    *ENDED.values(),
    MODEL_TIME,
    DELTA_LAG,
    DUE_LATENESS,
    *(DELIVERED, RETRIED, UNDELIVERED),
)


class Metrics(Protocol):
    """Keeps numbers.

    Whoever has committed what a number is about records it right after, and nobody else does: what is tried again
    counts once. What a process that dies in between, or never hears of its commit, leaves out is missing.
    """

    def record(self, values: Mapping[Metric, float]) -> None:
        """Add one sample to each of these, from any thread. What cannot be kept is left out, without a word."""
        ...


class NoMetrics:
    """Metrics: keeps nothing."""

    def record(self, values: Mapping[Metric, float]) -> None:
        """Leave it."""
