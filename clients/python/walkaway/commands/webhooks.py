"""`walkaway webhooks listen`: prints what webhooks are told, verified, on this machine; for development."""

import ipaddress
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any, NoReturn

import click
import httpx2

from walkaway.webhooks import SignatureInvalid, verify
from walkaway_wire import jsontext

MOST_BYTES = 10_000_000
ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends it as Ctrl-C does. Windows has no SIGHUP."""


@click.group()
def webhooks() -> None:
    """Work with webhooks."""


@webhooks.command()
@click.option("--port", default=8006, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free port.")
@click.option("--url", default="http://127.0.0.1:8005", show_default=True, help="The server.")
@click.option("--key", default=lambda: os.environ.get("WALKAWAY_KEY", ""), help="API key; or WALKAWAY_KEY.")
@click.option("--event", "events", multiple=True, help="What to be told, such as turn.completed; all, if not named.")
@click.option("--secret", default="", help="Register nothing; verify by this secret. Behind a tunnel, say.")
def listen(port: int, url: str, key: str, events: tuple[str, ...], secret: str) -> None:
    """Print verified webhook deliveries until interrupted, terminated, or hung up on.

    Registers this machine as a webhook of the server, which must have been started with
    WALKAWAY_OUTBOUND_LOOPBACK=yes, and forgets it at the end. A server elsewhere cannot reach this machine: register a
    tunnel's address there, and give its --secret.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    except OSError as error:
        raise click.ClickException(f"port {port} cannot be used ({error}); name another one with --port") from None
    with server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        if secret:
            _serve(server, address, secret)
            return
        with _heard(), _registered(url, key, address, events) as made:
            _serve(server, address, made)


@contextmanager
def _heard() -> Iterator[None]:
    """Let every ending interrupt, so that what was registered is forgotten; not what `nohup` or a shell had ignored."""
    before = {ending: signal.getsignal(ending) for ending in ENDINGS}
    for ending, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(ending, _interrupt)
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)  # a second one would interrupt the forgetting
    raise KeyboardInterrupt


@contextmanager
def _registered(url: str, key: str, address: str, events: tuple[str, ...]) -> Iterator[str]:
    headers = {"X-API-Key": key.strip()} if key.strip() else {}
    body = {"url": address, "description": "walkaway webhooks listen", **({"events": list(events)} if events else {})}
    with _client(url.strip(), headers) as client:
        made = _asked(client, "POST", "/v1/webhooks", json=body).json()
        try:
            yield made["secret"]
        finally:
            _asked(client, "DELETE", f"/v1/webhooks/{made['id']}")


def _client(url: str, headers: dict[str, str]) -> httpx2.Client:
    """Make a client that takes a proxy to a server elsewhere, and none to one on this machine."""
    try:
        return httpx2.Client(base_url=url, headers=headers, trust_env=not _is_here(url))
    except httpx2.InvalidURL as error:
        raise click.ClickException(f"--url {url[:200]!r} is no address of a server: {error}") from None
    except (ImportError, OSError, ValueError) as error:
        raise click.ClickException(f"{url} cannot be called from here: {error}") from None


def _is_here(url: str) -> bool:
    host = httpx2.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _asked(client: httpx2.Client, method: str, path: str, **more: Any) -> httpx2.Response:
    try:
        answer = client.request(method, path, **more)
    except httpx2.TransportError as error:
        raise click.ClickException(f"{client.base_url} does not answer: {error}") from None
    if answer.is_success:
        return answer
    body = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else {}
    hint = ""
    if "public address" in body.get("message", ""):
        hint = "; start the server with WALKAWAY_OUTBOUND_LOOPBACK=yes, or see --secret"
    raise click.ClickException(f"{body.get('message', answer.status_code)}{hint}")


def _serve(server: ThreadingHTTPServer, address: str, secret: str) -> None:
    _Handler.secret = secret
    click.echo(f"Listening on {address}; Ctrl-C ends it", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        with suppress(OSError):  # a terminal that has hung up takes no more
            click.echo("", err=True)


class _Handler(BaseHTTPRequestHandler):
    secret = ""

    def do_POST(self) -> None:
        """Verify, print, answer."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > MOST_BYTES:
            self._answer(413)
            return
        try:
            message = verify(self.secret, dict(self.headers), self.rfile.read(int(size)))
        except (SignatureInvalid, ValueError) as error:
            click.echo(f"refused: {error}", err=True)
            self._answer(401)
            return
        click.echo(jsontext.dumps(message))
        sys.stdout.flush()
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """What came is printed already."""
