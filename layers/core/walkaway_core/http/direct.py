"""Answers the marked routes as FastAPI would, without its machinery, and passes on to it whatever is not plain.

FastAPI finds a route twice, solves a tree of dependencies, and enters four stacks for each request: several times what
a look at a record takes. So the few routes that clients ask all the time are marked `@direct`. They are declared, and
so documented, like all others; how their arguments are read is worked out once, at the start (`arguments.py`). What is
wrong with a request, and what is rare, is FastAPI's to say: there is one source of such answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from re import Pattern
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.types import Message, Receive, Scope, Send

from walkaway_core.errors import WalkawayError
from walkaway_core.http import access, errors, large
from walkaway_core.http.addresses import below_root
from walkaway_core.http.arguments import Arguments, NotPlain
from walkaway_core.http.attended import attended
from walkaway_core.http.errors import as_too_large, as_unavailable
from walkaway_core.ports.items import TooLarge, Unknown

if TYPE_CHECKING:
    from walkaway_core.http.dialect import Surface
    from walkaway_core.store.services import Services

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_MARK = "walkaway_direct"
CONDITIONS = frozenset({b"if-match", b"if-none-match"})
"""Fields that what changes something is refused by where nothing has versions (`conditions.refuse_elsewhere`)."""


class Shadowed(ValueError):
    """Another route is declared before a direct one, and would get its requests."""


def direct(endpoint: Endpoint) -> Endpoint:
    """Mark a route's function: it is answered without FastAPI's machinery.

    A GET must do nothing but read, and not much: where reading is quick it runs on the event loop.
    """
    setattr(endpoint, _MARK, True)
    return endpoint


@dataclass(frozen=True, slots=True)
class _Route:
    path: Pattern[str]
    arguments: Arguments
    endpoint: Callable[..., Any]
    status: int
    reads: bool


class Direct:
    """ASGI app around a dialect's. Raises Shadowed at the start, and TypeError for a function it cannot call."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._surface: Surface = app.state.surface
        self._services: Services = app.state.services
        self._most = min(large.LARGE, self._surface.body_bytes)
        self._routes = _routes(list(iter_route_contexts(app.routes)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a plain request for a marked route; pass on any other one, as it came."""
        for route in self._routes.get(scope.get("method", ""), ()):
            if match := route.path.match(below_root(scope)):
                break
        else:
            await self._app(scope, receive, send)
            return
        request = Request({**scope, "app": self._app, "path_params": match.groupdict()}, receive)
        taken: list[Message] = []
        try:
            caller = await access.called(request)  # what nobody sends is not even read
            access.admit(request, caller)
            body = await self._body(request, receive, taken) if route.arguments.body else b""
            response = await self._response(route, request, caller, body)
        except WalkawayError as error:
            response = self._surface.errors.ours(request, error)
        except Unknown as error:
            response = self._surface.errors.ours(request, as_unavailable(error))
        except NotPlain:
            await self._app(scope, _again(taken, receive), send)
            return
        except Exception:
            await errors.broken(self._surface.errors, request)(scope, receive, send)
            raise  # whoever serves this writes it into the log
        await response(scope, receive, send)

    async def _body(self, request: Request, receive: Receive, taken: list[Message]) -> bytes:
        """Read a body of JSON, and keep what has come of it. Raises NotPlain."""
        length = request.headers.get("content-length", "")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if (
            kind != "application/json"
            or "content-encoding" in request.headers
            or not length.isdecimal()
            or int(length) > self._most
        ):
            raise NotPlain
        size, more = 0, True
        while more:
            taken.append(message := await receive())
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or size > int(length):
                raise NotPlain
            more = message.get("more_body", False)
        return b"".join(message.get("body", b"") for message in taken)

    async def _response(self, route: _Route, request: Request, caller: access.Caller, body: bytes) -> Response:
        """Read the request and answer it. Raises NotPlain before anything is done."""
        if route.arguments.body and not CONDITIONS.isdisjoint(name for name, _ in request.headers.raw):
            raise NotPlain
        said = route.arguments.decoded(body)
        made = Response()
        try:
            result = await self._result(route, route.arguments.values(request, made, caller, said))
        except TooLarge as error:
            return self._surface.errors.ours(request, as_too_large(error))
        if isinstance(result, Response):
            return result
        answer = Response(route.arguments.answer(result), route.status, media_type="application/json")
        answer.raw_headers += made.raw_headers[1:]  # the first is the length of an empty body
        return answer

    async def _result(self, route: _Route, values: Mapping[str, Any]) -> Any:
        if route.arguments.waits:
            return await route.endpoint(**values)
        if route.reads and self._services.table.quick:
            return route.endpoint(**values)
        return await attended(self._services, route.endpoint, **values)


def _routes(contexts: list[RouteContext]) -> dict[str, list[_Route]]:
    """Gather the marked routes by method. Raises Shadowed."""
    routes: dict[str, list[_Route]] = {}
    for number, context in enumerate(contexts):
        if not getattr(context.endpoint, _MARK, False):
            continue
        for method in context.methods or ():
            if other := next(_before(contexts[:number], context, method), None):
                raise Shadowed(f"{method} {other.path} is declared before {context.path}, which is direct: turn them")
            endpoint = context.endpoint
            assert endpoint
            arguments = Arguments.of(endpoint, set(context.param_convertors))
            status = context.status_code or 200
            routes.setdefault(method, []).append(
                _Route(context.path_regex, arguments, endpoint, status, method == "GET")
            )
    return routes


def _before(earlier: list[RouteContext], context: RouteContext, method: str) -> Iterator[RouteContext]:
    """Give the earlier routes that a request for this one could be for."""
    for other in earlier:
        meets = other.path_regex.match(_example(context)) or context.path_regex.match(_example(other))
        if meets and method in (other.methods or ()):
            yield other


def _example(context: RouteContext) -> str:
    return str(context.path_format).replace("{", "").replace("}", "")


def _again(taken: list[Message], receive: Receive) -> Receive:
    """Give what has been received once more, then what follows."""
    left = iter(taken)

    async def receive_again() -> Message:
        return next(left, None) or await receive()

    return receive_again
