"""Keeps web pages from using a server that asks for no key."""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from walkaway_core.http import errors

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class LoopbackOnly:
    """ASGI middleware: refuses requests that a browser sends for a page of another site.

    A foreign Host is DNS rebinding, a foreign Origin is a page that posts here; curl and SDKs send neither.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        host = urlsplit(f"//{headers.get(b'host', 'localhost')}").hostname
        origin = headers.get(b"origin")
        if host in LOOPBACK and (origin is None or urlsplit(origin).hostname in LOOPBACK):
            await self._app(scope, receive, send)
            return
        text = "Without WALKAWAY_KEYS this server answers only for localhost; set keys to use it under another name"
        await errors.body(403, "forbidden_host", text)(scope, receive, send)
