"""How this dialect says what is wrong: an object `error` with a type, beside the request's id (contract E.3)."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from walkaway_core.dialects.managed import elsewhere
from walkaway_core.dialects.managed.problems import INVALID, Refusal
from walkaway_core.errors import FileNotFound, Invalid, SessionBusy, Unavailable, WalkawayError
from walkaway_core.http import repetitions, request_ids, validation
from walkaway_core.http.errors import BEARER, Errors, broke, unavailable
from walkaway_core.models.aliases import ModelNotFound
from walkaway_core.store.identified import FileExpired
from walkaway_core.store.sessions import SessionArchived
from walkaway_wire.problems import short

TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The type of each status; else it is the request's fault below 500, and the server's above."""
NAMES: Final[Mapping[str, str]] = {
    "instructions": "system",
    "effort": "model.effort",
    "allowed_tools": "tools",
    "approve": "tools",
    "web_search": "tools",
    "web_fetch": "tools",
    "max_cost_usd": "budget",
}
"""What clients call the settings that sentences of ours begin with, where they call them otherwise."""


class Problem(BaseModel):
    """A sentence for people and a type for programs; `details` has an `error_code` where the SDK knows one."""

    type: str
    message: str
    details: dict[str, Any] | None = None


class ManagedProblem(BaseModel):
    """What is wrong."""

    type: Literal["error"] = "error"
    error: Problem
    request_id: str | None


class ManagedErrors(Errors):
    """Every error says whether the SDK may send the same request again, which it would do with any 409 and 5xx."""

    def described(self, status: int) -> type[BaseModel]:
        """Give the form of an error's body."""
        del status
        return ManagedProblem

    def ours(self, request: Request, error: WalkawayError) -> Response:
        """Write what a use case found."""
        if isinstance(error, Refusal):
            return say(request, error.status, str(error), type_=error.type, code=error.told, again=bool(error.again))
        if isinstance(error, Unavailable):
            again = _safe(request) or not error.changed
            return say(request, 503, unavailable(request, error), again=again)
        if isinstance(error, FileNotFound):
            code = "file_expired" if isinstance(error, FileExpired) else ""
            return say(request, 404, _of_file(error), code=code)
        if isinstance(error, SessionBusy):
            return say(request, 409, str(error), again=True, headers={"retry-after-ms": "1000"})
        if isinstance(error, Invalid):
            then = "; begin a new session" if isinstance(error, SessionArchived) else ""
            return say(request, 400, f"{_renamed(error)}{then}")
        status = self.status_of(error)
        return say(request, status, str(error), headers=BEARER if status == 401 else None)

    def validation(self, request: Request, error: RequestValidationError) -> Response:
        """Write what does not fit the route's description."""
        return say(request, 400, validation.sentence(error, see=""))

    def routing(self, request: Request, error: HTTPException) -> Response:
        """Write that there is no such address or method, and what there is."""
        said = {404: elsewhere.sentence(request.url.path), 405: f"This address does not take {request.method}"}
        message = said.get(error.status_code, str(error.detail))
        return say(request, error.status_code, message, headers=error.headers)

    def failure(self, request: Request) -> Response:
        """Write that the server broke."""
        return say(request, 500, broke(request), again=_safe(request))


def request_id(request: Request) -> str:
    """Name a request as its answer does; a platform's own name gets the beginning that clients look for."""
    id_ = str(request.scope.get(request_ids.NAMED, ""))
    return id_ if not id_ or id_.startswith("req_") else f"req_{id_}"


def say(
    request: Request,
    status: int,
    message: str,
    *,
    type_: str = "",
    code: str = "",
    again: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write an error."""
    return JSONResponse(
        problem(request, status, message, type_=type_, code=code),
        status,
        {"x-should-retry": "true" if again else "false", **(headers or {})},
    )


def problem(request: Request, status: int, message: str, *, type_: str = "", code: str = "") -> dict[str, Any]:
    """Give the body of an error, which streams also have as an event `error`."""
    kind = type_ or TYPES.get(status) or ("api_error" if status >= 500 else INVALID)
    error = {"type": kind, "message": short(message)} | ({"details": {"error_code": code}} if code else {})
    return {"type": "error", "error": error, "request_id": request_id(request) or None}


def _safe(request: Request) -> bool:
    return request.method == "GET" or repetitions.safe(request)


def _of_file(error: FileNotFound) -> str:
    """Say that a file is not there, by its name here, and what to do."""
    then = "Upload it again: POST /v1/files" if isinstance(error, FileExpired) else "GET /v1/files lists what there is"
    return re.sub(r"\bfile-(?=[0-9a-f]{24})", "file_", f"{error} {then}")


def _renamed(error: Invalid) -> str:
    """Say what a use case has found in the words of this dialect's fields."""
    sentence = re.sub(r"\bsess_(?=[0-9a-f]{8})", "sesn_", str(error))
    if isinstance(error, ModelNotFound):
        return f"model: {sentence}. WALKAWAY_MODEL_ALIASES says which model stands for other names"
    found = re.match(r"([a-z_]+): ", sentence)
    return sentence if found is None else NAMES.get(found[1], found[1]) + sentence[found.end(1) :]
