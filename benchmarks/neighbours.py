"""Measures what a hostile tenant costs its neighbour: p99 of the neighbour's requests, alone and beside each hostility.

Each run asks both in turn, so that whatever else the machine does falls on both. A neighbour's p99 may be twice what
it is alone, or 20 ms more, whichever is larger.

    python -m benchmarks.neighbours [--quick] [HOSTILITY ...]

`--quick`: one run of 100 requests, whose p99 is the slowest of them. Without names, all hostilities.
"""

import argparse
import contextlib
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.kit.messages_api import Reply, call, messages_api, text
from tests.kit.servers import Served, served

FULL, QUICK = (1_000, 5), (100, 1)
"""Requests, and runs."""
HELD = 200
"""How much of each kind the hostile tenant has under way."""
FACTOR, MORE = 2.0, 0.020
KEYS = {"WALKAWAY_KEYS": "alice-key=alice,bob-key=bob", "WALKAWAY_OUTBOUND_LOOPBACK": "yes"}

Hostility = Callable[["Tenant", ExitStack], None]


class Tenant:
    """Somebody with a key and a session."""

    def __init__(self, server: Served, key: str) -> None:
        self.url, self.key = httpx.URL(server.url), key
        self.client = httpx.Client(base_url=server.url, headers={"X-API-Key": key}, timeout=60)
        self.session = self.new()

    def new(self) -> str:
        """Make a session."""
        return str(self.client.post("/v1/sessions", json={"persistent": True, "model": "test-model"}).json()["id"])

    def hold(self, line: str, stack: ExitStack, body: bytes = b"", accept: str = "text/event-stream") -> None:
        """Begin a request, and leave it so."""
        one = stack.enter_context(socket.create_connection((self.url.host, self.url.port or 0)))
        length = f"Content-Length: {len(body) + 1000}\r\n" if body else ""
        about = f"Host: localhost\r\nX-API-Key: {self.key}\r\nAccept: {accept}\r\n{length}\r\n"
        one.sendall(f"{line.replace('@', self.session)} HTTP/1.1\r\n{about}".encode() + body)

    def start(self, message: str, **more: object) -> None:
        """Start a turn in a session of its own."""
        where = f"/v1/sessions/{self.new()}/messages"
        self.client.post(where, json={"message": message, **more}, headers={"Prefer": "respond-async"})


def uploads(alice: Tenant, stack: ExitStack) -> None:
    """Uploads that stand still."""
    for number in range(HELD):
        alice.hold(f"PUT /v1/sessions/@/files/{number}", stack, b"x")


def streams(alice: Tenant, stack: ExitStack) -> None:
    """Event streams to which nothing happens."""
    for _ in range(HELD):
        alice.hold("GET /v1/sessions/@/events", stack)


def polls(alice: Tenant, stack: ExitStack) -> None:
    """Polls that wait for as long as they may."""
    for _ in range(HELD):
        alice.hold("GET /v1/sessions/@/events?wait=25", stack, accept="application/json")


def commands(alice: Tenant, _: ExitStack) -> None:
    """Commands that sleep."""
    for _number in range(HELD // 4):
        alice.start("sleep")


def busy(alice: Tenant, _: ExitStack) -> None:
    """Commands that take all the processor time that they get."""
    for _number in range(HELD // 4):
        alice.start("compute")


def searches(alice: Tenant, _: ExitStack) -> None:
    """Searches that would take hours."""
    alice.client.put(f"/v1/sessions/{alice.session}/files/a.txt", content=(b"a" * 21 + b"!\n") * 3000)
    for _number in range(HELD // 4):
        alice.start("search")


def webhooks(alice: Tenant, stack: ExitStack) -> None:
    """Turns whose receivers take connections and say nothing."""
    silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
    for number in range(HELD):
        alice.start("hello", webhook_url=f"http://127.0.0.1:{silent.getsockname()[1]}/{number}")


def storage(alice: Tenant, stack: ExitStack) -> None:
    """Files as fast as can be, until the test is over."""
    over = threading.Event()
    stack.callback(over.set)

    def fill() -> None:
        with contextlib.suppress(httpx.HTTPError):
            while not over.is_set():
                alice.client.put(f"/v1/sessions/{alice.session}/files/big", content=b"x" * 1_000_000)

    threading.Thread(target=fill, daemon=True).start()


COMMANDS = {"sleep": "sleep 20", "compute": "while :; do :; done"}
HOSTILITIES: dict[str, Hostility] = {
    made.__name__: made for made in (uploads, streams, polls, commands, busy, searches, webhooks, storage)
}


def respond(body: dict[str, Any]) -> Reply:
    """Say what the hostile tenant wants its agent to do."""
    messages = body["messages"]
    asked = messages[0]["content"][0]["text"]
    if len(messages) > 1 or asked not in (*COMMANDS, "search"):
        return Reply([text("done")])
    if asked in COMMANDS:
        return Reply([call("bash", command=COMMANDS[asked])])
    return Reply([call("search_files", pattern="(a|a)+b")])


def p99(bob: Tenant, requests: int) -> float:
    """Ask for one's own session, upload, and list, so many times; give the ninety-ninth percentile, in seconds."""
    took = []
    for number in range(requests):
        begun = time.perf_counter()
        if number % 10 == 0:
            bob.client.put(f"/v1/sessions/{bob.session}/files/small.txt", content=b"x")
        else:
            bob.client.get(f"/v1/sessions/{bob.session}" if number % 2 else "/v1/sessions?limit=1")
        took.append(time.perf_counter() - begun)
    return statistics.quantiles(took, n=100)[98]


def measured(hostility: Hostility, model_url: str, requests: int, runs: int) -> tuple[list[float], list[float]]:
    """Give the neighbour's p99 of each run, alone and beside this hostility; each run has a new server."""
    alone, beside = [], []
    environ = {**KEYS, "ANTHROPIC_BASE_URL": model_url, "WALKAWAY_MODEL": "test-model"}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "data", environ=environ) as server:
            alice, bob = Tenant(server, "alice-key"), Tenant(server, "bob-key")
            p99(bob, requests)  # what is loaded at first use is
            alone.append(p99(bob, requests))
            with ExitStack() as stack:
                hostility(alice, stack)
                beside.append(p99(bob, requests))
    return alone, beside


def main() -> None:
    """Print a line for each hostility, and fail when one of them costs too much."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbours")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("names", nargs="*", metavar="HOSTILITY", help=", ".join(HOSTILITIES))
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(HOSTILITIES):
        parser.error(f"no such hostility: {', '.join(sorted(unknown))}; there are {', '.join(HOSTILITIES)}")
    requests, runs = QUICK if arguments.quick else FULL
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server stays behind
    bad = []
    print(f"p99 of {requests} requests in ms, alone and beside a hostile tenant; medians of {runs} runs")
    with messages_api() as api:
        api.respond = respond
        for name in arguments.names or HOSTILITIES:
            alone, beside = (statistics.median(times) for times in measured(HOSTILITIES[name], api.url, requests, runs))
            kept = beside <= max(FACTOR * alone, alone + MORE)
            bad += [] if kept else [name]
            verdict = "kept" if kept else "TOO MUCH"
            print(f"{name:10} {alone * 1000:8.1f} {beside * 1000:8.1f}  {verdict}", flush=True)
    sys.exit(f"beside {', '.join(bad)} the neighbour waits too long" if bad else 0)


if __name__ == "__main__":
    main()
