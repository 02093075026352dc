"""A turn of twenty steps, and what of it AWS bills: the states that it enters, and the appends of what a model says."""

import itertools
from collections import Counter
from typing import Any

import boto3

from dev.deployment import Deployment
from tests.kit.messages_api import Reply, call, text
from walkaway_wire import events

STEPS = 20
"""Model calls of the turn."""
LIGHT = (
    call("write_file", path="out/a.txt", content="one"),
    call("read_file", path="out/a.txt"),
    call("edit_file", path="out/a.txt", old_text="one", new_text="two"),
    call("list_files"),
    call("report_progress", metadata={"percent": 50}),
)
LAST = Reply([text("Done.")])
STREAMED = {
    *(events.TEXT_START, events.TEXT_DELTA, events.TEXT_STOP),
    *(events.THINKING_START, events.THINKING_DELTA, events.THINKING_STOP),
    *(events.TOOL_USE_START, events.TOOL_USE_INPUT_DELTA, events.TOOL_USE_STOP),
}
"""The events of a model that speaks. An append of nothing else is one of deltas."""


def answers(*heavy: int, command: str = "true") -> list[Reply]:
    """What the model says: a call in each step but the last, of a command in the heavy ones."""
    light = itertools.cycle(LIGHT)
    calls = [call("bash", command=command) if step in heavy else next(light) for step in range(1, STEPS)]
    return [
        *(Reply([text("Now. "), {**block, "id": f"toolu_{n}"}], pieces=1000) for n, block in enumerate(calls)),
        LAST,
    ]


def entered(deployment: Deployment, turn: str) -> Counter[str]:
    """Count the states that a turn's executions entered, as they are billed: a Map's inner ones, too."""
    client, machine = boto3.client("stepfunctions"), deployment.applied.ref("TurnStateMachine")
    names: Counter[str] = Counter()
    for execution in client.list_executions(stateMachineArn=machine)["executions"]:
        if execution["name"].startswith(turn):
            history = client.get_execution_history(executionArn=execution["executionArn"])["events"]
            details = (event.get("stateEnteredEventDetails") for event in history)
            names.update(about["name"] for about in details if about)
    return names


def appends_deltas(item: dict[str, Any]) -> bool:
    """Whether an item is one of a log, with nothing in it but what a model says."""
    lines = item["b"]["B"].split(b"\n") if {"f.era", "f.count"} <= item.keys() else []
    return bool(lines) and {line.partition(b" ")[0].decode() for line in lines} <= STREAMED
