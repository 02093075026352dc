"""Servers for tests: the app in this process or in one of its own, always over real sockets."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
import uvicorn
from starlette.types import ASGIApp

from tests.kit import forked
from tests.kit.documented import Documented, missing, noting
from walkaway_core.dialects import DIALECTS
from walkaway_core.http import cors
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.dialect import Dialect
from walkaway_core.http.request_ids import RequestIds
from walkaway_core.ports.clock import Clock
from walkaway_core.settings import Settings
from walkaway_local.crowd import Crowd
from walkaway_local.loopback_only import LoopbackOnly
from walkaway_local.stack import LocalStack

KEYS = {"alpha-key": "alpha", "beta-key": "beta"}
PATIENCE = 30.0
OWN_PORTS = range(20_000, 32_768)
SHARES = 16


@dataclass(frozen=True)
class Running:
    """A server in this process."""

    url: str
    stack: LocalStack

    def client(self, key: str | None = "alpha-key") -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)


@contextmanager
def running(
    data: Path,
    settings: Settings,
    clock: Clock | None = None,
    workers: int = 64,
    dialects: Sequence[Dialect] = DIALECTS,
) -> Iterator[Running]:
    """Serve a stack from a thread of this process. Raises AssertionError for what no document says that it answers."""
    stack = LocalStack(data, settings, clock=clock, workers=workers, dialects=dialects)
    chooser = create_app(stack.services, Keyring(settings.keys), dialects)
    app = RequestIds(cors.opened(chooser, settings.allow_origin) if settings.keys else LoopbackOnly(chooser))
    documented = Documented(chooser, app) if dialects is DIALECTS else None
    stack.run()
    try:
        with listening(documented or app) as url:
            yield Running(url, stack)
    finally:
        stack.close()
    assert documented is None or documented.undocumented() == [], documented.undocumented()


@contextmanager
def listening(app: ASGIApp, most: int | None = None) -> Iterator[str]:
    """Serve an app on a free port from a thread of this process; give its address.

    `most`: connections without an accepted key at once. Raises AssertionError for what a connection answers by itself
    and no document has.
    """
    sock, answered = socket.create_server(("127.0.0.1", 0)), set[int]()
    config = uvicorn.Config(
        app, http=noting(Crowd(most), answered), log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        sock.close()
    assert missing(answered) == []


class Process(Protocol):
    """What tests use of a process, however it was started."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def send_signal(self, number: int, /) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


@dataclass(frozen=True)
class Served:
    """A `walkaway serve` process."""

    url: str
    process: Process

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=PATIENCE)

    def kill(self) -> None:
        """Kill it as nothing can prepare for."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def served(data: Path, *options: str, environ: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Run `walkaway serve` on a free port until the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    arguments = ["walkaway", "serve", "--port", "0", "--data", str(data), *options]
    process = _started(arguments, {**clean, **(environ or {})}, data.parent / f"{data.name}.log")
    assert process.stdout
    try:
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http://"))
        wait_ready(url)
        yield Served(url, process)
    finally:
        end(process)
        process.stdout.close()


def _started(
    arguments: Sequence[str], environ: Mapping[str, str], log: Path
) -> "forked.Forked | subprocess.Popen[str]":
    with log.open("a") as errors:
        if forked.is_alike(environ):
            return forked.start(arguments, environ, errors)
        command = [sys.executable, "-m", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ)


def end(process: Process, by: signal.Signals = signal.SIGTERM) -> None:
    """Ask it to end. What does not is killed, so that no test leaves it behind, and raises TimeoutExpired."""
    process.send_signal(by)
    try:
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Find a port that nobody listens on, and that nobody is given who asks for any.

    It stays free until a server is started there, or again, though tests beside this one take ports all the time: it
    is below those that systems give away, and each worker has its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = range(OWN_PORTS.start + worker % SHARES, OWN_PORTS.stop, SHARES)
    while True:
        port = random.choice(own)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue


def wait_ready(url: str) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            assert httpx.get(f"{url}/health").is_success
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"{url} never answered")
