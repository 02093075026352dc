"""Lambda's Runtime API, for one invocation of a function under the real runtime client (Lambda guide, Runtime API)."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.kit.servers import PATIENCE

FUNCTIONS = Path(__file__).parents[2] / "functions"
REQUEST = "7f9f7c8e-0000-4000-8000-000000000001"
JSON_LINES: Mapping[str, str] = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
"""What Lambda tells a function whose log format is JSON and whose level is INFO."""


class _Api(BaseHTTPRequestHandler):
    """Hands the event out once, then lets the function wait; takes its answer."""

    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.server.handed_out.is_set():
            self.server.over.wait(PATIENCE)
            self.close_connection = True
            return
        self.server.handed_out.set()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", REQUEST)
        self.send_header("Lambda-Runtime-Deadline-Ms", "9999999999999")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:f")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.event)))
        self.end_headers()
        self.wfile.write(self.server.event)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answered.put(self.path.rpartition("/")[2])

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, event: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.event = event
        self.handed_out, self.over = threading.Event(), threading.Event()
        self.answered: queue.Queue[str] = queue.Queue()


@contextmanager
def _serving(event: bytes) -> Iterator[_Server]:
    server = _Server(event)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def invoked(folder: str, event: Any, environ: Mapping[str, str]) -> tuple[str, str]:
    """Invoke a function in a process of its own; give what it answered, `response` or `error`, and what it said."""
    with _serving(json.dumps(event).encode()) as server:
        address = "{}:{}".format(*server.server_address)
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", "app.handler"],
            cwd=FUNCTIONS / folder,
            env={"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": address, **JSON_LINES, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            return server.answered.get(timeout=PATIENCE), _ended(process)
        finally:
            _ended(process)


def _ended(process: "subprocess.Popen[str]") -> str:
    """End it, and give what it said."""
    process.kill()
    return process.communicate()[0] if process.stdout and not process.stdout.closed else ""
