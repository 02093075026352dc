"""What can go wrong between a program and a server, as the client says it. Nothing of the HTTP library's gets out.

WalkawayError
├── Refused                 the server said no; `status`, `code`, `message`, `request_id`
│   ├── BadRequest          400, 415, 422
│   │   └── CursorInvalid
│   ├── Unauthorized        401
│   ├── Forbidden           403
│   ├── NotFound            404
│   ├── NotAllowed          405
│   ├── Conflict            409
│   │   ├── SessionBusy     `turn` runs; `retry_after`
│   │   ├── QueueFull
│   │   ├── NameTaken
│   │   ├── AlreadyAnswered
│   │   ├── AlreadyClaimed  `retry_after`
│   │   └── NotWaiting
│   ├── PreconditionFailed  412
│   ├── TooLarge            413, 431
│   ├── RangeInvalid        416
│   ├── IdempotencyMismatch
│   ├── TooManyRequests     429; `retry_after`
│   └── ServerFailed        408, 5xx
├── Unreachable             no answer; `sent`: whether the server may have acted
│   ├── ConnectionLost      a log could not be followed any further; `cursor`
│   └── TimedOut            the time that `timeout=` gave is over; `turn` goes on
├── NotWalkaway             something else answers at this address
├── FeatureMissing          an older server cannot do this
├── TurnFailed              `turn`, `code`, `message`
├── TurnCancelled           `turn`
├── TurnWaiting             for `calls` that nobody here answers
├── SettingInvalid          an address, a key or a profile cannot be used
├── FileMissing             of this machine
├── FileRefused             of this machine
│   └── FilesRefused        some of those that a turn has written; the others were saved
├── FilesChanged            what a turn has written is no longer as it left it
├── ToolInvalid             a function cannot be made a tool
├── SignatureInvalid        a webhook is not to be believed
└── LogBroken               an event is missing between two others
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

LONGEST_WAIT: Final = 60.0


class WalkawayError(Exception):
    """Something is wrong. `str()` says what, and what to do next. `turn`: the one that was read, if any."""

    turn: Any = None


class Refused(WalkawayError):
    """The server said no.

    `code`: its short name for programs, as docs/reference.md lists them; empty where something before the server
    answered. `message`: its sentence. `request_id`: to find the request in the server's log; empty if it has none.
    """

    def __init__(
        self, status: int, code: str, message: str, *, request_id: str = "", retry_after: float = 0, turn: str = ""
    ) -> None:
        self.status, self.code, self.message = status, code, message
        self.request_id, self.retry_after, self.turn = request_id, retry_after, turn
        super().__init__(f"{message} ({', '.join(filter(None, (str(status), code, request_id)))})")


class BadRequest(Refused):
    """400, 415 and 422: the request is malformed."""


class CursorInvalid(BadRequest):
    """The cursor is no place in this log."""


class Unauthorized(Refused):
    """401: no key, or one that the server does not know."""


class Forbidden(Refused):
    """403: a path that this session may not touch, or a server that answers only this machine."""


class NotFound(Refused):
    """404: it never was, it was deleted, its time is over, or it is another tenant's."""


class NotAllowed(Refused):
    """405: this address does not take that method; an older server, perhaps."""


class Conflict(Refused):
    """409: it does not go with how things stand."""


class SessionBusy(Conflict):
    """A turn runs; `turn` is its id. `retry_after`: seconds after which it is worth asking again."""


class QueueFull(Conflict):
    """As many messages as may wait for this session wait already."""


class NameTaken(Conflict):
    """Something else has this name."""


class AlreadyAnswered(Conflict):
    """This call has another answer, which stands."""


class AlreadyClaimed(Conflict):
    """Another worker runs the function of this call. `retry_after`: seconds after which it is worth asking again."""


class NotWaiting(Conflict):
    """Nobody waits for this answer any more."""


class PreconditionFailed(Refused):
    """412: another version than the one that was meant."""


class TooLarge(Refused):
    """413 and 431: more than a limit allows."""


