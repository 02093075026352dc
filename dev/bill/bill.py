"""The bill of a turn and of an idle month: what was counted, made into lines of units with their prices.

What was counted is in counts.json, which `make cost` writes (`benchmarks/cost.py`); how long functions run follows from
the memory that the template gives them.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.bill import prices
from dev.deployment import folder
from dev.template import Stack
from walkaway_core.aws import tail

PLACE = Path(__file__).with_name("counts.json")
SECONDS, SPEECH, STEPS, COMMANDS, COMMAND_SECONDS = 400.0, 150.0, 20, 4, 5.0
"""The turn: its length, how long its model speaks, its steps, its commands, and the length of each of those."""
DELTAS_A_SECOND = 40
CPU_FACTOR, FACTOR_MEMORY = 1.7, 1024
"""How much longer a function of so many MB is at work than a thread of the machine that measures."""
LOOK_SECONDS = tail.POLL + 0.005
"""From one look of a reader to the next: the pause, and the wait for the answer."""
LOG_BYTES = 1_000
"""What Lambda itself writes about an invocation, about."""
MINUTES = 730 * 60
"""Of a month."""
POLLERS = {True: 5, False: 2}
"""Long polls of a queue that Lambda keeps up: with a maximum of concurrency, and without (Lambda developer guide,
scaling of SQS event source mappings: it goes down to as few as two, but not where there is such a maximum)."""
POLL_SECONDS = 20
TARGETS = {"turn": 0.008, "idle": 0.60, "moves": 12, "trips": 6}


@dataclass(frozen=True)
class Line:
    """So much of a unit, and what for."""

    what: str
    unit: str
    number: float

    @property
    def dollars(self) -> float:
        """What it costs."""
        return prices.dollars(self.unit, self.number)


def counted() -> dict[str, Any]:
    """What `make cost` has counted last."""
    found: dict[str, Any] = json.loads(PLACE.read_text())
    return found


def memories(stack: Stack) -> dict[str, int]:
    """The memory of each function, by its folder, in MB."""
    return {
        folder(name): int(stack.resolved(name)["MemorySize"]) for name, _ in stack.resources("AWS::Lambda::Function")
    }


def run_time(about: Mapping[str, float], memory: int, waiting: float = 0.0) -> float:
    """Seconds that invocations take: those that were declared, and the CPU's with the share that the memory gives."""
    return waiting + about["waited"] + about["cpu"] * CPU_FACTOR * FACTOR_MEMORY / memory


def turn(counts: Mapping[str, Any], memory: Mapping[str, int]) -> list[Line]:
    """The bill of the turn, with one watcher."""
    runs: Mapping[str, Mapping[str, float]] = counts["invocations"]
    waiting = {"call_model": SECONDS - COMMANDS * COMMAND_SECONDS, "run_tool": counts["sandbox_seconds"]}
    lines = [Line("state transitions", "transitions", sum(counts["moves"].values()))]
    for name, about in runs.items():
        seconds = run_time(about, memory[name], waiting.get(name, 0.0))
        lines.append(
            Line(f"`{name}`: {seconds:.1f} s with {memory[name]} MB", "GB-seconds", seconds * memory[name] / 1024)
        )
    for name, seconds in (("sandbox", counts["sandbox_seconds"]), ("stream", SECONDS)):
        lines.append(
            Line(f"`{name}`: {seconds:.1f} s with {memory[name]} MB", "GB-seconds", seconds * memory[name] / 1024)
        )
    invocations = sum(about["count"] for about in runs.values()) + COMMANDS + 1
    used: Counter[str] = Counter()
    for by_unit in counts["used"].values():
        used.update(by_unit)
    looks = SECONDS / LOOK_SECONDS
    lines += [
        Line("invocations", "invocations", invocations),
        Line("the table's writes", "write units", used["write units"]),
        Line("deltas, written", "write units", _appends(counts["deltas"]) * STEPS),
        Line("the table's reads", "read units", used["read units"]),
        Line("the watcher's looks at the log", "read units", looks * counts["looks"]["read units"]),
        Line("the bucket: puts and lists", "s3 puts", used["s3 puts"]),
        Line("the bucket: gets", "s3 gets", used["s3 gets"]),
        Line("events", "events", used["events"]),
        Line("messages: sent, received, deleted", "queue requests", counts["messages"] * 3 + used["queue requests"]),
        Line("requests", "api requests", counts["requests"]),
        Line("what the watcher gets", "GB out", counts["bytes"] * STEPS / 1e9),
        Line("traces, at most", "traces", invocations),
        Line("logs, about", "GB of logs", invocations * LOG_BYTES / 1e9),
    ]
    return lines


def _appends(deltas: Mapping[str, float]) -> float:
    """Write units of a step's deltas, at the pace at which they were counted, in the time that a step speaks."""
    pace = (deltas["calls"] - 1) / deltas["seconds"]
    return (1 + pace * SPEECH / STEPS) * deltas["write units"] / deltas["calls"]


def idle(counts: Mapping[str, Any], memory: Mapping[str, int], stack: Stack) -> list[Line]:
    """The bill of a month in which nothing happens and nothing is stored."""
    sweep: Mapping[str, float] = counts["sweep"]
    seconds = run_time(sweep, memory["sweep"]) * MINUTES
    return [
        Line("schedule", "schedules", MINUTES),
        Line("the sweep's invocations", "invocations", MINUTES),
        Line(
            f"the sweep: {seconds / MINUTES:.2f} s with {memory['sweep']} MB",
            "GB-seconds",
            seconds * memory["sweep"] / 1024,
        ),
        Line("its looks at what is due", "read units", sweep["read units"] * MINUTES),
        *_polls(stack),
        Line("traces (the sweep makes none)", "traces", 0),
        Line("logs, about", "GB of logs", MINUTES * LOG_BYTES / 1e9),
    ]


def _polls(stack: Stack) -> Iterator[Line]:
    for name, _ in stack.resources("AWS::Lambda::EventSourceMapping"):
        limited = "MaximumConcurrency" in stack.resolved(name).get("ScalingConfig", {})
        polls = POLLERS[limited] * MINUTES * 60 / POLL_SECONDS
        yield Line(f"Lambda's polls for `{name}`, {POLLERS[limited]} at a time", "queue requests", polls)
