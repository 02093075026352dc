"""What a turn's record says: every fact of it, and the only functions that name one to write it.

fact            unit      written by          says
status                    each                one of STATUSES
created         ms        queued, begun       when the message came
began           ms        begun               when it stopped waiting for its turn
order                     begun               its place in the conversation, where that is not its id
place           number    begun               the event of the session's log that names it
timeout         s         the message         how long it may take; absent: as long as the session says
deadline        ms        begun, unparked     when its time is over; pauses do not count
execution       number    begun, handed_over  which execution has it (rule R5)
agent_version   number    begun               of the session's agent; absent without one
settings        hash      the message         of those that it said for this turn alone; absent: none
told            hash      begun               of what its session tells its turns (`settings` there); absent: none
ends_with_calls flag      the message         calls for the caller end it; absent: it waits for their answers
signed          flag      the message         its log says signatures of thinking; absent: it does not
approved        number    the message         how many calls of an earlier turn it begins with; absent: none
due             sort key  whoever moves it    its item in the due queue (rule R4)
started         flag      stepping            its first step has begun
begun           step      stepping            the last step for which the model was called
excused         number    retrying            how many attempts at the step `begun` met a busy service; absent: none
silent          number    retrying            how many of them had all their time, and nothing to keep
step            step      committed           the last step that was committed
open            number    committed           how many calls of that step end it; absent: none
steered         step      steered             the step that is to see what the user said last
steers          number    steered             how often the user said something while it ran
asked           step      parked              the last step some of whose calls the caller was asked to answer
parked          ms        parked, unparked    since when it waits for those answers; absent: it does not
waited          ms        unparked            how long it has waited before
token, history            parked, waiting     the state machine's task token, and how full the execution was
ended           ms        ended               when it was over
error, code               ended               of a turn that failed
files           number    ended               how many stand in store/changes.py; absent: none
cost, unpriced, tokens    model_step          what its model calls have used (see turns.USAGE)
hook_…                    TurnWebhook         an address of its own
forgotten       ms        forgotten           when it was taken away, alone; absent: it was not
schedule, firing  id      the message         what has begun it by itself; absent: somebody has

A dialect's own facts stand beside these. Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from walkaway_core.ports.items import Fact, ms

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
STATUSES: Mapping[Status, str] = {
    "queued": "it waits behind the turn that runs",
    "running": "an execution has it, or is about to; also while it waits for its caller",
    "completed": "the model is done",
    "failed": "it was given up: `error` and `code` say why",
    "cancelled": "somebody ended it, or its session",
}
assert set(STATUSES) == set(get_args(Status))
OVER: tuple[Status, ...] = ("completed", "failed", "cancelled")


def queued(now: float) -> dict[str, Fact]:
    """It waits for its turn."""
    return {"status": "queued", "created": ms(now)}


def begun(now: float, seconds: float, place: int, due: str) -> dict[str, Fact]:
    """It runs from now on, for so many seconds; its first execution is about to be started."""
    return {
        "status": "running",
        "execution": 1,
        "step": 0,
        "begun": 0,
        "steers": 0,
        "place": place,
        "due": due,
        "began": ms(now),
        "deadline": ms(now + seconds),
    }


def approved(calls: int) -> dict[str, Fact]:
    """It begins with so many calls of the server's that an earlier turn has asked about."""
    return {"approved": calls} if calls else {}


SIGNED: Mapping[str, Fact] = {"signed": True}
"""Its log says the signatures of thinking."""


def stepping(step: int, due: str) -> dict[str, Fact]:
    """The model is about to be called for a step; at 0, what it begins with is about to be carried out."""
    return {"started": True, "begun": step, "due": due}


def retrying(excused: int, silent: int, due: str) -> dict[str, Fact]:
    """An attempt at the step has failed, and another one is to come. What nobody has met is left out."""
    counts = {"excused": excused, "silent": silent}
    return {"due": due, **{name: count for name, count in counts.items() if count}}


RETRIED = ("excused", "silent")
"""What belongs to one step alone: the next one begins without it."""


def committed(step: int, due: str, open_: int = 0) -> dict[str, Fact]:
    """A step's answer stands in the conversation; so many of its calls end the turn."""
    return {"step": step, "due": due, **({"open": open_} if open_ else {})}


def handed_over(execution: int, due: str) -> dict[str, Fact]:
    """Another execution has it."""
    return {"execution": execution, "due": due}


def steered(step: int) -> dict[str, Fact]:
    """The user has said something that this step is to see; `steers` is counted beside it."""
    return {"steered": step}


def parked(now: float, step: int, token: str, history: int, due: str) -> dict[str, Fact]:
    """It waits for answers to calls of a step."""
    return {"asked": step, "parked": ms(now), "token": token, "history": history, "due": due}


def waiting(token: str, history: int) -> dict[str, Fact]:
    """The state machine waits with another token."""
    return {"token": token, "history": history}


def given_back(milliseconds: int) -> dict[str, int]:
    """The time of a pause that ends is not the turn's: what is added to its facts."""
    return {"deadline": milliseconds, "waited": milliseconds}


def ended(status: Status, now: float, error: str, code: str, files: int = 0) -> dict[str, Fact]:
    """It is over; so many files are as it left them."""
    facts: dict[str, Fact] = {"status": status, "ended": ms(now), "error": error, "code": code}
    return {**facts, "files": files} if files else facts


def forgotten(now: float) -> dict[str, Fact]:
    """It is gone for everyone outside; its session is not, or not for that."""
    return {"forgotten": ms(now)}
