"""How the responses dialect says what is wrong: an object `error`, whose four fields clients read (contract D.7)."""

import re
from collections.abc import Mapping
from typing import Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from walkaway_core.dialects.responses.problems import MISSING, PARAMETER, VALUE, Refusal
from walkaway_core.errors import Invalid, SessionBusy, Unavailable, WalkawayError
from walkaway_core.http import repetitions, validation
from walkaway_core.http.errors import BEARER, Errors, broke, unavailable
from walkaway_core.models.aliases import ModelNotFound
from walkaway_wire.problems import short

INVALID: Final = "invalid_request_error"
STAYS: Final[Mapping[str, str]] = {"x-should-retry": "false"}
"""Keeps the SDK from repeating what a repetition cannot mend."""
NAMES: Final[Mapping[str, str]] = {
    "effort": "reasoning.effort",
    "thinking": "reasoning",
    "output_format": "text.format",
    "max_turn_output_tokens": "max_output_tokens",
    "allowed_tools": "tools",
    "approve": "tools",
    "instructions": "instructions",
    "temperature": "temperature",
    "top_p": "top_p",
    "tool_choice": "tool_choice",
    "tools": "tools",
}
"""What clients call the settings that sentences of ours begin with."""
CODES: Final[Mapping[str, str]] = {"extra_forbidden": "unknown_parameter", "missing": MISSING}
ELSEWHERE: Final = "Walkaway does not serve this address; POST /v1/responses has what programs want of it"


class Problem(BaseModel):
    """A sentence for people; a kind, a field and a code for programs."""

    message: str
    type: str
    param: str | None
    code: str


class ResponseProblem(BaseModel):
    """What is wrong."""

    error: Problem


class ResponseErrors(Errors):
    """`error` is an object: from a text clients would read nothing at all."""

    def described(self, status: int) -> type[BaseModel]:
        """Give the form of an error's body."""
        del status
        return ResponseProblem

    def ours(self, request: Request, error: WalkawayError) -> Response:
        """Write what a use case found. None is 409, which clients repeat blindly."""
        if isinstance(error, Refusal):
            return _say(error.status, str(error), error.told, error.param)
        if isinstance(error, Unavailable):
            again = "true" if repetitions.safe(request) or not error.changed else "false"
            said = unavailable(request, error)
            return _say(503, said, error.code, kind="server_error", headers={"x-should-retry": again})
        if isinstance(error, Invalid):
            return _invalid(error)
        status, code = self.status_of(error), error.code
        if isinstance(error, SessionBusy):
            return _say(400, str(error), "conversation_locked", "conversation", headers={"retry-after-ms": "1000"})
        if status == 401:
            return _say(401, str(error), "invalid_api_key", headers=BEARER)
        return _say(400 if status == 409 else status, str(error), code)

    def validation(self, request: Request, error: RequestValidationError) -> Response:
        """Write what does not fit the route's description."""
        del request
        first = error.errors()[0]
        code = CODES.get(first["type"], VALUE)
        return _say(400, validation.sentence(error), code, path(first["loc"][1:]))

    def routing(self, request: Request, error: HTTPException) -> Response:
        """Write that there is no such address or method."""
        if error.status_code not in (404, 405):
            return _say(error.status_code, str(error.detail), VALUE, headers=error.headers)
        code = "not_found" if error.status_code == 404 else "method_not_allowed"
        said = ELSEWHERE if error.status_code == 404 else f"This address does not take {request.method}"
        return _say(error.status_code, said, code, headers=error.headers)

    def failure(self, request: Request) -> Response:
        """Write that the server broke."""
        again = "true" if request.method == "GET" or repetitions.safe(request) else "false"
        return _say(500, broke(request), "server_error", kind="server_error", headers={"x-should-retry": again})


def path(loc: tuple[str | int, ...]) -> str:
    """Write a place as clients do: `tools[0].name`."""
    named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc[:8] if part != "[key]")
    return named.removeprefix(".")[:200]


def _invalid(error: Invalid) -> Response:
    """Write what a use case has found: a sentence about a setting begins with its name."""
    sentence = str(error)
    if isinstance(error, ModelNotFound):
        return _say(400, sentence, "model_not_found", "model")
    found = re.match(r"([a-z_]+): ", sentence)
    if found and found[1] in NAMES:
        return _say(400, sentence, PARAMETER, NAMES[found[1]])
    return _say(400, sentence, VALUE)


def _say(
    status: int,
    message: str,
    code: str,
    param: str = "",
    *,
    kind: str = INVALID,
    headers: Mapping[str, str] | None = None,
) -> Response:
    error = {"message": short(message), "type": kind, "param": param or None, "code": code}
    return JSONResponse({"error": error}, status, {**STAYS, **(headers or {})})
