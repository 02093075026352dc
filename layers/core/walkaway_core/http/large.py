"""Large bodies of JSON: read once, and held against a route's description once, by a thread beside the event loop.

Four megabytes can hold a million values. Whoever reads them keeps the loop, and with it every other client, waiting;
so one thread reads such bodies, one after the other and in pieces. FastAPI is then given what it would have made.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from walkaway_wire import gate

LARGE: Final = 65_536
"""Bytes above which a body is read beside the loop. Up to here reading takes less than going to a thread is worth."""
_KEPT = "walkaway.large"
_LANE = ThreadPoolExecutor(1, "large-body")


def prepare(scope: Scope, length: str) -> None:
    """Make room for what is read of a body before its route asks for it, unless its length says that it is small."""
    if not length.isdecimal() or int(length) > LARGE:
        scope[_KEPT] = []


def prepared(scope: Scope) -> bool:
    """Say whether the body may be large."""
    return _KEPT in scope


async def read(scope: Scope, body: bytes) -> None:
    """Decode a large body and keep what it holds for its route. Raises gate.Flawed."""
    scope[_KEPT].append(await asyncio.get_running_loop().run_in_executor(_LANE, _decoded, body))


class Route(APIRoute):
    """A route whose large bodies have been read when it is asked. For each `APIRouter` whose routes have a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give FastAPI's handler, with the body read by this module."""
        handle, field = super().get_route_handler(), self.body_field
        if field is None:
            return handle

        async def handled(request: Request) -> Response:
            if not prepared(request.scope):
                return await handle(request)
            asked = _Asked(request.scope, request.receive, request._send)  # noqa: SLF001
            asked.fits = lambda value: field.validate(value, {}, loc=("body",))
            try:
                return await handle(asked)
            except RequestValidationError as error:
                raise _unfolded(error) from None

        return handled


@dataclass(frozen=True, slots=True)
class _Misfits:
    """What does not fit in a body, as pydantic says it."""

    problems: list[Any]


class _Asked(Request):
    """A request that gives a large body as it has been read: the model made of it, or what does not fit."""

    fits: Callable[[Any], tuple[Any, list[Any]]]

    async def json(self) -> Any:
        """Give a body as FastAPI wants it. Raises json.JSONDecodeError."""
        await self.body()
        kept = self.scope[_KEPT]
        if not kept:
            return await super().json()
        value = kept.pop()
        if isinstance(value, json.JSONDecodeError):
            raise value
        made, problems = await asyncio.get_running_loop().run_in_executor(_LANE, self.fits, value)
        return (_Misfits(problems),) if problems else made  # JSON has no tuples, so none fits any description


def _decoded(body: bytes) -> Any:
    """Decode a body, or give the error of what is no JSON: that is FastAPI's to say, once it knows who asks."""
    try:
        return gate.decoded_in_pieces(body)
    except json.JSONDecodeError as error:
        return error


def _unfolded(error: RequestValidationError) -> RequestValidationError:
    """Put what did not fit in a body in the place of the tuple that stood for it."""
    problems: list[Any] = []
    for each in error.errors():
        match each.get("input"):
            case (_Misfits(problems=folded),):
                problems += folded
            case _:
                problems.append(each)
    return RequestValidationError(problems, body=error.body)
