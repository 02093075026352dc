"""Metrics on AWS: lines of the log in CloudWatch's embedded metric format, which take no request and no permission."""

import sys
from collections.abc import Mapping
from contextlib import suppress

from walkaway_core.ports import subject
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import ms
from walkaway_core.ports.metrics import Metric
from walkaway_wire import jsontext

NAMESPACE = "Walkaway"
DIMENSION = "Stack"
"""The only one: each value of each dimension makes a metric that is paid for."""


class EmbeddedMetrics:
    """Metrics: written to standard output, from which Lambda takes lines that are JSON as they are.

    What is worked on stands beside them, to be searched for (CloudWatch user guide, embedded metric format).
    """

    def __init__(self, stack: str, clock: Clock) -> None:
        self._stack = stack
        self._clock = clock

    def record(self, values: Mapping[Metric, float]) -> None:
        """Write one line; a metric's value at its top, beside the stack's name."""
        described = {
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in values],
        }
        line = {
            "_aws": {"Timestamp": ms(self._clock.now()), "CloudWatchMetrics": [described]},
            DIMENSION: self._stack,
            **subject.named(),
            **{metric.name: value for metric, value in values.items()},
        }
        with suppress(OSError, ValueError):  # the output is full, or closed; what the line is about goes on
            sys.stdout.write(jsontext.dumps(line) + "\n")  # in one piece, or lines of two threads could mix
            sys.stdout.flush()
