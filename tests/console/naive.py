"""Pages without any defence: markdown with its HTML, and files as a browser takes them. They show what a text does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from markdown_it import MarkdownIt

TYPES = {
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "application/xhtml+xml",
    "svg": "image/svg+xml",
    "xml": "application/xml",
}


@dataclass
class Site:
    """A server of loopback. `seen`: the paths that it was asked for, and what they begin with."""

    url: str
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


@contextmanager
def site() -> Iterator[Site]:
    """Serve pages, and note everything that is asked for."""
    found = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.seen |= {self.path.partition("?")[0], f"/{self.path.split('/')[1]}"}
            kind, body = found.pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in found.pages else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            with suppress(ConnectionError):  # who asked has gone elsewhere
                self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server calls it so

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def html(text: str) -> bytes:
    """Render markdown as somebody does who trusts it."""
    renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
    renderer.validateLink = lambda url: True  # type: ignore[method-assign]
    return f"<!doctype html><meta charset=utf-8>{renderer.render(text)}".encode()


def as_it_is_named(name: str, text: str) -> tuple[str, bytes]:
    """Give a file the type that its name says; what has none there is taken for a page, as a browser may sniff it."""
    end = name.rpartition(".")[2]
    if end == "md":
        return "text/html", html(text)
    return TYPES.get(end, "text/html"), text.encode()
