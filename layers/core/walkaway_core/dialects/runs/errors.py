"""How the runs dialect says what is wrong (contract B.1, B.10)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from walkaway_core.dialects.runs.problems import BadState, RunBusy, RunNotFound
from walkaway_core.errors import Unavailable, WalkawayError
from walkaway_core.http import validation
from walkaway_core.http.errors import AGAIN, BEARER, Errors, broke, unavailable
from walkaway_wire.problems import short


class RunProblem(BaseModel):
    """What is wrong."""

    detail: str


class RunUnauthorized(BaseModel):
    """A key is missing or unknown."""

    error: Literal["Unauthorized"]


class RunErrors(Errors):
    """A 422 is a list, an unknown key says `error`, anything else `detail`."""

    validates_as_fastapi = True
    status: ClassVar[Mapping[str, int]] = {BadState.code: 400, RunNotFound.code: 404, RunBusy.code: 409}

    def described(self, status: int) -> type[BaseModel]:
        """Give the form of an error's body."""
        return RunUnauthorized if status == 401 else RunProblem

    def ours(self, request: Request, error: WalkawayError) -> Response:
        """Write `detail`."""
        if isinstance(error, Unavailable):
            return JSONResponse({"detail": unavailable(request, error)}, 503, AGAIN)
        if error.code == "unauthorized":
            return JSONResponse({"error": "Unauthorized"}, 401, BEARER)
        if error.code == "invalid_request":
            problem = {"type": "value_error", "loc": ["body"], "msg": short(str(error)), "input": None}
            return JSONResponse({"detail": [problem]}, 422)
        return JSONResponse({"detail": short(str(error))}, self.status_of(error))

    def failure(self, request: Request) -> Response:
        """Write `detail`."""
        return JSONResponse({"detail": broke(request)}, 500)

    def validation(self, request: Request, error: RequestValidationError) -> Response:
        """Write what does not fit as upstream's server does."""
        del request
        return validation.as_fastapi_does(error)

    def routing(self, request: Request, error: HTTPException) -> Response:
        """Write `detail`."""
        del request
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
