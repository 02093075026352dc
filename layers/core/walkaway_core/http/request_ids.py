"""Gives each request an id, which its answer's X-Request-Id says and lines of the log name; and notes when it came."""

import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.ports import subject

HEADER = b"x-request-id"
NAMED = "walkaway.request_id"
"""Where the scope says it, for a server that must answer in the app's place."""
CAME = "walkaway.came"
"""Where the scope says when its head had come, in seconds of `time.monotonic`: to the gateway, where there is one."""


def new() -> str:
    """Make an id."""
    return f"req_{secrets.token_hex(12)}"


class RequestIds:
    """ASGI app around all others. Where the platform has named the request already, as Lambda does, that id stays.

    What a client sends under this name is not taken over: two requests must not have one id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add to the beginning of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault(CAME, time.monotonic())
        scope[NAMED] = id_ = subject.named().get("requestId") or new()
        subject.name(request=id_)
        pair = (HEADER, id_.encode("latin-1"))

        async def begin(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), pair]}
            await send(message)

        await self._app(scope, receive, begin)
