"""Lambda's Runtime API on loopback, and execution environments in which the real runtime client runs functions.

AWS Lambda developer guide: the runtime API; environment variables of a runtime; JSON logs.
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FUNCTIONS = Path(__file__).parents[2] / "functions"
REQUESTS = "7f9f7c8e-0000-4000-8000-{:012}"
"""The ids of the requests to one environment, from 1 on."""
REQUEST = REQUESTS.format(1)
JSON_LINES: Mapping[str, str] = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
"""What Lambda tells a function whose log format is JSON and whose level is INFO."""
_READY = "next"
PATIENCE = 120.0
"""Seconds for a start or an answer: a function loads thousands of modules, on a busy machine at its leisure."""


class Failed(Exception):
    """The function, or its start, reported an error to Lambda."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.waits: queue.SimpleQueue[str] = queue.SimpleQueue()  # the runtime has asked for an event, or cannot start
        self.events: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()  # path behind /runtime/, body


class _Api(BaseHTTPRequestHandler):
    """Hands out the next event, or lets the function wait for one; takes what it answers."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.waits.put(_READY)
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", event[0])
        self.send_header("Lambda-Runtime-Deadline-Ms", "9999999999999")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:f")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event[1])))
        self.end_headers()
        self.wfile.write(event[1])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        what = self.path.removeprefix("/2018-06-01/runtime/")
        if what == "init/error":
            self.server.waits.put(body.decode())
        else:
            self.server.answers.put((what, body))

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Environment:
    """An execution environment that has started. Times are in seconds."""

    started_in: float
    _server: _Server
    _log: Path
    times: list[float] = field(default_factory=list)

    def invoke(self, event: Any) -> Any:
        """Hand it an event; give what it answers. Raises Failed."""
        before = time.perf_counter()
        request = REQUESTS.format(len(self.times) + 1)
        self._server.events.put((request, json.dumps(event).encode()))
        what, body = self._server.answers.get(timeout=PATIENCE)
        self.times.append(time.perf_counter() - before)
        self._server.waits.get(timeout=PATIENCE)  # then everything that it had to say has been said
        if what != f"invocation/{request}/response":
            raise Failed(f"{what}: {body.decode()[:2000]}")
        return json.loads(body)

    def said(self) -> str:
        """What it has written to its log."""
        return self._log.read_text()


@contextmanager
def environment(python: Path, folder: Path, environ: Mapping[str, str]) -> Iterator[Environment]:
    """Start a function's folder as Lambda does, and wait until it asks for an event. Raises Failed."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever)
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log"
        address = "{}:{}".format(*server.server_address)
        given = {"PATH": os.environ["PATH"], "HOME": place, "AWS_LAMBDA_RUNTIME_API": address, **JSON_LINES, **environ}
        before = time.perf_counter()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [python, "-m", "awslambdaric", "app.handler"], cwd=folder, env=given, stdout=out, stderr=out
            )
        thread.start()
        try:
            said = server.waits.get(timeout=PATIENCE)
            if said != _READY:
                raise Failed(f"{folder.name} does not start: {said[:2000]}")
            yield Environment(time.perf_counter() - before, server, log)
        finally:
            process.kill()
            process.wait()
            server.events.put(None)
            server.shutdown()
            thread.join()
            server.server_close()


def invoked(folder: str, event: Any, environ: Mapping[str, str]) -> tuple[str, str]:
    """Invoke a function in an environment of its own; give `response` or `error`, as it answered, and what it said."""
    with environment(Path(sys.executable), FUNCTIONS / folder, environ) as one:
        try:
            one.invoke(event)
        except Failed:
            return "error", one.said()
        return "response", one.said()
