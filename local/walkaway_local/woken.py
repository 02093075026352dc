"""Does something at the first request that may start a turn: who is asked nothing need not have loaded all."""

import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Requests that start nothing (RFC 9110, 9.2.1)."""


class Woken:
    """ASGI app around another; `wake` is called once, in a thread of its own, and no request waits for it."""

    def __init__(self, app: ASGIApp, wake: Callable[[], None]) -> None:
        self._app = app
        self._wake: Callable[[], None] | None = wake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if self._wake and scope.get("method", "GET") not in SAFE:
            threading.Thread(target=self._wake, name="wake", daemon=True).start()
            self._wake = None
        await self._app(scope, receive, send)
