"""Measures how soon webhooks are told of a thousand turns that end at once, a tenth of whose receivers are dead.

Each turn has an address of its own at one of ten receivers, in a process of their own: nine live ones, and one that
never answers.
"""

import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from tests.kit.servers import served

TURNS, RECEIVERS = 1_000, 10
AT_ONCE = 32


def receivers(pipe: Connection) -> None:
    """Serve: `/live/…` answers, `/dead/…` never does; then say what came, and when."""
    got: list[tuple[float, str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.time()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/dead"):
                time.sleep(60)
                return
            about = json.loads(body)["data"].get("id", "") if body else ""
            got.append((at, self.path, self.headers.get("webhook-id", ""), about))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 1024
        daemon_threads = True

    servers = [Server(("127.0.0.1", 0), Handler) for _ in range(RECEIVERS)]
    with ThreadPoolExecutor(RECEIVERS) as pool:
        for server in servers:
            pool.submit(server.serve_forever)
        pipe.send([server.server_address[1] for server in servers])
        pipe.recv()
        pipe.send(got)
        for server in servers:
            server.shutdown()


def ended(client: httpx.Client, session: str, response: str) -> float:
    """Wait for a turn's end, without asking often."""
    while True:
        page = client.get(f"/v1/sessions/{session}/responses/{response}/events", params={"after": 0, "wait": 25}).json()
        if page["done"]:
            record = client.get(f"/v1/sessions/{session}/responses/{response}").json()
            return float(record["ended_at"])


def main() -> None:
    """Measure and print."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=receivers, args=(there,), daemon=True)
    process.start()
    ports: list[int] = here.recv()
    environ = {"WALKAWAY_OUTBOUND_LOOPBACK": "yes", "WALKAWAY_REHEARSAL_DELAY": "0"}
    with tempfile.TemporaryDirectory() as name, served(Path(name) / "data", environ=environ) as server:
        hold = httpx.Limits(max_connections=AT_ONCE)
        with httpx.Client(base_url=server.url, timeout=120, limits=hold) as client, ThreadPoolExecutor(AT_ONCE) as pool:
            sessions = list(pool.map(lambda _: client.post("/v1/sessions", json={}).json()["id"], range(TURNS)))

            def send(number: int) -> tuple[str, str]:
                which = number % RECEIVERS
                kind = "dead" if which == 0 else "live"
                body = {
                    "message": "Write a verse about rain.",
                    "webhook_url": f"http://127.0.0.1:{ports[which]}/{kind}/{number}",
                }
                url = f"/v1/sessions/{sessions[number]}/messages"
                answer = client.post(url, json=body, headers={"Prefer": "respond-async"})
                return sessions[number], answer.json()["response_id"]

            begun = time.time()
            turns = list(pool.map(send, range(TURNS)))
            ends = dict(pool.map(lambda turn: (turn[1], ended(client, *turn)), turns))
            took = max(ends.values()) - begun
            time.sleep(16)  # the dead one's first attempts are over then
            here.send("over")
            got = here.recv()
    process.terminate()
    report(turns, ends, got, took)


def report(
    turns: list[tuple[str, str]], ends: dict[str, float], got: list[tuple[float, str, str, str]], took: float
) -> None:
    """Print what came of it. Exits with 1 when a live receiver lacks an event, or has one under two ids."""
    live = {response for number, (_, response) in enumerate(turns) if number % RECEIVERS}
    ids = defaultdict(set)
    first: dict[str, float] = {}
    for at, _, id_, response in got:
        ids[response].add(id_)
        first.setdefault(response, at)
    lags = sorted((first[response] - ends[response]) * 1000 for response in live if response in first)
    p50, p95 = statistics.median(lags), lags[int(len(lags) * 0.95)]
    print(f"{TURNS} turns ended within {took:.1f} s; {len(live)} of their receivers live, {len(got)} deliveries there")
    print(f"from a turn's end to the receiver's first byte: p50 {p50:.0f} ms, p95 {p95:.0f} ms (aim ≤ 2000 ms)")
    if set(ids) != live or any(len(found) != 1 for found in ids.values()):
        sys.exit(
            f"{len(live - set(ids))} live receivers were not told, {len([1 for f in ids.values() if len(f) > 1])} twice"
        )


if __name__ == "__main__":
    main()
