"""Ends event streams of keys that have been revoked: what was begun outlives a key by no more than the keyring does."""

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.errors import Unauthorized
from walkaway_core.http.access import Keyring, sent

if TYPE_CHECKING:
    from fastapi import FastAPI


class _Revoked(Exception):
    """The key of a stream opens nothing any more."""


class Admitted:
    """ASGI app around a dialect's: looks at the key of an event stream with each thing that it says, heartbeats too."""

    def __init__(self, inner: ASGIApp, app: "FastAPI") -> None:
        self._inner = inner
        self._app = app
        self._keyring: Keyring = app.state.keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. A stream that is ended ends well, so that its reader comes back, and is told why."""
        if self._keyring.open or scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        key = sent(Request({**scope, "app": self._app}))
        streams = False

        async def checked(message: Message) -> None:
            nonlocal streams
            if message["type"] == "http.response.start":
                streams = Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
            elif streams:
                try:
                    await self._keyring.tenant(key)
                except Unauthorized:
                    await send({"type": "http.response.body", "body": b""})
                    raise _Revoked from None
            await send(message)

        try:
            await self._inner(scope, receive, checked)
        except _Revoked:
            pass
