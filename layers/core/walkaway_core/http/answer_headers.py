"""Puts a dialect's headers on every answer, errors and streams included."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.http.dialect import Surface


class AnswerHeaders:
    """ASGI app around a dialect's: outside of what answers when a route breaks."""

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add to the beginning of its answer."""
        headers = self._surface.headers
        if headers is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = headers(Request(scope))

        async def begin(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(added)
            await send(message)

        await self._app(scope, receive, begin)
