"""What is wrong with a request, as clients of this dialect are told: a status, a type, a sentence, perhaps a code."""

from collections.abc import Mapping
from typing import ClassVar, Final

from walkaway_core.errors import WalkawayError

INVALID: Final = "invalid_request_error"
UNKNOWN: Final = "not_found_error"
FORBIDDEN: Final = "permission_error"
CONFLICT: Final = "conflict_error"


class Refusal(WalkawayError):
    """The request is refused. `told` is for programs: their SDK has classes of its own for some (contract E.3).

    `again` says to the SDK whether the same request may be sent once more; None: not, since nothing would change.
    """

    code: ClassVar[str] = "managed.refused"

    def __init__(self, status: int, type_: str, message: str, *, code: str = "", again: bool | None = None) -> None:
        super().__init__(message)
        self.status, self.type, self.told, self.again = status, type_, code, again


def invalid(message: str, field: str = "", *, code: str = "") -> Refusal:
    """Say that a field (`tools[0].name`) cannot be as it is; without one, that the request cannot."""
    return Refusal(400, INVALID, f"{field}: {message}" if field else message, code=code)


LISTS: Final[Mapping[str, str]] = {
    "agent": "/v1/agents",
    "environment": "/v1/environments",
    "session": "/v1/sessions",
    "model": "/v1/models",
    "resource": "/v1/sessions/{session}/resources",
    "thread": "/v1/sessions/{session}/threads",
}
"""Where it is listed what there is."""


def unknown(kind: str, id_: str, *, code: str = "") -> Refusal:
    """Say that there is no such thing: none was, it was deleted, or it is somebody else's."""
    return Refusal(404, UNKNOWN, f"There is no {kind} {id_[:100]}; GET {LISTS[kind]} lists what there is", code=code)


def conflict(message: str) -> Refusal:
    """Say that something stands against it that no time mends: the SDK would try a 409 twice more."""
    return Refusal(409, CONFLICT, message, again=False)
