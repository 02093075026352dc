"""Measures the CPU of a server that streams a turn as a response, beside the same turn's own events.

Both streams are of one log of one server, and are read in turns by the same client, which decodes nothing; so whatever
else the machine does falls on both. What is printed are medians of these pairs, with the ends of their ratios.
"""

import statistics
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx2

from benchmarks.model import SHORT
from benchmarks.servers import Server, model, started

DELTAS, READS, PAIRS, WARM_UP = 5000, 5, 7, 1
LIVE_PAIRS, CROWD = 7, 10
STORED, LIVE = "stored", "live"
PACES = f"{STORED}=pace-{DELTAS}-0,{LIVE}=pace-400-5"
"""The models by names under which a response can be asked for."""
AIM = 1.20


class Turn:
    """A response that has begun, by both its addresses."""

    def __init__(self, http: httpx2.Client, pace: str) -> None:
        made = http.post("/v1/responses", json={"model": pace, "input": "go", "background": True}).json()
        ours = made["walkaway"]
        self.native = f"/v1/sessions/{ours['session_id']}/responses/{ours['turn_id']}/events"
        self.response = f"/v1/responses/{made['id']}?stream=true"


def read(http: httpx2.Client, path: str) -> int:
    """Read a stream to its end; give its bytes."""
    with http.stream("GET", path, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200, answer.read()
        return sum(len(piece) for piece in answer.iter_raw())


def kept(server: Server, http: httpx2.Client, path: str) -> float:
    """Give the server's CPU for a stream of a turn that is over, in milliseconds."""
    begin = server.cpu()
    for _ in range(READS):
        read(http, path)
    return (server.cpu() - begin) / READS * 1000


def live(server: Server, http: httpx2.Client, address: Callable[[Turn], str], readers: int) -> float:
    """Give the server's CPU for a turn with so many readers, in milliseconds."""
    begin = server.cpu()
    path = address(Turn(http, LIVE))
    threads = [threading.Thread(target=read, args=(http, path)) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (server.cpu() - begin) * 1000


def compared(name: str, ours: Callable[[], float], native: Callable[[], float], pairs: int) -> None:
    """Measure both in turns, and print."""
    taken = [(ours(), native()) for _ in range(WARM_UP + pairs)][WARM_UP:]
    mine, bare = (statistics.median(side) for side in zip(*taken, strict=True))
    ratios = sorted(a / b for a, b in taken)
    print(f"{name}, medians of {pairs} pairs: {mine:.1f} ms of CPU, its own events {bare:.1f} ms;", end=" ")
    print(f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}; aim ≤ {AIM:g})")


def told(service: Server) -> dict[str, str]:
    """Say where the models are, and what they are called."""
    url = f"http://127.0.0.1:{service.port}"
    return {"ANTHROPIC_BASE_URL": url, "WALKAWAY_MODEL": SHORT, "WALKAWAY_MODEL_ALIASES": PACES}


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        model() as service,
        started("walkaway", Path(folder), environ=told(service)) as server,
        httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, timeout=120) as http,
    ):
        measure(server, http)


def measure(server: Server, http: httpx2.Client) -> None:
    """Measure streams of what is over, and those of what runs."""
    turn = Turn(http, STORED)
    print(f"{read(http, turn.response)} bytes beside {read(http, turn.native)}")
    compared(
        f"a log of {DELTAS} deltas",
        partial(kept, server, http, turn.response),
        partial(kept, server, http, turn.native),
        PAIRS,
    )
    for readers in (1, CROWD):
        compared(
            f"a turn of 400 deltas, 5 ms apart, with readers: {readers}",
            partial(live, server, http, lambda turn: turn.response, readers),
            partial(live, server, http, lambda turn: turn.native, readers),
            LIVE_PAIRS,
        )


if __name__ == "__main__":
    main()