class RangeInvalid(Refused):
    """416: the file has no such bytes."""


class IdempotencyMismatch(Refused):
    """The Idempotency-Key stands for another request."""


class TooManyRequests(Refused):
    """429. `retry_after`: seconds."""


class ServerFailed(Refused):
    """408 and 5xx, also after repeats."""


class Unreachable(WalkawayError):
    """No answer came. `sent`: whether the request may have got there, so that something may have happened."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        self.sent = sent
        super().__init__(message)


class ConnectionLost(Unreachable):
    """A log could not be followed any further. It is all there: read on from `cursor`."""

    def __init__(self, message: str, cursor: str) -> None:
        self.cursor = cursor
        super().__init__(message)


class TimedOut(Unreachable):
    """The time is over that the caller gave. The turn goes on: `turn.result()` waits for it anew."""

    def __init__(self, message: str, turn: Any) -> None:
        self.turn = turn
        super().__init__(message, sent=True)


class NotWalkaway(WalkawayError):
    """Something answers at this address, and it is no Walkaway, or something in between. `words`: how it begins."""

    def __init__(self, message: str, words: str = "") -> None:
        self.words = words
        super().__init__(message)


class FeatureMissing(WalkawayError):
    """The server is older than what is asked of it. `feature`: as `client.me().features` would name it."""

    def __init__(self, feature: str, message: str) -> None:
        self.feature = feature
        super().__init__(message)


class TurnFailed(WalkawayError):
    """The turn ended with an error. `code`: as `message.error` has it, such as `timeout`; `turn` has the rest."""

    def __init__(self, turn: Any, code: str, message: str) -> None:
        self.turn, self.code, self.message = turn, code, message
        super().__init__(f"{turn.ref} failed: {message}" + (f" ({code})" if code else ""))


class TurnCancelled(WalkawayError):
    """The turn was cancelled."""

    def __init__(self, turn: Any) -> None:
        self.turn = turn
        super().__init__(f"{turn.ref} was cancelled. What it had said is in turn.text")


class TurnWaiting(WalkawayError):
    """The turn waits for `calls` that nobody in this program answers. It goes on when they are answered."""

    def __init__(self, turn: Any, calls: Sequence[Any]) -> None:
        self.turn, self.calls = turn, calls
        names = ", ".join(f"{call.name} ({call.needs}, {call.call_id})" for call in calls)
        how = "turn.answer(call, output), turn.approve(call) or turn.deny(call), or wait for whoever else does"
        super().__init__(f"{turn.ref} waits for {names}. Answer by {how}: on_waiting='wait'")


class SettingInvalid(WalkawayError, ValueError):
    """An address, a key or a profile that cannot be used."""


class FileMissing(WalkawayError, FileNotFoundError):
    """There is no such file on this machine."""


class FileRefused(WalkawayError, OSError):
    """A file of this machine that is not sent or not written, or a path that is no file's."""


class FilesRefused(FileRefused):
    """Files that a turn has written cannot be written here. `refused`: why, by their paths; `saved`: the others."""

    def __init__(self, refused: Mapping[str, str], saved: Sequence[Any]) -> None:
        self.refused, self.saved = refused, saved
        super().__init__(f"Not saved, unlike the others: {'; '.join(refused.values())}")


class FilesChanged(WalkawayError):
    """Files that a turn has written are no longer as it left them. `changed`: their paths; `saved`: the others."""

    def __init__(self, changed: Sequence[str], saved: Sequence[Any]) -> None:
        self.changed, self.saved = changed, saved
        advice = "The others were saved. latest=True takes what is there now; give each session its own folder"
        super().__init__(f"Changed or deleted since: {', '.join(changed)}. {advice}")


class ToolInvalid(WalkawayError, TypeError):
    """A function cannot be made a tool; the sentence says what it lacks, and where it stands."""


class SignatureInvalid(WalkawayError):
    """The message is not to be believed. The sentence says why."""


class LogBroken(WalkawayError):
    """An event is missing between two others, which never happens: please report it."""
