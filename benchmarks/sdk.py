"""Measures the CPU that the Python client takes beyond raw HTTP: for each delta of a stream, and for a result.

Client and control ask the same server in turns, so that whatever else the machine does falls on both; what is printed
are medians of these pairs. The control is httpx2 alone, which sends the same requests and decodes nothing of a stream.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2

from benchmarks.servers import model, started
from walkaway import Walkaway

DELTAS, LIVE, STREAMS, RESULTS, PAIRS, WARM_UP = 2000, 300, 3, 30, 11, 2
DELTA_AIM, RESULT_AIM = 30.0, 2.0
PACE, SLOWLY, INSTANT = f"pace-{DELTAS}-0", f"pace-{LIVE}-3", "pace-1-0"


def bare_stream(url: str, path: str) -> Callable[[], None]:
    """Read a stream's bytes, and nothing else."""
    http = httpx2.Client(trust_env=False, timeout=60)

    def read() -> None:
        with http.stream("GET", url + path, headers={"Accept": "text/event-stream"}) as answer:
            for _ in answer.iter_raw():
                pass

    return read


def our_stream(client: Walkaway, ref: str) -> Callable[[], None]:
    """Read the same by the client, with the text of each delta."""

    def read() -> None:
        turn = client.turn(ref)
        length = sum(len(piece) for piece in turn.texts())
        assert length == len(turn.text)

    return read


def bare_result(url: str) -> Callable[[], None]:
    """Make a session, send, and wait by long polls: the requests that the client sends."""
    http = httpx2.Client(base_url=url, trust_env=False, timeout=60)

    def ask() -> None:
        made = {"persistent": True, "ttl": 604_800, "model": INSTANT}
        session = http.post("/v1/sessions", json=made).json()["id"]
        later = {"Prefer": "respond-async", "Idempotency-Key": session}
        sent = http.post(f"/v1/sessions/{session}/messages", json={"message": "go"}, headers=later).json()
        path = f"/v1/sessions/{session}/responses/{sent['response_id']}"
        assert http.get(path, params={"wait": 25, "until": "waiting"}).json()["status"] == "completed"

    return ask


def bare_live(url: str, decode: Callable[[Iterator[bytes]], None] | None = None) -> Callable[[], None]:
    """Send, and read the bytes of the stream as they come, each delta by itself."""
    http = httpx2.Client(base_url=url, trust_env=False, timeout=60)

    def read() -> None:
        session = http.post("/v1/sessions", json={"model": SLOWLY}).json()["id"]
        later = {"Prefer": "respond-async"}
        sent = http.post(f"/v1/sessions/{session}/messages", json={"message": "go"}, headers=later).json()
        path = f"/v1/sessions/{session}/responses/{sent['response_id']}"
        with http.stream("GET", f"{path}/events", headers={"Accept": "text/event-stream"}) as answer:
            (decode or passed_over)(answer.iter_raw())
        http.get(path)

    return read


def passed_over(pieces: Iterator[bytes]) -> None:
    """Read pieces, and do nothing with them."""
    for _ in pieces:
        pass


def by_hand(pieces: Iterator[bytes]) -> None:
    """Decode a stream as somebody would for one program: what less than this anybody could do is nothing."""
    rest, last, text = b"", -1, list[str]()
    for piece in pieces:
        *events, rest = (rest + piece).split(b"\n\n")
        for event in filter(lambda event: event.startswith(b"id: "), events):
            number, kind, data = event.decode().split("\n")
            assert int(number[4:]) == last + 1
            last, said = last + 1, json.loads(data[6:])
            if kind == "event: text.delta":
                text.append(said["content"])


def our_live(client: Walkaway) -> Callable[[], None]:
    """Do the same by the client."""

    def read() -> None:
        for _ in client.sessions.create(model=SLOWLY).send("go").texts():
            pass

    return read


def our_result(client: Walkaway) -> Callable[[], None]:
    """Do the same by the client."""

    def ask() -> None:
        assert client.run("go", model=INSTANT).status == "completed"

    return ask


def compared(ours: Callable[[], None], bare: Callable[[], None], times: int) -> tuple[float, float]:
    """Give what each takes of the processor, in seconds."""
    pairs = [(taken(ours, times), taken(bare, times)) for _ in range(WARM_UP + PAIRS)][WARM_UP:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def taken(work: Callable[[], None], times: int) -> float:
    """Give the CPU of one piece of work, in seconds."""
    begin = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begin) / times


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        model() as service,
        started("walkaway", Path(folder), service.port) as server,
    ):
        measure(f"http://127.0.0.1:{server.port}")


def measure(url: str) -> None:
    """Measure both against a server."""
    client = Walkaway(url=url)
    turn = client.run("go", model=PACE).turn
    path = f"/v1/sessions/{turn.session_id}/responses/{turn.id}/events"
    ours, bare = compared(our_stream(client, turn.ref), bare_stream(url, path), STREAMS)
    each = (ours - bare) / DELTAS * 1e6
    print(f"{DELTAS} deltas: {ours * 1000:.1f} ms of CPU, httpx2 alone {bare * 1000:.1f} ms;", end=" ")
    print(f"{each:.1f} µs a delta beyond it (aim ≤ {DELTA_AIM:g})")
    ours, bare = compared(our_live(client), bare_live(url), 1)
    each = (ours - bare) / LIVE * 1e6
    print(f"{LIVE} deltas as they come: {ours * 1000:.1f} ms of CPU, httpx2 alone {bare * 1000:.1f} ms;", end=" ")
    print(f"{each:.1f} µs a delta beyond it (aim ≤ {DELTA_AIM:g})", end="; ")
    hand, bare = compared(bare_live(url, by_hand), bare_live(url), 1)
    print(f"ten lines that decode it by hand {(hand - bare) / LIVE * 1e6:.1f} µs")
    ours, bare = compared(our_result(client), bare_result(url), RESULTS)
    print(f"a result: {ours * 1000:.2f} ms of CPU, httpx2 alone {bare * 1000:.2f} ms;", end=" ")
    print(f"{(ours - bare) * 1000:.2f} ms beyond it (aim ≤ {RESULT_AIM:g})")


if __name__ == "__main__":
    main()
