"""The one table from what is wrong to an HTTP answer (contract A.14), and how each dialect says it."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from walkaway_core.errors import AlreadyClaimed, BodyTooLarge, RangeInvalid, SessionBusy, Unavailable, WalkawayError
from walkaway_core.http import addresses, repeats, validation
from walkaway_core.ports.items import TooLarge, Unknown
from walkaway_core.ports.patience import NotWritten
from walkaway_core.store.overtaking import Overtaken
from walkaway_wire.problems import short
from walkaway_wire.resources import ErrorBody

STATUS: Mapping[str, int] = {
    "invalid_request": 400,
    "cursor.invalid": 400,
    "schedule.invalid": 400,
    "unauthorized": 401,
    "path.invalid": 403,
    "path.forbidden": 403,
    "not_found": 404,
    "session.not_found": 404,
    "response.not_found": 404,
    "file.not_found": 404,
    "webhook.not_found": 404,
    "delivery.not_found": 404,
    "agent.not_found": 404,
    "schedule.not_found": 404,
    "tool_call.not_found": 404,
    "tool_call.answered": 409,
    "tool_call.not_waiting": 409,
    "tool_call.claimed": 409,
    "agent.name_taken": 409,
    "webhook.name_taken": 409,
    "schedule.name_taken": 409,
    "limit_reached": 409,
    "path.conflict": 409,
    "session.busy": 409,
    "session.queue_full": 409,
    "precondition.failed": 412,
    "too_large": 413,
    "encoding.unsupported": 415,
    "range.invalid": 416,
    "idempotency.mismatch": 422,
    "unavailable": 503,
}
"""The status of each code of `walkaway_core.errors`. Codes of a dialect's own errors are in its `Errors`."""
OTHERS: Mapping[str, tuple[int, str]] = {
    "forbidden_host": (403, "A server without keys answers only under the names of this machine."),
    "forbidden_origin": (403, "A server without keys is not for pages of other addresses."),
    "method_not_allowed": (405, "This address does not take that method; `Allow` names those that it takes."),
    "timeout": (408, "The request's head or body stood still; send it again."),
    "too_many_connections": (429, "One address has too many connections on which no key was accepted; close some."),
    "internal": (500, "Something broke on the server; its log says what."),
}
"""What is answered where no use case is asked, and so has no class in `walkaway_core.errors`: status and meaning."""
RETRY_AFTER = 5
"""Seconds after which it is worth asking a busy session again: nobody knows how long its turn will take."""
BEARER: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}
ROUTING = {
    404: ("not_found", "There is no such address; GET /docs lists what there is"),
    405: ("method_not_allowed", "This address does not take that method; see GET /docs"),
}
HANGS_UP: dict[str, dict[object, object]] = {"walkaway.hangs_up": {}}
"""What a server puts into the scope's extensions that hangs up behind an app that broke."""
ACCEPTED = "walkaway.accepted"
"""Where such a server has a function `tell` that wants to hear when a key was accepted."""
READER = "walkaway.reader"
"""Where it has a function `listens`: False of who has shut its sending side, as whoever has gone has."""
AGAIN: Mapping[str, str] = {"Retry-After": str(RETRY_AFTER)}
BROKEN = "Something broke on the server; its log says what"
LATER = "Nothing can be written now; try again in a few seconds"
LOOK = "It is not known whether this request has had an effect; look before you repeat it"
SAFE = "It is safe to repeat it with the same Idempotency-Key"


class Errors:
    """How a dialect says what is wrong. This one is the sessions API's, and a dialect overrides what it says otherwise.

    `status`: of the codes of its own errors.
    """

    status: ClassVar[Mapping[str, int]] = {}
    validates_as_fastapi: ClassVar[bool] = False
    """Whether what does not fit a route's description is a 422 in FastAPI's form."""

    def described(self, status: int) -> type[BaseModel]:
        """Give the form of an error's body, for the OpenAPI document."""
        del status
        return ErrorBody

    def ours(self, request: Request, error: WalkawayError) -> Response:
        """Write what a use case found: 401, 403, 404, 409, 413, 503 and their like."""
        status = self.status_of(error)
        if isinstance(error, SessionBusy):
            return body(status, error.code, str(error), AGAIN, response_id=error.turn)
        if isinstance(error, AlreadyClaimed):
            after = {"Retry-After": str(max(1, math.ceil(error.left)))}
            return body(status, error.code, str(error), after, worker=error.worker, until=error.until)
        if isinstance(error, Unavailable):
            return body(status, error.code, unavailable(request, error), AGAIN)
        if isinstance(error, RangeInvalid):
            return body(status, error.code, str(error), {"Content-Range": f"bytes */{error.size}"})
        return body(status, error.code, str(error), BEARER if status == 401 else None)

    def validation(self, request: Request, error: RequestValidationError) -> Response:
        """Write what does not fit the route's description."""
        del request
        return body(400, "invalid_request", validation.sentence(error))

    def routing(self, request: Request, error: HTTPException) -> Response:
        """Write that there is no such address (404) or method (405), or what else Starlette refuses."""
        del request
        code, message = ROUTING.get(error.status_code, ("invalid_request", str(error.detail)))
        return body(error.status_code, code, message, error.headers)

    def failure(self, request: Request) -> Response:
        """Write that the server broke (500)."""
        return body(500, "internal", broke(request))

    def status_of(self, error: WalkawayError) -> int:
        """Look the status up: the dialect's own codes first."""
        return self.status.get(error.code) or STATUS[error.code]


