"""What errors look like in the dialects: chosen by path, so that each client finds what it knows."""

from collections.abc import Mapping
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from walkaway_core.errors import AlreadyAnswered, AnsweredTwice, NoToolResponses, ToolCallNotFound, WalkawayError
from walkaway_wire import jsontext

BEARER: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class Shape(Protocol):
    """How a dialect says what is wrong."""

    def ours(self, error: WalkawayError, status: int) -> JSONResponse:
        """Write what a use case found."""

    def routing(self, error: HTTPException) -> JSONResponse:
        """Write that there is no such address or method."""


def of(request: Request) -> Shape | None:
    """Choose the shape for a request; None for our own."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    if path.startswith("/api/v1/runs"):
        return Runs()
    return Workflows() if path.startswith("/api/") and not path.startswith("/api/v1/") else None


def invalid(error: RequestValidationError) -> Response:
    """Write what does not fit, as FastAPI does: both dialects come from servers that are built with it."""
    problems = jsonable_encoder(error.errors(), exclude={"url"})
    text = jsontext.dumps({"detail": [{**problem, "input": _shown(problem.get("input"))} for problem in problems]})
    return Response(text, 422, media_type="application/json")


def _shown(given: Any) -> Any:
    """Show what was given, as far as JSON has it: Python reads NaN, and nobody may write it."""
    try:
        return jsontext.checked(given)
    except ValueError:
        return None


class Runs:
    """The runs dialect (contract B.1, B.10): a 422 is a list, an unknown key says `error`."""

    def ours(self, error: WalkawayError, status: int) -> JSONResponse:
        """Write `detail`."""
        if error.code == "unauthorized":
            return JSONResponse({"error": "Unauthorized"}, 401, BEARER)
        if error.code == "invalid_request":
            problem = {"type": "value_error", "loc": ["body"], "msg": str(error), "input": None}
            return JSONResponse({"detail": [problem]}, 422)
        return JSONResponse({"detail": str(error)}, status)

    def routing(self, error: HTTPException) -> JSONResponse:
        """Write `detail`."""
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


class Workflows:
    """The workflows dialect (contract C.2): `detail` has a code and a message."""

    CODES: Mapping[type[WalkawayError], tuple[int, str]] = {
        AlreadyAnswered: (409, "tool_responses_already_submitted"),
        ToolCallNotFound: (400, "tool_call_ids_mismatch"),
        AnsweredTwice: (400, "duplicate_call_ids_in_request"),
        NoToolResponses: (400, "no_tool_responses"),
    }
    ELSEWHERE = (
        "Walkaway runs agents, and has no such address: workflows are made at /v1/agents, and graders, rubrics, tests, "
        "feedback, staging and traffic splitting are no part of it"
    )

    def ours(self, error: WalkawayError, status: int) -> JSONResponse:
        """Write `detail` with a code."""
        status, code = self.CODES.get(type(error), (status, error.code))
        headers = BEARER if code == "unauthorized" else None
        return JSONResponse({"detail": {"code": code, "message": str(error)}}, status, headers)

    def routing(self, error: HTTPException) -> JSONResponse:
        """Write `detail` with a code: what the platform has besides runs is said to be elsewhere."""
        elsewhere = error.status_code in (404, 405)
        said = {"code": "not_found", "message": self.ELSEWHERE} if elsewhere else error.detail
        return JSONResponse({"detail": said}, 404 if elsewhere else error.status_code, error.headers)
