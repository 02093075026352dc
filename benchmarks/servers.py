"""Servers under measurement, each a process of its own: Walkaway, another tree's, the control, the toy, the model."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.model import SHORT

HERE = (sys.executable, "-m", "walkaway")
"""The command of this tree's Walkaway."""
os.environ.update(NO_PROXY="*", no_proxy="*")  # what is measured is on this machine
TICKS = os.sysconf("SC_CLK_TCK")
STARTING = 60.0


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    name: str
    port: int
    pid: int
    ready: float
    """Seconds until it answered."""

    def cpu(self) -> float:
        """User and system time that it has taken, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self) -> float:
        """Memory that it holds, in MB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def process(
    *command: str, port: int, path: str = "", environ: dict[str, str] | None = None, folder: Path | None = None
) -> Iterator[Server]:
    """Run a server until the block ends; it is given when it listens, or answers `path`."""
    begin = time.perf_counter()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    variables, quiet = {**clean, **(environ or {})}, subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, env=variables, stdout=quiet, stderr=quiet) as running:
        try:
            _wait(running, port, path)
            yield Server(command[-1], port, running.pid, time.perf_counter() - begin)
        finally:
            running.terminate()


def _wait(running: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    end = time.monotonic() + STARTING
    while running.poll() is None and time.monotonic() < end:
        try:
            if path:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").close()
            else:
                socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.002)
        else:
            return
    raise RuntimeError(f"{running.args!r} does not answer at {port}")


@contextlib.contextmanager
def model() -> Iterator[Server]:
    """Run the model service."""
    port = free_port()
    with process(sys.executable, "-m", "benchmarks.model", str(port), port=port) as running:
        yield running


@contextlib.contextmanager
def started(
    name: str, folder: Path, model_port: int = 0, command: Sequence[str] = HERE, environ: dict[str, str] | None = None
) -> Iterator[Server]:
    """Run "toy", "control", or, under any other name, the Walkaway of a command, on new data.

    `environ` is what Walkaway gets instead of the model service.
    """
    port, service = free_port(), f"http://127.0.0.1:{model_port}"
    if name == "toy":
        command = (sys.executable, "-m", "benchmarks.toy", str(port), str(folder / f"{name}-{port}"))
    elif name == "control":
        command = (sys.executable, "-m", "benchmarks.control", str(port), service)
    else:
        command = (*command, "serve", "--port", str(port), "--data", str(folder / f"{name}-{port}"))
        environ = environ or {"ANTHROPIC_BASE_URL": service, "WALKAWAY_MODEL": SHORT}
    with process(*command, port=port, path="/health", environ=environ) as running:
        yield Server(name, port, running.pid, running.ready)
