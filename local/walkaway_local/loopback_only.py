"""Keeps web pages from using a server that asks for no key (decision 0019)."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from walkaway_core.http import errors

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
READING = {"GET", "HEAD"}
OWN = {"same-origin", "none"}
"""What a browser says of requests from a page of this server, and of what a person has typed (Fetch Metadata, 2.3)."""


class LoopbackOnly:
    """ASGI middleware: refuses requests that a browser sends for a page of another address.

    A foreign Host is DNS rebinding, an Origin that is not this Host is a page of something else; curl and SDKs send
    neither. A page of another local address may lead here, and neither ask nor write.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        headers = Headers(scope=scope)
        named = [f"//{host}" for host in headers.getlist("host")] + headers.getlist("origin")
        if not all(_host(address) in LOOPBACK for address in named):
            text = "Without WALKAWAY_KEYS this server answers only for localhost; set keys to use it under another name"
            await errors.body(403, "forbidden_host", text)(scope, receive, send)
        elif _elsewhere(scope.get("method", "GET"), headers):
            text = "Without WALKAWAY_KEYS pages of other addresses cannot use this server; set keys, and send one"
            await errors.body(403, "forbidden_origin", text)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _elsewhere(method: str, headers: Headers) -> bool:
    """Say whether a page of another address asks for something that it must not have."""
    site = headers.get("sec-fetch-site")
    if site in OWN:  # also behind a development server, which passes on the Origin of its own page
        return False
    if method in READING and site == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        return True  # what is read is not shown to the page; but a picture would be
    if method not in READING and site is not None:
        return True
    return any(
        urlsplit(origin).netloc.lower() != headers.get("host", "").lower() for origin in headers.getlist("origin")
    )


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
