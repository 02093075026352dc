"""What a turn costs in an AWS account, counted: state transitions, and round trips to the table.

The counts alone, by hand: `python -m tests.aws.test_moves`.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dev.deployment import folder
from tests.kit import sse
from tests.kit.long_turn import STEPS, answers, appends_deltas, entered
from tests.kit.messages_api import MessagesApi, Reply, messages_api, text
from tests.kit.shapes import MODEL, Deployed, deployed, settle
from walkaway_core.doors import watch

SLOW = 20.0
"""The seconds that each model call of a slow turn speaks."""
HEAVY = (5, 10, 15)
"""The steps of a mixed turn whose call runs a command."""
TURN_MOVES, HEAVY_MOVES, HAND_OVER_MOVES = 4, 3, 2
"""The most transitions of a turn whose tools are all light, of each step with one heavy call, of each hand-over."""
HAND_OVER = 300.0
"""Seconds after which an invocation begins no further step, and hands the turn over to the next one."""
STEP_TRIPS, DELTAS_A_SECOND = 6, 5
MACHINE = Path(__file__).parents[2] / "statemachines/agent_turn.asl.json"


@dataclass
class Counts:
    """What one turn cost."""

    moves: Counter[str] = field(default_factory=Counter)
    trips: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    """By step, function and operation; without appends of deltas and the watch's looks."""
    deltas: list[float] = field(default_factory=list)
    """When deltas were appended, by the machine's own clock, in seconds."""
    looks: list[float] = field(default_factory=list)
    """When the watch looked at the turn."""
    seconds: float = 0.0
    """How long the turn took by the functions' clock."""

    @property
    def a_step(self) -> float:
        """The mean of a step's round trips."""
        return (self.trips.total() + len(self.looks)) / STEPS

    def __str__(self) -> str:
        by_kind: Counter[str] = Counter()
        by_step = [0] * STEPS
        for (step, function, operation), count in self.trips.items():
            by_kind[f"{function} {operation}"] += count
            by_step[step - 1] += count
        return "\n  ".join(
            (
                f"{self.moves.total()} transitions: {_listed(self.moves)}",
                f"{self.trips.total()} round trips: {_listed(by_kind)}",
                f"by step, from its model call to the next one's: {by_step}",
                f"{self.a_step:.1f} a step, the watch's {len(self.looks)} looks counted",
                f"{len(self.deltas)} appends of deltas",
            )
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


class Account:
    """The deployed stack, whose machine's functions are watched as they use the table."""

    def __init__(self, shape: Deployed, model: MessagesApi) -> None:
        self._shape, self._model = shape, model
        self._counts = Counts()
        self._lock = threading.Lock()
        for name in sorted(set(re.findall(r"\$\{(\w+)Arn\}", MACHINE.read_text()))):  # no routes, readers, schedules
            self._listen(folder(name))

    def _listen(self, function: str) -> None:
        table: Any = self._shape.deployment.services[function].table

        def count(model: Any, params: dict[str, Any], **_: Any) -> None:
            self._count(function, model.name, params)

        table._client.meta.events.register("provide-client-params.dynamodb.*", count)

    def _count(self, function: str, operation: str, request: dict[str, Any]) -> None:
        with self._lock:
            if threading.current_thread().name == "watch":
                self._counts.looks.append(time.monotonic())
            elif operation == "PutItem" and appends_deltas(request["Item"]):
                self._counts.deltas.append(time.monotonic())
            else:
                self._counts.trips[max(len(self._model.requests), 1), function, operation] += 1

    def turn(self, *replies: Reply, speech: float = 0.0) -> Counts:
        """Run a turn in which the model says this; by the functions' clock each of it takes so many seconds more."""
        said = iter(replies)

        def respond(_: Any) -> Reply:
            self._shape.clock.ahead += speech
            return next(said)

        self._model.requests.clear()
        self._model.respond = respond
        self._counts, begun = Counts(), self._shape.clock.now()
        with self._shape.client() as client:
            seen = sse.send(client, sse.new(client, model=MODEL), "go")
        assert seen[-1].event == "message.completed", seen[-1]
        assert not [event.data for event in seen if event.data.get("is_error")]
        settle(self._shape.deployment)
        self._counts.seconds = self._shape.clock.now() - begun
        self._counts.moves = entered(self._shape.deployment, seen[0].data["id"])
        return self._counts


@contextmanager
def account() -> Iterator[Account]:
    """Deploy."""
    with messages_api() as model, deployed(model.url) as shape:
        yield Account(shape, model)


@pytest.fixture(scope="module")
def stack() -> Iterator[Account]:
    with account() as made:
        yield made


@pytest.fixture(scope="module")
def light(stack: Account) -> Counts:
    """A turn whose tools are all light."""
    return stack.turn(*answers())


@pytest.fixture(scope="module")
def mixed(stack: Account) -> Counts:
    """A turn that also runs commands."""
    return stack.turn(*answers(*HEAVY))


@pytest.fixture(scope="module")
def slow(stack: Account) -> Counts:
    """A turn whose model takes its time."""
    return stack.turn(*answers(), speech=SLOW)


def test_light_tools_cost_no_transition(light: Counts) -> None:
    assert light.moves.total() <= TURN_MOVES, light


def test_a_heavy_tool_costs_three_transitions(mixed: Counts) -> None:
    assert mixed.moves.total() <= TURN_MOVES + len(HEAVY) * HEAVY_MOVES, mixed


def test_a_turn_is_handed_over_once_in_five_minutes(slow: Counts) -> None:
    hand_overs = int(slow.seconds // HAND_OVER)
    assert hand_overs == 1
    assert slow.moves.total() <= TURN_MOVES + hand_overs * HAND_OVER_MOVES, slow


@pytest.mark.parametrize("kind", ["light", "mixed", "slow"])
def test_a_step_asks_the_table_six_times(kind: str, request: pytest.FixtureRequest) -> None:
    counts: Counts = request.getfixturevalue(kind)
    assert counts.a_step <= STEP_TRIPS, counts


def test_while_the_model_speaks_nobody_looks_at_the_turn(stack: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """So speech of any length costs its deltas alone: each of them would fail behind the turn's end."""
    monkeypatch.setattr(watch, "LOOK_SELDOM", 1.5)  # far above what an append takes on a machine with other work
    counts = stack.turn(Reply([text("x" * 350)], pieces=1, pause=0.01))
    assert counts.deltas[-1] - counts.deltas[0] > 2 * watch.LOOK_SELDOM, counts
    assert counts.looks == []


def test_while_it_is_silent_somebody_looks_now_and_then(stack: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SELDOM", 0.5)
    counts = stack.turn(Reply([text("xx")], pieces=1, pause=1.2))
    assert 2 <= len(counts.looks) <= 6, counts


def test_deltas_are_written_five_times_a_second(stack: Account) -> None:
    """Without a pause the writes of a turn come at least 200 ms after each other, but for the last of a step."""
    counts = stack.turn(Reply([text("x" * 200)], pieces=1, pause=0.005))
    first, *_, last = counts.deltas
    assert len(counts.deltas) <= (last - first) * DELTAS_A_SECOND + 2, counts


def main() -> None:
    """Print the counts of both turns."""
    with account() as made:
        for name, replies, speech in (
            ("light", answers(), 0.0),
            ("mixed", answers(*HEAVY), 0.0),
            ("slow", answers(), SLOW),
        ):
            print(f"{name}: {made.turn(*replies, speech=speech)}")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
