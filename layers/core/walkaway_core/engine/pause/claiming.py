"""Claims of calls: which of several workers runs the function of a call that waits, and until when.

A claim is a lease. It stands beside the call (`claimed_by`, `claimed_until`: engine/pause/asking.py), is the same
worker's to renew, ends by itself, and binds nobody but those who claim: the first answer stands, whoever gives it.
"""

from dataclasses import dataclass

from walkaway_core.engine import executions
from walkaway_core.engine.pause import asking
from walkaway_core.errors import AlreadyAnswered, AlreadyClaimed, NotWaiting, ToolCallNotFound
from walkaway_core.ports.items import Change, Condition, Fact, Is, Lacks, Refused, ms
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_wire.tools import LONGEST_CLAIM


@dataclass(frozen=True, slots=True)
class Claim:
    """A call is a worker's until then, in seconds since the epoch, by the server's clock."""

    call: str
    worker: str
    until: float


def claim(services: Services, owner: SessionKey, call: str, worker: str, seconds: float) -> Claim:
    """Give a call that waits to a worker for so long from now; the one that has it renews it, or ends it sooner.

    Of two workers at once one gets it. Safe to repeat. Raises SessionNotFound, ToolCallNotFound, AlreadyAnswered,
    NotWaiting, AlreadyClaimed.
    """
    sessions.get(services, owner)
    while True:
        now = services.clock.now()
        request = asking.find(services, owner, [call]).get(call)
        if request is None:
            raise ToolCallNotFound(f"Nobody was asked to answer {call[:200]!r} in this session")
        if request.answer:
            raise AlreadyAnswered(f"{call[:200]!r} has its answer already")
        turn = executions.get(services, request.turn)
        if not (turn.parked and turn.pause.step == request.step):
            raise NotWaiting(f"{turn.key.turn} does not wait for {call[:200]!r}: it is {turn.status}")
        left = request.claimed_until - now
        if request.claimed_by != worker and 0 < left <= LONGEST_CLAIM:  # more is left where the clock was set back
            raise AlreadyClaimed(call, request.claimed_by, request.claimed_until, left)
        until = now + seconds
        facts: dict[str, Fact] = {"claimed_by": worker, "claimed_until": ms(until)}
        seen: Condition = Lacks("claimed_until")
        if request.claimed_by:
            seen = Is("claimed_until", ms(request.claimed_until))
        when = (Lacks("answer"), Is("turn", request.turn.turn), Is("step", request.step), seen)
        try:
            services.table.write(Change(*request.item.key, set=facts, when=when))
        except Refused:
            continue
        return Claim(call, worker, ms(until) / 1000)
