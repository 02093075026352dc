"""Measures the hot path and prints one table: `make bench`.

    python -m benchmarks.hot [--quick] [--long] [--server /another/tree/.venv/bin/walkaway]

Each row is measured on Walkaway, and beside it on the toy, or on the control, a relay without storage; in rounds, in
which the servers take turns, so that whatever else the machine does falls on all of them. What is printed are medians
of rounds. `--server` adds the Walkaway of another tree; `--quick` says in a minute and a half whether something has
changed, `--long` measures memory over ten thousand turns and nothing else.
"""

import argparse
import contextlib
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop

from benchmarks import growth, requests, servers, turns
from benchmarks.scale import FULL, QUICK, Measure, Scale
from benchmarks.servers import Server

GOALS = {**requests.GOALS, **turns.GOALS, **growth.GOALS, "ready, ms": "≤ 500"}


Rows = dict[str, list[list[float]]]
"""What was measured: of each row a list for each server, with a value for each round."""


ONCE = {
    *(growth.idle, growth.session, growth.readers, growth.turns),
    *(requests.few_stored, requests.many_stored, turns.warm, turns.watched),
}
"""What is not repeated, because it leaves much behind or takes long."""


@dataclass(frozen=True)
class Group:
    """Measurements on servers that are started for them, in this order."""

    beside: str
    measures: tuple[Measure, ...]


def groups(model_port: int, *, quick: bool, long: bool) -> list[Group]:
    """Say what is measured together."""
    if long:
        return [Group("toy", (growth.turns,))]
    asked = (requests.few_stored, turns.warm, requests.submits, requests.polls, requests.many_stored)
    relayed = (turns.alone,) if quick else (turns.alone, turns.long, turns.cancelled(model_port))
    return [
        Group("toy", (growth.idle, *asked)),
        Group("control", (turns.warm, *relayed)),
        Group("toy", (turns.warm, turns.at_once, turns.steady, turns.watched)),
        Group("toy", (growth.session, growth.readers)),
    ]


class Run:
    """One run: what is measured, on which servers, and how long these took to start."""

    def __init__(self, folder: Path, model_port: int, other: str | None, scale: Scale) -> None:
        self._folder, self._model_port, self._scale = folder, model_port, scale
        self._walkaways = {"walkaway": servers.HERE} | ({"other": (other,)} if other else {})
        self._starts: list[list[float]] = []
        self._beside = ""

    @contextlib.contextmanager
    def _servers(self, beside: str) -> Iterator[list[Server]]:
        """Start the servers of a group; every second time in the other order, since each is busy after its start."""
        commands = {**self._walkaways, beside: ()}
        with contextlib.ExitStack() as stack:
            running = {
                name: stack.enter_context(servers.started(name, self._folder, self._model_port, commands[name]))
                for name in list(commands)[:: -1 if len(self._starts) % 2 else 1]
            }
            self._starts.append([running[name].ready * 1000 for name in commands])
            yield [running[name] for name in commands]

    def measure(self, group: Group) -> None:
        """Measure a group, and print its rows."""
        if group.beside != self._beside:
            self._beside = group.beside
            self._print_head()
        with self._servers(group.beside) as running:
            for measure in group.measures:
                scale = replace(self._scale, rounds=1) if measure in ONCE else self._scale
                self._print(_rounds(measure, running, scale))

    def print_ready(self) -> None:
        """Print how long the starts took."""
        self._print({"ready, ms": list(map(list, zip(*self._starts, strict=True)))})

    def _print_head(self) -> None:
        names = [*self._walkaways, self._beside]
        ratios = "".join(f"{'/' + name:>10}" for name in names[1:])
        print(f"{'':58}{''.join(f'{name:>10}' for name in names)}{ratios}{'goal':>9}", flush=True)

    def _print(self, rows: Rows) -> None:
        for row, servers_values in rows.items():
            ours, *others = map(statistics.median, servers_values)
            values = "".join(f"{value:>10,.2f}" for value in (ours, *others))
            ratios = "".join(f"{ours / other:>10.2f}" if other > 0 else f"{'':10}" for other in others)
            print(f"{row:58}{values}{ratios}{GOALS.get(row, ''):>9}", flush=True)


def _rounds(measure: Measure, running: list[Server], scale: Scale) -> Rows:
    """Measure servers in turns, every second time in the other order; the last one is what the others stand beside."""
    rows: Rows = {}
    for number in range(scale.rounds):
        taking_part = list(enumerate(running if number < scale.compared else running[:-1]))
        for place, server in taking_part[:: -1 if number % 2 else 1]:
            for row, value in uvloop.run(measure(server, scale)).items():
                rows.setdefault(row, [[] for _ in running])[place].append(value)
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hot")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--server", metavar="WALKAWAY")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server stays behind
    with tempfile.TemporaryDirectory() as folder, servers.model() as model:
        run = Run(Path(folder), model.port, asked.server, QUICK if asked.quick else FULL)
        for group in groups(model.port, quick=asked.quick, long=asked.long):
            run.measure(group)
        run.print_ready()


if __name__ == "__main__":
    main()
