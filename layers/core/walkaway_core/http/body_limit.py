"""Refuses bodies that no route could want, before they fill the memory."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.http import errors
from walkaway_core.http.dialect import Surface


class _BodyTooLarge(HTTPException):
    """A body grew beyond the limit while it was read. FastAPI lets an HTTPException through as it reads a body."""


def install(app: FastAPI, surface: Surface) -> None:
    """Answer 413 in the dialect's shape to a body above its limit, but for uploads."""

    async def refuse(request: Request, _: Exception) -> Response:
        return surface.errors.ours(request, errors.too_large(surface.body_bytes))

    app.add_exception_handler(_BodyTooLarge, refuse)
    app.add_middleware(BodyLimit, surface=surface)


class BodyLimit:
    """ASGI middleware: counts a body while it is read, and believes a length that is said to be above the limit."""

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] != "http" or self._surface.uploads(Request(scope)):
            await self._app(scope, receive, send)
            return
        limit, size = self._surface.body_bytes, 0
        length = Request(scope).headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            await self._surface.errors.ours(Request(scope), errors.too_large(limit))(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise _BodyTooLarge(413)
            return message

        await self._app(scope, counted, send)
