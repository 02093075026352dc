"""Refuses JSON bodies that no route could want, before they fill the memory."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.http import errors

MAX_JSON_BYTES = 4_000_000
"""Room for a message of a million characters, and below what a Lambda is given (6 MB)."""


class BodyLimit:
    """ASGI middleware: 413 beyond the limit, except for uploads, which are streamed and count for themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
            if size > MAX_JSON_BYTES:
                text = f"The body is larger than {MAX_JSON_BYTES} bytes; put long texts into a file of the workspace"
                await errors.body(413, "too_large", text)(scope, receive, send)
                return
            if message["type"] != "http.request" or not message.get("more_body"):
                break

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)
