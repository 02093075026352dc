"""Counts what a turn and a sweep make of AWS, in an emulated account, and writes it with the bill: `make cost`.

What an open tab of the console makes is counted by `benchmarks/tab.py`, which needs a browser.

The turn has twenty steps. One of them speaks at the pace of the profile, in real time, and four run a command of five
seconds; the others answer at once, since they would only write the same deltas again. Nothing waits for the model.
"""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber

from dev.bill import bill, page
from dev.bill.meter import Counts, Meter
from dev.calls import Call
from dev.deployment import SANDBOX, Deployment, folder
from dev.emulated import replaced
from tests.kit import sse
from tests.kit.long_turn import STEPS, answers, appends_deltas, entered
from tests.kit.messages_api import MessagesApi, Reply, messages_api, text
from tests.kit.shapes import MODEL, Deployed, deployed, settle

HEAVY = (4, 8, 12, 16)
PIECE = "word "


class Clockwork:
    """How long invocations are at work: CPU of their own threads, without what the emulated account takes of it."""

    def __init__(self) -> None:
        self._here = threading.local()
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.runs: Counter[str] = Counter()
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.sandbox = 0.0
        self.messages = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what is invoked in this block."""
        invoke, answer = Deployment.invoke, BotocoreStubber.__call__

        def timed(deployment: Deployment, name: str, event: Any, tenant: str = "") -> Any:
            began, cpu, others = time.monotonic(), time.thread_time(), self._emulator()
            try:
                return invoke(deployment, name, event, tenant)
            finally:
                if folder(name) == SANDBOX:
                    self.sandbox += time.monotonic() - began
                else:
                    self.cpu[folder(name)] += time.thread_time() - cpu - (self._emulator() - others)
                    self.runs[folder(name)] += 1
                    self.messages += len(event.get("Records", ())) if isinstance(event, dict) else 0

        def emulated(stubber: Any, *arguments: Any, **options: Any) -> Any:
            cpu = time.thread_time()
            try:
                return answer(stubber, *arguments, **options)
            finally:
                self._here.cpu = self._emulator() + time.thread_time() - cpu

        with replaced(Deployment, "invoke", timed), replaced(BotocoreStubber, "__call__", emulated):
            yield

    def _emulator(self) -> float:
        """CPU that the emulated account has taken in this thread."""
        return float(getattr(self._here, "cpu", 0.0))


class Account:
    """The deployed stack, with a meter."""

    def __init__(self, shape: Deployed, model: MessagesApi, clockwork: Clockwork) -> None:
        self.shape, self.model, self.clockwork = shape, model, clockwork
        self.spoken, self.short, self.looks = Counts(), Counts(), Counts()
        self.heard: list[float] = []
        self.meter = Meter(self._aside)
        shape.deployment.listeners.append(self.meter)

    def _aside(self, call: Call) -> Counts | None:
        """Count deltas and a reader's looks by themselves: the turn has more of them than are made here."""
        if call.function == "stream" and call.operation == "Query":
            return self.looks
        if call.operation == "PutItem" and appends_deltas(call.given["Item"]):
            if len(self.model.requests) != 1:
                return self.short
            self.heard.append(time.monotonic())
            return self.spoken
        return None

    def begin(self) -> None:
        """Count from here on."""
        self.model.requests.clear()
        self.heard.clear()
        self.meter.counts, self.spoken, self.short, self.looks = Counts(), Counts(), Counts(), Counts()
        self.clockwork.reset()

    def warm_up(self) -> None:
        """Let the functions load what they load once."""
        with self.shape.client() as client:
            sse.send(client, sse.new(client, model=MODEL), "go")
        settle(self.shape.deployment)
        self.shape.deliver()

    def turn(self) -> dict[str, Any]:
        """Run the turn; give its counts."""
        seconds, pause = bill.SPEECH / STEPS, 1 / bill.DELTAS_A_SECOND
        said = answers(*HEAVY, command=f"sleep {bill.COMMAND_SECONDS:g}")
        words = text(PIECE * round(seconds / pause))
        replies = iter([Reply([words, *said[0].blocks[1:]], pieces=len(PIECE), pause=pause), *said[1:]])
        self.model.respond = lambda _: next(replies)
        self.begin()
        with self.shape.client() as client:
            session = sse.new(client, model=MODEL)
            url = f"/v1/sessions/{session}/messages"
            with client.stream("POST", url, json={"message": "go"}) as answer:
                seen = sse.read(answer)
        assert seen[-1].event == "message.completed", seen[-1]
        assert not [event.data for event in seen if event.data.get("is_error")]
        settle(self.shape.deployment)
        self.shape.deliver()
        first = [event for event in seen if event.id < next(e.id for e in seen if e.event == "step.completed")]
        return {
            "moves": dict(entered(self.shape.deployment, seen[0].data["id"])),
            "used": _by_function(self.meter.counts.used),
            "calls": _by_function(self.meter.counts.calls),
            "deltas": of("call_model", self.spoken) | {"seconds": round(self.heard[-1] - self.heard[0], 2)},
            "looks": {"read units": of("stream", self.looks)["read units"] / of("stream", self.looks)["calls"]},
            "invocations": {name: self.about(name) for name in sorted(self.clockwork.runs)},
            "sandbox_seconds": round(self.clockwork.sandbox, 2),
            "messages": self.clockwork.messages,
            "requests": 2,
            "bytes": sum(len(json.dumps(event.data)) + len(event.event) + 30 for event in first),
        }

    def sweep(self) -> dict[str, float]:
        """Sweep when nothing is due; give one run's counts."""
        self.shape.sweep()
        self.begin()
        self.shape.sweep()
        return self.about("sweep") | {"read units": self.meter.counts.used["sweep", "read units"]}

    def about(self, function: str) -> dict[str, float]:
        """Say how often a function was invoked, and what took its time."""
        return {
            "count": self.clockwork.runs[function],
            "cpu": round(self.clockwork.cpu[function], 3),
            "waited": round(self.meter.counts.waited.get(function, 0.0), 3),
        }


def _by_function(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (function, what), number in sorted(counts.items()):
        found[function][what] = number
    return dict(found)


def of(function: str, counts: Counts) -> dict[str, int]:
    """Say what was billed of a function's calls, and how many they were."""
    used = {unit: number for (name, unit), number in counts.used.items() if name == function}
    return {**used, "calls": sum(number for (name, _), number in counts.calls.items() if name == function)}


@contextmanager
def account() -> Iterator[Account]:
    """Deploy."""
    clockwork = Clockwork()
    with ExitStack() as stack:
        stack.enter_context(clockwork.watching())
        model = stack.enter_context(messages_api())
        yield Account(stack.enter_context(deployed(model.url)), model, clockwork)


def main() -> None:
    """Count, and write counts.json and docs/cost.md."""
    with account() as made:
        made.warm_up()
        counts = {"sweep": made.sweep()} | made.turn()
    page.keep(counts)
    print(page.summary())


if __name__ == "__main__":
    main()
