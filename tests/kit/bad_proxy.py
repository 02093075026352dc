"""A proxy that does its worst with event streams: it cuts, resets, stalls, doubles, forgets and drips."""

import http.client
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PATIENCE = 30.0


@dataclass(frozen=True)
class Plan:
    """What becomes of a stream: it ends behind `cut` bytes, well or by a `reset`, or says nothing from `stall` on.

    `twice`: each event comes twice. `forget`: it begins anew, whatever the reader has. `byte_by_byte`: as it says.
    """

    cut: int | None = None
    reset: bool = False
    stall: int | None = None
    twice: bool = False
    forget: bool = False
    byte_by_byte: bool = False

    def __str__(self) -> str:
        return "-".join(f"{name}={value}" for name, value in vars(self).items() if value not in {None, False})


@dataclass
class Proxy:
    """`plans`: for the streams to come; those behind them are relayed as they are. `keys`: that POSTs came with."""

    url: str
    plans: list[Plan]
    streams: int = 0
    keys: list[str] = field(default_factory=list)


@contextmanager
def bad_proxy(upstream: str, plans: Sequence[Plan]) -> Iterator[Proxy]:
    """Stand before a server."""
    proxy, over = Proxy("", list(plans)), threading.Event()

    class Handler(_Handler):
        before, relays_to, is_over = proxy, upstream, over

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield proxy
        finally:
            over.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    before: Proxy
    relays_to: str
    is_over: threading.Event

    def _relay(self) -> None:
        plan = Plan()
        if self.command == "POST":
            self.before.keys.append(self.headers.get("idempotency-key", ""))
        if self.path.endswith("/events"):
            self.before.streams += 1
            plan = self.before.plans.pop(0) if self.before.plans else plan
        left_out = {"host", "connection"} | ({"last-event-id"} if plan.forget else set())
        headers = {name: value for name, value in self.headers.items() if name.lower() not in left_out}
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        there = urlsplit(self.relays_to)
        connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=PATIENCE)
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in {"transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(ConnectionError, TimeoutError):
            self._pass_on(answer, plan)
        connection.close()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _relay  # noqa: N815 - http.server calls them so

    def _pass_on(self, answer: http.client.HTTPResponse, plan: Plan) -> None:
        left = plan.cut if plan.cut is not None else plan.stall
        for piece in _pieces(answer, plan):
            if left is not None and len(piece) >= left:
                self.wfile.write(piece[:left])
                self._end(plan)
                return
            self.wfile.write(piece)
            left = None if left is None else left - len(piece)

    def _end(self, plan: Plan) -> None:
        if plan.stall is not None:
            self.is_over.wait(PATIENCE)
        if plan.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *_: object) -> None:
        pass


def _pieces(answer: http.client.HTTPResponse, plan: Plan) -> Iterator[bytes]:
    rest = b""
    while data := answer.read1(65536):
        if plan.twice:
            *blocks, rest = (rest + data).split(b"\n\n")
            data = b"".join((block + b"\n\n") * 2 for block in blocks)
        if plan.byte_by_byte:
            yield from (bytes([each]) for each in data)
        elif data:
            yield data
