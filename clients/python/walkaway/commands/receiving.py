"""What `walkaway webhooks listen` does: it prints what webhooks are told, verified, on this machine."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from walkaway.commands import cleaning
from walkaway.commands.app import RETRIES, connected
from walkaway.errors import Refused
from walkaway.webhooks import SignatureInvalid, verify
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from walkaway.commands.app import App

MOST_BYTES = 10_000_000
ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends it as Ctrl-C does. Windows has no SIGHUP."""


def listen(app: "App", port: int, key: str, events: tuple[str, ...], secret: str) -> None:
    """Print verified deliveries until interrupted. Raises ClickException for a port that cannot be used."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    except OSError as error:
        raise click.ClickException(f"port {port} cannot be used ({error}); name another one with --port") from None
    with server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        if secret:
            _serve(server, address, secret)
            return
        with heard(), _registered(app, key, address, events) as made:
            _serve(server, address, made)


@contextmanager
def heard() -> Iterator[None]:
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
def _registered(app: "App", key: str, address: str, events: tuple[str, ...]) -> Iterator[str]:
    where = app.options
    with connected(url=where.url, key=key or where.key.reveal() or None, retries=RETRIES) as client:
        try:
            made = client.webhooks.create(url=address, events=events or ("*",), description="walkaway webhooks listen")
        except Refused as error:
            if "public address" not in error.message:
                raise
            hint = "start the server with WALKAWAY_OUTBOUND_LOOPBACK=yes, or see --secret"
            raise click.ClickException(f"{error.message}; {hint}") from None
        try:
            yield made.secret
        finally:
            client.webhooks.delete(made)


def _serve(server: ThreadingHTTPServer, address: str, secret: str) -> None:
    _Handler.secret = secret
    try:
        click.echo(f"Listening on {address}; Ctrl-C ends it", err=True)
        server.serve_forever()
    except KeyboardInterrupt:
        with suppress(OSError):  # a terminal that has hung up takes no more
            click.echo("", err=True)


class _Handler(BaseHTTPRequestHandler):
    secret = ""

    def do_POST(self) -> None:
        """Verify, print, answer."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or len(size) > 20 or int(size) > MOST_BYTES:
            self._answer(413)
            return
        try:
            message = verify(self.secret, dict(self.headers), self.rfile.read(int(size)))
        except (SignatureInvalid, ValueError) as error:
            click.echo(f"refused: {error}", err=True)
            self._answer(401)
            return
        click.echo(cleaning.json(jsontext.dumps(message)))
        sys.stdout.flush()
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """What came is printed already."""
