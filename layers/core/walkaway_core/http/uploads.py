"""Lets uploads wait in their tenant's line before anything is done for them: who waits costs no route and no thread."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkaway_core.errors import WalkawayError
from walkaway_core.http import access
from walkaway_core.http.dialect import Surface
from walkaway_core.ports.items import Unknown


def install(app: FastAPI, surface: Surface) -> None:
    """Give each upload of an app its place (`Shares.uploads`) from before its route is asked until it is answered."""
    app.add_middleware(InLine, surface=surface)


class InLine:
    """ASGI middleware. An upload of nobody's goes on to its route, which refuses it; one that is gone, nowhere."""

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, an upload when it is its turn."""
        if scope["type"] != "http" or not self._surface.uploads(request := Request(scope)):
            await self._app(scope, receive, send)
            return
        try:
            caller = await access.called(request)
        except (WalkawayError, Unknown):
            await self._app(scope, receive, send)
            return
        async with caller.services.shares.uploads.place(caller.tenant) as waited:
            if not waited or "expect" in request.headers:  # it sends nothing before its route asks (RFC 9110, 10.1.1)
                await self._app(scope, receive, send)
            elif (first := await receive())["type"] != "http.disconnect":
                await self._app(scope, _behind(first, receive), send)


def _behind(first: Message, receive: Receive) -> Receive:
    """Give what has come, then what follows."""
    come = [first]

    async def receive_again() -> Message:
        return come.pop() if come else await receive()

    return receive_again
