"""How the workflows dialect says what is wrong (contract C.2): `detail` has a code and a message."""

from collections.abc import Mapping
from typing import ClassVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from walkaway_core.dialects.workflows.problems import NoToolResponses, TaskNotFound
from walkaway_core.errors import AlreadyAnswered, AnsweredTwice, ToolCallNotFound, Unavailable, WalkawayError
from walkaway_core.http import validation
from walkaway_core.http.errors import AGAIN, BEARER, Errors, broke, unavailable
from walkaway_wire.problems import short

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


class Problem(BaseModel):
    """A code for programs, and a sentence."""

    code: str
    message: str


class WorkflowProblem(BaseModel):
    """What is wrong."""

    detail: Problem | str


class WorkflowErrors(Errors):
    """`detail` has a code and a message; what the platform has besides runs is said to be elsewhere."""

    validates_as_fastapi = True
    status: ClassVar[Mapping[str, int]] = {TaskNotFound.code: 404}

    def described(self, status: int) -> type[BaseModel]:
        """Give the form of an error's body."""
        del status
        return WorkflowProblem

    def ours(self, request: Request, error: WalkawayError) -> Response:
        """Write `detail` with a code."""
        if isinstance(error, Unavailable):
            detail = {"code": error.code, "message": unavailable(request, error)}
            return JSONResponse({"detail": detail}, 503, AGAIN)
        status, code = CODES.get(type(error)) or (self.status_of(error), error.code)
        headers = BEARER if code == "unauthorized" else None
        return JSONResponse({"detail": {"code": code, "message": short(str(error))}}, status, headers)

    def failure(self, request: Request) -> Response:
        """Write `detail` with a code."""
        return JSONResponse({"detail": {"code": "internal", "message": broke(request)}}, 500)

    def validation(self, request: Request, error: RequestValidationError) -> Response:
        """Write what does not fit as upstream's server does."""
        del request
        return validation.as_fastapi_does(error)

    def routing(self, request: Request, error: HTTPException) -> Response:
        """Write `detail` with a code."""
        del request
        elsewhere = error.status_code in (404, 405)
        detail = {"code": "not_found", "message": ELSEWHERE} if elsewhere else error.detail
        return JSONResponse({"detail": detail}, 404 if elsewhere else error.status_code, error.headers)
