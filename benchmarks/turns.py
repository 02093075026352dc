"""Measures turns: `make bench`. Walkaway and a relay without storage, on the same model, in the same run."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks import client
from benchmarks.client import Turn

SHORT, LONG, SILENT = "pace-20-5", "pace-200-40", "pace-1-hold"
ALONE, TOGETHER, STOPPED = 60, 50, 30
TARGETS = {
    "overhead of a turn, alone, p50": 15,
    "first SSE event, alone, p50": 15,
    "lag of a delta, alone, p95": 5,
    "lag of a delta, 50 streams, p95": 20,
    "model closed after a cancel, p95": 1000,
}


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def process(*command: str, port: int, path: str = "", environ: dict[str, str] | None = None) -> Iterator[float]:
    """Run a server; give the seconds until it was ready."""
    begin = time.perf_counter()
    variables = {**os.environ, **(environ or {})}
    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            _wait(port, path)
            yield time.perf_counter() - begin
        finally:
            running.terminate()


def _wait(port: int, path: str) -> None:
    while True:
        try:
            if path:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").close()
            else:
                socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.002)
        else:
            return


def percentile(values: list[float], part: float) -> float:
    """Give a percentile, in milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000


def summary(short: list[Turn], long: list[Turn]) -> dict[str, float]:
    """Boil turns down to the figures that are told, in milliseconds."""
    lags = [lag for turn in short for lag in turn.lags]
    return {
        "overhead of a turn, alone, p50": percentile([turn.overhead for turn in short], 0.5),
        "overhead of a turn, alone, p95": percentile([turn.overhead for turn in short], 0.95),
        "first SSE event, alone, p50": percentile([turn.first_event for turn in short], 0.5),
        "lag of a delta, alone, p50": percentile(lags, 0.5),
        "lag of a delta, alone, p95": percentile(lags, 0.95),
        "lag of a delta, 50 streams, p50": percentile([lag for turn in long for lag in turn.lags], 0.5),
        "lag of a delta, 50 streams, p95": percentile([lag for turn in long for lag in turn.lags], 0.95),
        "overhead of a turn, 50 at once, p50": percentile([turn.overhead for turn in long], 0.5),
    }


@contextlib.contextmanager
def servers(name: str, model_port: int, pace: str, data: Path) -> Iterator[tuple[int, float]]:
    """Run Walkaway, or the control; give its port, and the seconds until it was ready."""
    port, model_url = free_port(), f"http://127.0.0.1:{model_port}"
    command, environ = ["-m", "benchmarks.control", str(port), model_url, pace], {}
    if name == "walkaway":
        command = ["-m", "walkaway", "serve", "--port", str(port), "--data", str(data / pace)]
        environ = {"ANTHROPIC_BASE_URL": model_url, "WALKAWAY_MODEL": pace}
    with process(sys.executable, *command, port=port, path="/health", environ=environ) as seconds:
        time.sleep(3)  # the SDK is imported behind readiness; this is about what comes after
        yield port, seconds


def measure(model_port: int, pace: str, data: Path, count: int) -> tuple[list[Turn], list[Turn], list[float]]:
    """Measure Walkaway and the control on one pace; give both, and Walkaway's times to readiness."""
    results, ready = [], []
    for name in ("walkaway", "control"):
        with servers(name, model_port, pace, data) as (port, seconds):
            ready.append(seconds)
            asyncio.run(client.alone(port, 3))
            if count == 1:
                results.append(asyncio.run(client.alone(port, ALONE)))
            else:
                results.append(asyncio.run(client.together(port, count)))
    return results[0], results[1], ready[:1]


def stops(data: Path) -> tuple[float, float]:
    """Measure how soon the model is hung up on after a cancel, and by the control when its caller hangs up; p95, ms."""
    found = []
    for name in ("walkaway", "control"):
        port = free_port()
        with (
            process(sys.executable, "-m", "benchmarks.model", str(port), port=port),
            servers(name, port, SILENT, data) as (server, _),
        ):
            found.append(asyncio.run(client.stopped(server, port, STOPPED, cancel=name == "walkaway")))
    return percentile(found[0], 0.95), percentile(found[1], 0.95)


def main() -> None:
    """Measure and print."""
    model_port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        process(sys.executable, "-m", "benchmarks.model", str(model_port), port=model_port),
    ):
        short, control_short, ready = measure(model_port, SHORT, Path(folder), 1)
        long, control_long, more = measure(model_port, LONG, Path(folder), TOGETHER)
        stopped = stops(Path(folder))
    ours, theirs = summary(short, long), summary(control_short, control_long)
    ours["model closed after a cancel, p95"], theirs["model closed after a cancel, p95"] = stopped
    print(f"{'':38}{'walkaway':>10}{'control':>10}{'ratio':>8}{'aim':>8}   (ms)")
    for name, value in ours.items():
        aim = f"≤ {TARGETS[name]}" if name in TARGETS else ""
        print(f"{name:38}{value:10.2f}{theirs[name]:10.2f}{value / theirs[name]:8.1f}{aim:>8}")
    print(f"{'ready after':38}{min(ready + more) * 1000:10.0f}{'':18}{'≤ 1000':>8}")


if __name__ == "__main__":
    main()
