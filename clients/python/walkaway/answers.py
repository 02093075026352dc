"""What a server answered, and what it means when it is no success. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from walkaway import advice, errors, sense
from walkaway.errors import NotWalkaway, Refused, WalkawayError
from walkaway.profiles import Options
from walkaway.retries import asked
from walkaway_wire import jsontext

BY_CODE: Final[Mapping[str, type[Refused]]] = {
    "cursor.invalid": errors.CursorInvalid,
    "idempotency.mismatch": errors.IdempotencyMismatch,
    "session.busy": errors.SessionBusy,
    "session.queue_full": errors.QueueFull,
    "tool_call.answered": errors.AlreadyAnswered,
    "tool_call.claimed": errors.AlreadyClaimed,
    "tool_call.not_waiting": errors.NotWaiting,
}
BY_STATUS: Final[Mapping[int, type[Refused]]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.NotAllowed,
    408: errors.ServerFailed,
    409: errors.Conflict,
    412: errors.PreconditionFailed,
    413: errors.TooLarge,
    415: errors.BadRequest,
    416: errors.RangeInvalid,
    422: errors.BadRequest,
    429: errors.TooManyRequests,
    431: errors.TooLarge,
}
NUMBERS: Final = (
    "expires_at", "steps", "after", "size", "modified", "sequence", "deleted", "last_activity", "scheduled_at",
)  # fmt: skip
OBJECTS: Final = ("usage", "metadata", "arguments", "data", "last_response", "last_firing", "paused_reason")
LISTS: Final = ("queue", "upcoming")
RECORDS: Final = {"pending_tool_calls": (), "tool_calls": (), "files": ("path",)}
"""What is read of any record, by its kind; of lists of records with the names that each of them has."""
OUR_CODE: Final = re.compile(r"[a-z_]+(\.[a-z_]+)*")
UNKNOWN_PATH: Final = ("Missing Authentication Token", '{"message":"Not Found"}')
"""Of REST and of HTTP APIs."""
UNKNOWN_CODES: Final = frozenset({"", "not_found", "method_not_allowed"})


@dataclass(frozen=True)
class Answer:
    """An answer as it came. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def is_success(self) -> bool:
        """Whether it is what was asked for."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float:
        """Seconds after which to come again, where it says so; else 0."""
        return asked(self.headers.get("retry-after", ""))

    @property
    def is_named(self) -> bool:
        """Whether it has X-Request-Id, as all answers of a server have, and none of what may stand before it."""
        return "x-request-id" in self.headers

    def done(self) -> None:
        """See that a server has said that something is done, in whatever words. Raises NotWalkaway for any other.

        What stands in between, such as a page to log in at, has words of its own for what it did not pass on.
        """
        if self.status == 404:  # at a repeated request: it is gone
            self.having("error", str)
        elif self.status != 204 and not self.is_named:
            raise _no_walkaway(self)

    def json(self) -> Any:
        """Decode it. Raises NotWalkaway for what is no JSON."""
        try:
            return sense.decoded(self.body)
        except ValueError:
            raise _no_walkaway(self) from None

    def object(self) -> dict[str, Any]:
        """Decode an object. Raises NotWalkaway for anything else."""
        found = self.json()
        if not isinstance(found, dict):
            raise _no_walkaway(self)
        return found

    def having(self, name: str, kind: type) -> dict[str, Any]:
        """Decode an object that has something of this name and kind. Raises NotWalkaway for anything else."""
        found = self.object()
        if not isinstance(found.get(name), kind):
            raise _no_walkaway(self)
        return found

    def record(self, *names: str) -> dict[str, Any]:
        """Decode an object that has a text under each of these names. Raises NotWalkaway for anything else."""
        found = self.object()
        if not is_record(found, *names):
            raise _no_walkaway(self)
        return found

    def records(self, *names: str, under: str = "") -> list[dict[str, Any]]:
        """Decode a list of such objects, or of an object that has it `under` a name. Raises NotWalkaway for others."""
        found = self.having(under, list)[under] if under else self.array()
        if not all(is_record(each, *names) for each in found):
            raise _no_walkaway(self)
        return found

    def array(self) -> list[Any]:
        """Decode a list. Raises NotWalkaway for anything else."""
        found = self.json()
        if not isinstance(found, list):
            raise _no_walkaway(self)
        return found


def is_record(found: Any, *names: str) -> bool:
    """Whether it is an object with a text under each of these names. What is read of any has its kind, or is null."""
    if not (isinstance(found, dict) and all(isinstance(found.get(name), str) and found[name] for name in names)):
        return False
    said = {name: value for name, value in found.items() if value is not None}
    return (
        all(isinstance(said.get(name, {}), dict) for name in OBJECTS)
        and all(isinstance(said.get(name, []), list) for name in LISTS)
        and all(sense.number(said.get(name, 0)) is not None for name in NUMBERS)
        and all(_are_records(said.get(name, []), inner) for name, inner in RECORDS.items())
    )


def _are_records(found: Any, names: tuple[str, ...]) -> bool:
    return isinstance(found, list) and all(is_record(each, *names) for each in found)


def check_file(path: str, headers: Mapping[str, str], options: Options) -> None:
    """See that an answer is a file. Raises FileRefused for a folder, NotWalkaway for what has no version."""
    if "etag" in headers:
        return
    kind = headers.get("content-type", "nothing").partition(";")[0]
    if kind == "application/json":
        raise errors.FileRefused(
            f"{path!r} is a folder: download_folder() fetches all of it, and walk() says what it has"
        )
    raise errors.NotWalkaway(f"{options.url} answers ({kind}), but with no file of a Walkaway. Is the address right?")


def refused(answer: Answer, options: Options) -> WalkawayError:
    """Make the error that an answer is."""
    try:
        said = jsontext.loads(answer.body)
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    code, message = said.get("error"), said.get("message")
    ours = isinstance(code, str) and isinstance(message, str)
    if not ours and answer.is_named and (detail := _detail(said.get("detail"))):
        code, message, ours = "", detail, True
    if (not ours and answer.status in {404, 405, 501}) or answer.status < 400:
        return _no_walkaway(answer)
    if not ours:
        code, message = "", _beginning(answer) or f"{answer.url} answered with {answer.status} and no word"
    made: Refused = kind(answer.status, str(code))(
        answer.status,
        str(code),
        advice.said(str(code), str(message), answer.status, answer.url, options),
        request_id=answer.headers.get("x-request-id", ""),
        retry_after=answer.retry_after,
        turn=str(said.get("response_id") or ""),
    )
    return made


def _detail(said: Any) -> str:
    """Read what the dialect of runs says: a sentence, or what is wrong with each field."""
    if not isinstance(said, list):
        return said if isinstance(said, str) else ""
    rows = [each for each in said if isinstance(each, dict) and isinstance(each.get("loc"), list)]
    places = [".".join(map(str, each["loc"][1:])) for each in rows]
    said = [str(each.get("msg")) for each in rows]
    return "; ".join(f"`{place}`: {why}" if place else why for place, why in zip(places, said, strict=True))


def is_ours(error: Refused) -> bool:
    """Whether Walkaway itself has said it: it names each request, or, as 0.1.0 does, only what is wrong."""
    return bool(error.request_id or OUR_CODE.fullmatch(error.code))


def is_passing(error: WalkawayError) -> bool:
    """Whether what never ends goes on after it: connections and servers in trouble, and what something between says."""
    if isinstance(error, Refused):
        lasting = isinstance(error, errors.Unauthorized) or is_ours(error)
        return isinstance(error, errors.ServerFailed | errors.TooManyRequests) or not lasting
    return isinstance(error, errors.Unreachable | NotWalkaway)


def is_unknown_path(error: WalkawayError) -> bool:
    """Whether it is what AWS's gateway says of a path that an older template does not have."""
    if isinstance(error, NotWalkaway):
        return any(words in error.words for words in UNKNOWN_PATH)
    return isinstance(error, Refused) and not is_ours(error) and any(words in error.message for words in UNKNOWN_PATH)


def is_missing_path(error: WalkawayError) -> bool:
    """Whether it is what a server, or a gateway before it, says of an address that it does not have."""
    if is_unknown_path(error):
        return True
    if is_passing(error):  # what something in between says of itself
        return False
    return isinstance(error, Refused) and error.status in {403, 404, 405} and error.code in UNKNOWN_CODES


def _no_walkaway(answer: Answer) -> NotWalkaway:
    kind = answer.headers.get("content-type", "nothing").partition(";")[0]
    return NotWalkaway(
        f"{answer.url} answers ({answer.status}, {kind}), but not as Walkaway does. Is the address right?",
        _beginning(answer),
    )


def _beginning(answer: Answer) -> str:
    return " ".join(answer.body[:300].decode("utf-8", "replace").split())


def kind(status: int, code: str) -> type[Refused]:
    """Give the class of an error by its code, else by its status."""
    if code.endswith(".name_taken"):
        return errors.NameTaken
    return BY_CODE.get(code) or BY_STATUS.get(status) or (errors.ServerFailed if status >= 500 else Refused)
