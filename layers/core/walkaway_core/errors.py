"""What can be wrong with a request, as the core says it.

Each has a code; `http/errors.py` turns it into a status. A dialect's own errors stand in its folder.

WalkawayError
├── Invalid                 the request itself
│   ├── AnsweredTwice       in one request
│   └── ScheduleInvalid     a schedule that cannot be kept
├── Unauthorized            no key, or an unknown one
├── NotFound
│   ├── SessionNotFound, ResponseNotFound, ToolCallNotFound
│   └── FileNotFound, AgentNotFound, ScheduleNotFound, WebhookNotFound, DeliveryNotFound
├── PathInvalid             no such path can exist
├── PathForbidden           outside the session's file_access
├── PathConflict            a directory stands where a file should, or the reverse
├── SessionBusy             one turn at a time
│   └── QueueFull           and no room to wait
├── CursorInvalid           not a place in this log or list
├── IdempotencyMismatch     the key is another request's
├── BodyTooLarge            more than a limit allows
├── QuotaReached            as many of these as there may be
├── AlreadyAnswered         a call has another answer
├── NotWaiting              nobody waits for this answer
├── AlreadyClaimed          a call is another worker's for now
├── NameTaken               an agent with this name is there
│   └── WebhookNameTaken, ScheduleNameTaken
├── PreconditionFailed      not the version that was asked for
├── EncodingUnsupported     a body that would have to be decoded
├── RangeInvalid            no such bytes
└── Unavailable             the store takes nothing now
"""

from typing import ClassVar


class WalkawayError(Exception):
    """Something is wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class Invalid(WalkawayError):
    """The request is malformed."""

    code = "invalid_request"


class AnsweredTwice(Invalid):
    """One request has two answers for one call."""


class ScheduleInvalid(Invalid):
    """A schedule is malformed, or never fires."""

    code = "schedule.invalid"


class Unauthorized(WalkawayError):
    """Send a known API key, as `Authorization: Bearer KEY` or `X-API-Key: KEY`."""

    code = "unauthorized"


class NotFound(WalkawayError):
    """There is nothing here."""

    code = "not_found"


class SessionNotFound(NotFound):
    """There is no such session: it never was, it was deleted, or its time is over. Create one: POST /v1/sessions."""

    code = "session.not_found"


class ResponseNotFound(NotFound):
    """This session has no such response; GET /v1/sessions/{id}/responses lists them."""

    code = "response.not_found"


class FileNotFound(NotFound):
    """There is no such file or directory; GET /v1/sessions/{id}/files lists the workspace."""

    code = "file.not_found"


class WebhookNotFound(NotFound):
    """There is no such webhook; GET /v1/webhooks lists them."""

    code = "webhook.not_found"


class AgentNotFound(NotFound):
    """There is no such agent; GET /v1/agents lists them."""

    code = "agent.not_found"


class ScheduleNotFound(NotFound):
    """There is no such schedule; GET /v1/schedules lists them."""

    code = "schedule.not_found"


class ToolCallNotFound(NotFound):
    """Nobody was asked to answer this call; GET /v1/sessions/{id} lists those that wait."""

    code = "tool_call.not_found"


class DeliveryNotFound(NotFound):
    """This webhook has no such delivery; GET /v1/webhooks/{id}/deliveries lists those of the last 30 days."""

    code = "delivery.not_found"


class PathInvalid(WalkawayError):
    """This is not a path in the workspace."""

    code = "path.invalid"


class PathForbidden(WalkawayError):
    """The session's file_access does not cover this path."""

    code = "path.forbidden"


class PathConflict(WalkawayError):
    """A directory is in the way of this file, or a file in the way of its directory."""

    code = "path.conflict"


class SessionBusy(WalkawayError):
    """The session is busy: wait until its turn has ended, or cancel it. `turn` is the one that runs."""

    code = "session.busy"

    def __init__(self, turn: str, message: str) -> None:
        super().__init__(message)
        self.turn = turn


class QueueFull(SessionBusy):
    """As many messages as may wait for this session wait already."""

    code = "session.queue_full"


class IdempotencyMismatch(WalkawayError):
    """The Idempotency-Key stands for another request."""

    code = "idempotency.mismatch"


class CursorInvalid(WalkawayError):
    """The cursor is no place in this log."""

    code = "cursor.invalid"


class BodyTooLarge(WalkawayError):
    """The request is larger than a limit allows."""

    code = "too_large"


class QuotaReached(WalkawayError):
    """There are as many of these as there may be."""

    code = "limit_reached"


class NameTaken(WalkawayError):
    """Something else has this name."""

    code = "agent.name_taken"


class WebhookNameTaken(NameTaken):
    """Another webhook has this name."""

    code = "webhook.name_taken"


class ScheduleNameTaken(NameTaken):
    """Another schedule has this name."""

    code = "schedule.name_taken"


class AlreadyAnswered(WalkawayError):
    """This call has had another answer already, which stands."""

    code = "tool_call.answered"


class NotWaiting(WalkawayError):
    """Nobody waits for this answer: the turn is over or has gone on."""

    code = "tool_call.not_waiting"


class AlreadyClaimed(WalkawayError):
    """Another worker runs this call's function. `until`: seconds since the epoch; `left`: seconds from now."""

    code = "tool_call.claimed"

    def __init__(self, call: str, worker: str, until: float, left: float) -> None:
        super().__init__(
            f"{worker} has claimed {call[:200]!r} for another {left:.1f} s, and may renew it; ask again then"
        )
        self.worker, self.until, self.left = worker, until, left


class PreconditionFailed(WalkawayError):
    """This is another version than If-Match or If-Unmodified-Since asks for; nothing was changed. Read it again."""

    code = "precondition.failed"


class EncodingUnsupported(WalkawayError):
    """Content-Encoding, as of a body that is packed with gzip, is not taken; send the body as it is, without it."""

    code = "encoding.unsupported"


class RangeInvalid(WalkawayError):
    """The file has no such bytes. `size`: how many it has."""

    code = "range.invalid"

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


class Unavailable(WalkawayError):
    """The store is in trouble, and whoever asked does not wait any longer; `changed`: something may have happened."""

    code = "unavailable"

    def __init__(self, message: str | None = None, *, changed: bool = True) -> None:
        super().__init__(message)
        self.changed = changed
