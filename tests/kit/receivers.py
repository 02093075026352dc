"""A receiver of webhooks: a server that remembers what it got, and answers as a test says."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 30.0


@dataclass(frozen=True)
class Got:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """How to answer: `hang` is waited for first, `drip`: byte by byte without end."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    hang: threading.Event | None = None
    drip: bool = False


class Receiver:
    """Takes what is posted. `answers` are given in their order, then what `answer` says, which is `otherwise`."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[Got] = []
        self.answers: list[Answer] = []
        self.otherwise = Answer()
        self.answer: Callable[[Got], Answer] = lambda _: self.otherwise
        self.changed = threading.Condition()
        self.over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver.take(Got(self.path, headers, body, time.time()))
                if answer.hang:
                    answer.hang.wait(PATIENCE)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                while answer.drip and not receiver.over.wait(0.1):
                    self.wfile.write(b"x")
                self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 1024
            daemon_threads = True

        self.server = Server(("127.0.0.1", port), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def take(self, got: Got) -> Answer:
        with self.changed:
            self.got.append(got)
            self.changed.notify_all()
            return self.answers.pop(0) if self.answers else self.answer(got)

    def wait(self, count: int, of: Callable[[Got], bool] = lambda _: True) -> list[Got]:
        """Wait until so many requests have come."""
        with self.changed:
            came = self.changed.wait_for(lambda: sum(map(of, self.got)) >= count, PATIENCE)
            assert came, f"{len(self.got)} came: {[got.body[:80] for got in self.got]}"
            return list(filter(of, self.got))

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(port)
    try:
        yield receiver
    finally:
        receiver.close()