DESCRIBED = "x-described-by"
"""Stands in a documented answer for `model`, until `openapi` writes the document."""


def answers(*codes: int, model: type[BaseModel] = ErrorBody) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route, beside those that all have (`openapi.EVERYWHERE`).

    FastAPI makes a validator for each answer that names a model, which takes a twentieth of the start and checks
    nothing, since no route returns its errors: so the document alone is told of the model.
    """
    return {code: {DESCRIBED: model, "description": HTTPStatus(code).phrase} for code in codes}


def install(app: FastAPI, shape: Errors) -> None:
    """Make every error of an app answer in its dialect's shape."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, WalkawayError)
        return shape.ours(request, error)

    async def unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unknown)
        return shape.ours(request, as_unavailable(error))

    async def too_much(request: Request, error: Exception) -> Response:
        assert isinstance(error, TooLarge)
        return shape.ours(request, as_too_large(error))

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return shape.validation(request, error)

    async def routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:  # the router names the methods of one route only
            allow = ", ".join(sorted(addresses.methods(app, addresses.below_root(request.scope))))
            error = HTTPException(405, error.detail, {**(error.headers or {}), "Allow": allow})
        return shape.routing(request, error)

    async def left(_: Request, __: Exception) -> Response:
        return Response(status_code=400)  # nobody is there to read it: whoever asked hung up in the middle of a body

    async def failure(request: Request, _: Exception) -> Response:
        return broken(shape, request)

    app.add_exception_handler(WalkawayError, ours)
    app.add_exception_handler(Unknown, unknown)
    app.add_exception_handler(TooLarge, too_much)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, routing)
    app.add_exception_handler(ClientDisconnect, left)
    app.add_exception_handler(Exception, failure)


def broken(shape: Errors, request: Request) -> Response:
    """Write that the server broke, and whether it hangs up behind that."""
    answer = shape.failure(request)
    if HANGS_UP.keys() <= request.scope.get("extensions", {}).keys():
        answer.headers["Connection"] = "close"  # a pool would send its next request into the end
    return answer


def body(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """Write an error, with what else programs may want to know of it."""
    return JSONResponse({"error": code, "message": short(message), **more}, status, dict(headers or {}))


def as_unavailable(error: Unknown) -> Unavailable:
    """Say for a request what a write came to that nobody tried again."""
    return Unavailable(str(error), changed=not isinstance(error, NotWritten))


def as_too_large(error: TooLarge) -> BodyTooLarge:
    """Say for a request that what it would make does not fit into a record, which is measured in bytes."""
    return BodyTooLarge(f"What this would store is too large: {error}. Shorten it; nothing has been stored")


def broke(request: Request) -> str:
    """Say that the server broke, and what that means for this request."""
    return f"{BROKEN}. {repeating(request, changed=True)}"


def unavailable(request: Request, error: Unavailable) -> str:
    """Say that the store is in trouble, and what that means for this request; or that another one goes before it."""
    if isinstance(error, Overtaken):
        return str(error)
    return f"{error}. {repeating(request, changed=error.changed)}"


def repeating(request: Request, *, changed: bool) -> str:
    """Say whether a request can be repeated, which has perhaps `changed` something: surely only with its key."""
    if request.method in ("GET", "HEAD"):
        return "Try again in a few seconds"
    if repeats.safe(request):
        return SAFE
    return LOOK if changed else LATER


def too_large(limit: int) -> WalkawayError:
    """Say that a body is above the limit, in bytes."""
    return BodyTooLarge(f"The body is larger than {limit} bytes; put long texts into a file of the workspace")
