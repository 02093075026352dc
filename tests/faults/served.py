"""Faults of a whole server: readers that lose their connection at every event, and SIGKILL under many turns."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.faults.campaign import Row
from tests.faults.script import respond
from tests.faults.violations import effects, of_log, of_record
from tests.kit import sse
from tests.kit.messages_api import MessagesApi, messages_api
from tests.kit.servers import running, served
from walkaway_core.log import log
from walkaway_core.settings import Settings
from walkaway_core.store.keys import TurnKey
from walkaway_local.stack import LocalStack

MODEL = "test-model"
TENANT = "local"
PAUSE = 0.002
"""Seconds between two deltas of the model, so that a turn is under way for a while."""


@contextmanager
def slow_model() -> Iterator[MessagesApi]:
    with messages_api() as service:
        service.respond = lambda body: respond(body, PAUSE)
        yield service


def readers(folder: Path, every: int = 1) -> Row:
    """Drop the sender's connection at one event, and at each event after it that of whoever reads on."""
    row = Row("the connection of every reader breaks at every event", "one machine")
    with slow_model() as service:
        settings = Settings(model=MODEL, base_url=service.url)
        with running(folder, settings) as server, server.client(None) as client:
            row.points = len(sse.send(client, sse.new(client), "go"))
            for point in range(0, row.points, every):
                row.tried += 1
                if found := _broken(client, point):
                    row.violations[point] = found
    return row


def _broken(client: httpx.Client, point: int) -> list[str]:
    session = sse.new(client)
    seen: list[sse.Seen] = []
    with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": "go"}) as answer:
        url = f"/v1/sessions/{session}/responses/{answer.headers['x-response-id']}/events"
        for event in sse.parse(answer.iter_lines()):
            seen.append(event)
            if event.id == point:
                break
    while not seen[-1].event.startswith("message.") or seen[-1].event == "message.created":
        with client.stream("GET", url, headers={"Last-Event-ID": str(seen[-1].id)}) as answer:
            seen.append(next(sse.parse(answer.iter_lines())))
    busy = client.get(f"/v1/sessions/{session}").json()["busy"]
    whole = sse.read(client.get(url))
    wrong = [] if seen == whole else [f"{len(seen)} events seen, {len(whole)} in the log, or not the same"]
    return wrong + ["the session is busy"] * busy


@dataclass
class _Server:
    """A server that is killed now and then; `url` is where it is now."""

    data: Path
    environ: dict[str, str]
    url: str = ""

    def killed(self, times: int, chance: random.Random, done: Callable[[], bool]) -> int:
        """Run it, kill it at random moments, then let it run until all is done; say how often it was killed."""
        kills = 0
        while True:
            with served(self.data, environ=self.environ) as server:
                self.url = server.url
                if kills == times:
                    while not done():
                        threading.Event().wait(0.05)
                    return kills
                threading.Event().wait(chance.uniform(0.05, 0.8))
                server.kill()
                kills += 1


def killed(folder: Path, *, turns: int = 50, kills: int = 8, seed: int = 1) -> Row:
    """Send messages with keys, again until each has its answer, while the server is killed and started again."""
    row = Row(f"SIGKILL of the server under {turns} turns", "one machine", kills)
    data = folder / "data"
    with slow_model() as service, ThreadPoolExecutor(8) as senders:
        environ = {"ANTHROPIC_BASE_URL": service.url, "WALKAWAY_MODEL": MODEL}
        server = _Server(data, environ)
        sent = [senders.submit(_persist, server, f"{number}.txt") for number in range(turns)]
        row.tried = server.killed(kills, random.Random(seed), lambda: all(one.done() for one in sent))
        for number, one in enumerate(sent):
            session, response = one.result()
            if found := sound(data, TurnKey(TENANT, session, response), f"{number}.txt"):
                row.violations[number] = found
        if service.problems:
            row.violations["model"] = service.problems
    return row


def _persist(server: _Server, name: str) -> tuple[str, str]:
    """Make a session, send a message and read its stream to the end, as often as it takes."""
    session = response = ""
    last = -1
    while True:
        try:
            with httpx.Client(base_url=server.url, timeout=30) as client:
                session = session or sse.new(client, persistent=True)
                if not response:
                    body, headers = {"message": f"go {name}"}, {"Idempotency-Key": name, "Prefer": "respond-async"}
                    answer = client.post(f"/v1/sessions/{session}/messages", json=body, headers=headers)
                    response = answer.raise_for_status().json()["response_id"]
                url = f"/v1/sessions/{session}/responses/{response}/events"
                with client.stream("GET", url, headers={"Last-Event-ID": str(last)} if last >= 0 else {}) as events:
                    for event in sse.parse(events.iter_lines()):
                        assert event.id == last + 1, f"event {event.id} came after {last}"
                        last = event.id
                        if event.event == "message.completed":
                            return session, response
        except (httpx.TransportError, httpx.UnsupportedProtocol):
            threading.Event().wait(0.02)


def sound(data: Path, turn: TurnKey, name: str) -> list[str]:
    """Look into the folder of a server that has gone: everything that must hold of a turn, and does not."""
    stack = LocalStack(data, Settings(model=MODEL))
    try:
        services = stack.services
        events = log.events(services, turn, services.table.query(turn.log).items)
        wrong = of_log(events) + of_record(services, turn, events)
        turns = services.table.query(turn.owner.partition, after="TURN#", upto="TURN#~").items
        wrong += [] if len(turns) == 1 else [f"{len(turns)} turns"]
        file = b"".join(services.workspace.read(f"{TENANT}/files", name) or ()).decode()
        return wrong + ([] if file in effects(events) else [f"the file has {file!r}"])
    finally:
        stack.close()
