"""The one table from what is wrong to an HTTP answer (contract A.14)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from walkaway_core.errors import SessionBusy, WalkawayError
from walkaway_core.http import error_shapes
from walkaway_wire.resources import ErrorBody

STATUS: Mapping[str, int] = {
    "invalid_request": 400,
    "cursor.invalid": 400,
    "run.status": 400,
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
    "run.not_found": 404,
    "task.not_found": 404,
    "tool_call.not_found": 404,
    "tool_call.answered": 409,
    "tool_call.not_waiting": 409,
    "run.state": 409,
    "agent.name_taken": 409,
    "limit_reached": 409,
    "path.conflict": 409,
    "session.busy": 409,
    "session.queue_full": 409,
    "too_large": 413,
    "range.invalid": 416,
    "idempotency.mismatch": 422,
}
RETRY_AFTER = 5
"""Seconds after which it is worth asking a busy session again: nobody knows how long its turn will take."""
ROUTING = {
    404: ("not_found", "There is no such address; GET /docs lists what there is"),
    405: ("method_not_allowed", "This address does not take that method; see GET /docs"),
}


def answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route."""
    return {code: {"model": ErrorBody, "description": HTTPStatus(code).phrase} for code in codes}


def install(app: FastAPI) -> None:
    """Make every error of an app answer in the contract's shape."""
    app.add_exception_handler(WalkawayError, _on_walkaway)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_routing)
    app.add_exception_handler(Exception, _on_failure)


def body(status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **more: str) -> JSONResponse:
    """Write an error, with what else programs may want to know of it."""
    text = message.encode(errors="replace").decode()
    return JSONResponse({"error": code, "message": text, **more}, status, dict(headers or {}))


async def _on_walkaway(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, WalkawayError)
    if shape := error_shapes.of(request):
        return shape.ours(error, STATUS[error.code])
    if isinstance(error, SessionBusy):
        again = {"Retry-After": str(RETRY_AFTER)}
        return body(STATUS[error.code], error.code, str(error), again, response_id=error.turn)
    headers = {"WWW-Authenticate": "Bearer"} if error.code == "unauthorized" else None
    return body(STATUS[error.code], error.code, str(error), headers)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if error_shapes.of(request):
        return error_shapes.invalid(error)
    return body(400, "invalid_request", "; ".join(_sentence(problem) for problem in error.errors()))


async def _on_routing(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if shape := error_shapes.of(request):
        return shape.routing(error)
    code, message = ROUTING.get(error.status_code, ("invalid_request", str(error.detail)))
    return body(error.status_code, code, message, error.headers)


async def _on_failure(_: Request, __: Exception) -> JSONResponse:
    return body(500, "internal", "Something broke on the server; its log says what. It is safe to try again")


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
