"""What an app has at an address: HEAD wherever GET is, every method in `Allow`, nothing at what only ends like one."""

import anyio
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = "walkaway.head"
RANGES = (b"range", b"if-range")
"""Are defined for GET alone (RFC 9110, 14.2)."""


class AnythingConvertor(PathConvertor):
    """The rest of a path, line breaks included: what is wrong with it is the route's to say."""

    regex = "(?s:.*)"


register_url_convertor("anything", AnythingConvertor())


def methods(app: FastAPI, path: str) -> set[str]:
    """Say which methods an app takes at a path; none if it has no such address."""
    taken: set[str] = set()
    for route in iter_route_contexts(app.routes):
        if route.path_regex.fullmatch(path):
            taken |= route.methods or set()
    return taken | ({"HEAD"} if "GET" in taken else set())


def wants_no_body(request: Request) -> bool:
    """Say whether the answer's body is thrown away, so that a route need not read what it would be made of."""
    return _HEAD in request.scope


def below_root(scope: Scope) -> str:
    """Give a request's path as routes have it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


class Addresses:
    """ASGI app around a dialect's: asks it for GET where HEAD is asked for, and passes on what it answers first."""

    def __init__(self, inner: ASGIApp, app: FastAPI) -> None:
        self._inner = inner
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["path"].endswith("\n") and not methods(self._app, below_root(scope)):
            # in a pattern `$` is also the place before a last line break, which is how Starlette ends its own
            answer = self._app.state.surface.errors.routing(Request(scope), HTTPException(404))
            await answer(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [pair for pair in scope["headers"] if pair[0] not in RANGES]
        with anyio.CancelScope() as asked:

            async def begin(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    await send({"type": "http.response.body"})
                    asked.cancel()  # a stream would go on for as long as its turn does

            await self._inner({**scope, "method": "GET", "headers": headers, _HEAD: True}, receive, begin)
