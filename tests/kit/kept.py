"""Metrics that a test looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walkaway_core.ports.metrics import Metric


@dataclass
class Kept:
    """Metrics: keeps every sample."""

    samples: list[tuple[str, float]] = field(default_factory=list)

    def record(self, values: Mapping[Metric, float]) -> None:
        self.samples += [(metric.name, value) for metric, value in values.items()]

    def of(self, metric: Metric) -> list[float]:
        return [value for name, value in self.samples if name == metric.name]
