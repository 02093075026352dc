"""A web site on loopback, and addresses that are none to go to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Reading(BaseHTTPRequestHandler):
    """Takes what is sent, and answers it as what is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name not in {"do_POST", "do_PATCH", "do_PUT", "do_DELETE"}:
            raise AttributeError(name)
        return self._read

    def _read(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def do_GET(self) -> None:
        raise NotImplementedError


class Site:
    """A web server on loopback, which says what a test wants, of an address with a query or without.

    In headers {} is the number of the request.
    """

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.hang = threading.Event()
        site = self

        class Handler(_Reading):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                if self.path == "/hang":
                    site.hang.wait(20)
                if self.path == "/slowly":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not site.hang.wait(0.1):
                        self.wfile.write(b"X-More: 1\r\n")
                bare = site.pages.get(self.path.partition("?")[0], (404, {}, b""))
                status, headers, body = site.pages.get(self.path, bare)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value.replace("{}", str(len(site.asked))))
                self.end_headers()
                if self.path == "/drip":
                    while not site.hang.wait(0.05):
                        self.wfile.write(b"x")
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def html(self, path: str, body: str, kind: str = "text/html; charset=utf-8") -> str:
        self.pages[path] = (200, {"Content-Type": kind}, body.encode())
        return self.url + path

    def json(self, path: str, said: Any, **headers: str) -> None:
        """Answer as a Walkaway does; what is text is JSON already."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = said if isinstance(said, str) else json.dumps(said)
        self.pages[path] = (200, {"Content-Type": "application/json", "X-Request-Id": "req_1", **named}, body.encode())

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def web_site() -> Iterator[Site]:
    site = Site()
    try:
        yield site
    finally:
        site.close()
