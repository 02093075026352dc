"""Refuses bodies that no route could want: nobody's, larger than memory should hold, or JSON that is not taken."""

import contextlib
import json

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.errors import EncodingUnsupported, Unauthorized
from walkaway_core.http import access, errors, fields, large, validation
from walkaway_core.http.dialect import Surface
from walkaway_wire import gate


class _BodyTooLarge(HTTPException):
    """A body grew beyond the limit while it was read. FastAPI lets an HTTPException through as it reads a body."""


class _BodyFlawed(HTTPException):
    """A body holds what is not taken."""

    def __init__(self, flaw: gate.Flawed) -> None:
        super().__init__(400, str(flaw))
        self.flaw = flaw


class _BodyPacked(HTTPException):
    """A body would have to be decoded first."""


class _BodyOfNobody(HTTPException):
    """A body is still to come, and there is no key with it."""


def install(app: FastAPI, surface: Surface) -> None:
    """Answer in the dialect's shape to a body above its limit (413), packed (415), of nobody, or of JSON not taken.

    Uploads are none of it: their routes look at the key first, and count for themselves.
    """

    async def refuse(request: Request, _: Exception) -> Response:
        return surface.errors.ours(request, errors.too_large(surface.body_bytes))

    async def name(request: Request, error: Exception) -> Response:
        assert isinstance(error, _BodyFlawed)
        return surface.errors.validation(request, RequestValidationError([validation.problem(error.flaw)]))

    async def ask(request: Request, _: Exception) -> Response:
        return surface.errors.ours(request, Unauthorized())

    async def unpack(request: Request, _: Exception) -> Response:
        return surface.errors.ours(request, EncodingUnsupported())

    app.add_exception_handler(_BodyTooLarge, refuse)
    app.add_exception_handler(_BodyPacked, unpack)
    app.add_exception_handler(_BodyOfNobody, ask)
    app.add_exception_handler(_BodyFlawed, name)
    app.add_middleware(BodyLimit, surface=surface)


class BodyLimit:
    """ASGI middleware: counts a body while it is read, believes a length above the limit, and looks at what is JSON."""

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] != "http" or self._surface.uploads(Request(scope)):
            await self._app(scope, receive, send)
            return
        limit, size, pieces, known = self._surface.body_bytes, 0, list[bytes](), False
        length = Request(scope).headers.get("content-length", "")
        is_json = "json" in Request(scope).headers.get("content-type", "").lower()
        if length.isdecimal() and int(length) > limit:
            await self._surface.errors.ours(Request(scope), errors.too_large(limit))(scope, receive, send)
            return

        large.prepare(scope, length)

        async def counted() -> Message:
            nonlocal size, known
            if not known:
                await _known(Request(scope))
                known = True
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise _BodyTooLarge(413)
            if size and fields.packed(Request(scope)):
                raise _BodyPacked(415)
            if is_json and message["type"] == "http.request":
                pieces.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await _look(scope, b"".join(pieces))
            return message

        await self._app(scope, counted, send)


async def _known(request: Request) -> None:
    """Raise _BodyOfNobody for a request without an accepted key: memory is not for strangers."""
    try:
        await access.called(request)
    except Unauthorized:
        raise _BodyOfNobody(401) from None


async def _look(scope: Scope, body: bytes) -> None:
    """Raise _BodyFlawed for JSON that is not taken. What is no JSON at all is FastAPI's to say."""
    try:
        if len(body) > large.LARGE and large.prepared(scope):
            await large.read(scope, body)
        elif not gate.plain(body):
            with contextlib.suppress(json.JSONDecodeError):
                gate.decoded(body)
    except gate.Flawed as flaw:
        raise _BodyFlawed(flaw) from None
