"""Refuses bodies that no route could want, before they fill the memory."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.http import errors
from walkaway_core.http.dialect import Surface


class BodyLimit:
    """ASGI middleware: 413 beyond the dialect's limit, except for uploads, which are streamed and count themselves."""

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] != "http" or scope["method"] == "PUT":
            await self._app(scope, receive, send)
            return
        size, messages = 0, []
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._surface.body_bytes:
                refusal = errors.too_large(self._surface.body_bytes)
                await self._surface.errors.ours(Request(scope), refusal)(scope, receive, send)
                return
            if message["type"] != "http.request" or not message.get("more_body"):
                break

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)
