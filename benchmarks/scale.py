"""How much is measured, and what is made of many values."""

import statistics
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

from benchmarks.servers import Server


@dataclass(frozen=True)
class Scale:
    """How often things are done in one round of a measurement."""

    rounds: int = 5
    compared: int = 5
    """In how many rounds the toy and the control are measured, too."""
    alone: int = 60
    runs: int = 400
    polls: int = 8_000
    lists: int = 200
    stored: int = 10_000
    each: int = 4
    """Turns after one another in each of the steady streams."""
    stopped: int = 30
    turns: int = 200
    """Turns of one session."""
    quiet: float = 10.0
    """Seconds in which a server that does nothing is watched."""
    long: int = 10_000
    """Turns over which memory is watched."""


Measure = Callable[[Server, Scale], Coroutine[None, None, dict[str, float]]]
"""Measures a server once; gives a value for each of its rows."""

FULL = Scale()
QUICK = Scale(
    rounds=2,
    compared=1,
    alone=15,
    runs=100,
    polls=1_000,
    lists=60,
    stored=1_000,
    each=1,
    stopped=5,
    turns=60,
    quiet=2.0,
)


def percentile(values: Sequence[float], part: float) -> float:
    """Give a percentile of seconds, in milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000


def p50(values: Sequence[float]) -> float:
    """Give the median of seconds, in milliseconds."""
    return statistics.median(values) * 1000
