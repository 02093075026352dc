"""The one table from what is wrong to an HTTP answer (contract A.14), and how each dialect says it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from walkaway_core.errors import BodyTooLarge, RangeInvalid, SessionBusy, WalkawayError
from walkaway_core.http import addresses
from walkaway_wire import jsontext
from walkaway_wire.resources import ErrorBody

STATUS: Mapping[str, int] = {
    "invalid_request": 400,
    "cursor.invalid": 400,
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
    "tool_call.not_found": 404,
    "tool_call.answered": 409,
    "tool_call.not_waiting": 409,
    "agent.name_taken": 409,
    "limit_reached": 409,
    "path.conflict": 409,
    "session.busy": 409,
    "session.queue_full": 409,
    "precondition.failed": 412,
    "too_large": 413,
    "encoding.unsupported": 415,
    "range.invalid": 416,
    "idempotency.mismatch": 422,
}
"""The status of each code of `walkaway_core.errors`. Codes of a dialect's own errors are in its `Errors`."""
RETRY_AFTER = 5
"""Seconds after which it is worth asking a busy session again: nobody knows how long its turn will take."""
BEARER: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}
ROUTING = {
    404: ("not_found", "There is no such address; GET /docs lists what there is"),
    405: ("method_not_allowed", "This address does not take that method; see GET /docs"),
}
BROKEN = "Something broke on the server; its log says what. It is safe to try again"


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
        """Write what a use case found: 401, 403, 404, 409, 413 and their like."""
        del request
        status = self.status_of(error)
        if isinstance(error, SessionBusy):
            again = {"Retry-After": str(RETRY_AFTER)}
            return body(status, error.code, str(error), again, response_id=error.turn)
        if isinstance(error, RangeInvalid):
            return body(status, error.code, str(error), {"Content-Range": f"bytes */{error.size}"})
        return body(status, error.code, str(error), BEARER if status == 401 else None)

    def validation(self, request: Request, error: RequestValidationError) -> Response:
        """Write what does not fit the route's description."""
        del request
        return body(400, "invalid_request", "; ".join(_sentence(problem) for problem in error.errors()))

    def routing(self, request: Request, error: HTTPException) -> Response:
        """Write that there is no such address (404) or method (405), or what else Starlette refuses."""
        del request
        code, message = ROUTING.get(error.status_code, ("invalid_request", str(error.detail)))
        return body(error.status_code, code, message, error.headers)

    def failure(self, request: Request) -> Response:
        """Write that the server broke (500)."""
        del request
        return body(500, "internal", BROKEN)

    def status_of(self, error: WalkawayError) -> int:
        """Look the status up: the dialect's own codes first."""
        return self.status.get(error.code) or STATUS[error.code]


def answers(*codes: int, model: type[BaseModel] = ErrorBody) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route, beside those that all have (`openapi.EVERYWHERE`)."""
    return {code: {"model": model, "description": HTTPStatus(code).phrase} for code in codes}


def install(app: FastAPI, shape: Errors) -> None:
    """Make every error of an app answer in its dialect's shape."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, WalkawayError)
        return shape.ours(request, error)

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return shape.validation(request, error)

    async def routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:  # the router names the methods of one route only
            allow = ", ".join(sorted(addresses.methods(app, addresses.below_root(request.scope))))
            error = HTTPException(405, error.detail, {**(error.headers or {}), "Allow": allow})
        return shape.routing(request, error)

    async def failure(request: Request, _: Exception) -> Response:
        return shape.failure(request)

    app.add_exception_handler(WalkawayError, ours)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, routing)
    app.add_exception_handler(Exception, failure)


def body(status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **more: str) -> JSONResponse:
    """Write an error, with what else programs may want to know of it."""
    text = message.encode(errors="replace").decode()
    return JSONResponse({"error": code, "message": text, **more}, status, dict(headers or {}))


def too_large(limit: int) -> WalkawayError:
    """Say that a body is above the limit, in bytes."""
    return BodyTooLarge(f"The body is larger than {limit} bytes; put long texts into a file of the workspace")


def as_fastapi_does(error: RequestValidationError) -> Response:
    """Write what does not fit as FastAPI does (422): for clients of servers that are built with it."""
    problems = jsonable_encoder(error.errors(), exclude={"url"})
    text = jsontext.dumps({"detail": [{**problem, "input": _shown(problem.get("input"))} for problem in problems]})
    return Response(text, 422, media_type="application/json")


def _shown(given: Any) -> Any:
    """Show what was given, as far as JSON has it: Python reads NaN, and nobody may write it."""
    try:
        return jsontext.checked(given)
    except ValueError:
        return None


def _sentence(problem: Mapping[str, Any]) -> str:
    kind, where = problem["type"], ".".join(str(part) for part in problem["loc"][1:])
    place = {"query": "query parameter", "path": "part of the path", "header": "header"}.get(problem["loc"][0], "field")
    if kind == "extra_forbidden":
        return f"`{where[:200]}` is no {place} here; remove it, or see GET /docs for what there is"
    if kind == "json_invalid":
        return "The body is not JSON; send a JSON object with Content-Type: application/json"
    if kind in ("model_attributes_type", "dict_type", "model_type") and not where:
        return "The body must be a JSON object, sent with Content-Type: application/json"
    if kind == "missing":
        return f"The {place} `{where}` is missing" if where else "The body is missing; send a JSON object"
    return f"`{where[:200]}`: {problem['msg'][:1].lower()}{problem['msg'][1:]}"
