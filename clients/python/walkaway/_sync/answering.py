"""Answers calls that a turn puts to its caller: by the program's functions, and by whoever says yes or no."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from math import inf

from walkaway import answers, tools
from walkaway._sync import crew
from walkaway._sync.claims import Claims, Postponed
from walkaway._sync.crew import Crew, sleep
from walkaway._sync.transport import Transport
from walkaway.errors import (
    AlreadyAnswered,
    BadRequest,
    IdempotencyMismatch,
    NotFound,
    NotWaiting,
    TooLarge,
    WalkawayError,
)
from walkaway.given import address
from walkaway.retries import Pacing, Safe
from walkaway.tools import Approver, Call, Tool

GONE = (AlreadyAnswered, NotWaiting, NotFound)
"""Somebody else was first, or nobody waits any more: no error of whoever answers."""
STILL = "turn.approve(call), turn.deny(call), or turn.result(on_approval=…) anew"
REMEMBERED = 10_000
"""Calls that were begun, of which none is begun again."""

logger = logging.getLogger("walkaway")

Key = tuple[str, str, str]
"""Of a call: its session, its turn and its id. Models name calls, and may give two of different sessions one id."""


class Answering:
    """Answers the calls that this program can answer, eight at once, each once; leaves the others alone.

    A call whose time is over, or that has its answer, is none of the eight, whatever its function still does.
    """

    def __init__(
        self,
        transport: Transport,
        own: Mapping[str, Tool],
        approver: Approver | None = None,
        claims: Claims | None = None,
    ) -> None:
        self._transport, self._own, self._approver, self._claims = transport, own, approver, claims
        self._crew = Crew()
        self._seen: dict[Key, None] = {}
        self._failure: WalkawayError | None = None
        self.running: dict[Key, Call] = {}

    def knows(self, call: Call) -> bool:
        """Whether somebody here can answer it."""
        return call.name in self._own if call.needs == "output" else self._approver is not None

    def take(self, call: Call) -> None:
        """Begin to answer it, unless that has begun, or nobody here can."""
        if not self.knows(call) or (key := _key(call)) in self._seen:
            return
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self.running[key] = call
        self._crew.start(self._answer, call, until=self._until(call))

    def failed(self) -> WalkawayError | None:
        """Give why an answer could not be given."""
        return self._failure

    def forget(self) -> None:
        """Go on as if every answer could have been given."""
        self._failure = None

    def check(self) -> None:
        """Raise it."""
        if self._failure is not None:
            raise self._failure

    def lead_back(self, error: WalkawayError, turn: object) -> None:
        """Say of why an answer could not be given which turn was read."""
        if error is self._failure:
            error.turn = turn

    def begun(self, call: Call) -> bool:
        """Whether it is being answered, or was."""
        return _key(call) in self._seen

    def idle(self, seconds: float) -> bool:
        """Wait until an answer is given, so long at the most; whether none is under way."""
        return self._crew.idle(seconds)

    def close(self) -> None:
        """Wait for none."""
        self._crew.close()

    def _until(self, call: Call) -> float:
        """Give when its time is over, in seconds since the epoch."""
        own = self._own.get(call.name) if call.needs == "output" else None
        return min(call.expires_at or inf, time.time() + own.timeout if own and own.timeout else inf)

    def _answer(self, leave: Callable[[], None], call: Call) -> float | None:
        """Answer a call; give the seconds after which to look again whether another worker has."""
        claimed = self._claims.held(call, leave) if self._claims and call.needs == "output" else nullcontext()
        try:
            with claimed:
                begun = time.monotonic()
                said = self._said(call)
                took = time.monotonic() - begun
                self._tell(call, said)
            about = {"answered": call, "took": took, "failed": bool(said.get("is_error"))}
            logger.info("%s (%s) is answered", call.name, call.call_id, extra=about)
        except Postponed as later:
            return later.seconds
        except GONE:
            pass
        except WalkawayError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - whoever reads the turn is told, in whatever thread this is
            self._failure = WalkawayError(f"The answer to {call.name} ({call.call_id}) could not be given: {error!r}")
        finally:
            self.running.pop(_key(call), None)
        return None

    def _tell(self, call: Call, answer: Mapping[str, object]) -> None:
        """Give an answer; where the server does not take it, the model is told why it gets none."""
        try:
            self._give(call, answer)
        except (BadRequest, TooLarge, IdempotencyMismatch) as error:
            if call.needs == "approval":
                raise
            self._give(call, tools.untold(call, error))

    def _give(self, call: Call, answer: Mapping[str, object]) -> None:
        """Give an answer, for as long as a log would be followed: the function has run, and runs no second time."""
        options = self._transport.options
        pacing = Pacing(options.patience, options.first_wait)
        while True:
            try:
                give(self._transport, call.session, answer)
            except WalkawayError as error:
                if isinstance(error, TooLarge) or not answers.is_passing(error):
                    raise
                pause = pacing.next(getattr(error, "retry_after", 0.0))
                if pause is None:
                    raise
                sleep(pause)
            else:
                return

    def _said(self, call: Call) -> dict[str, object]:
        try:
            if call.needs == "output":
                return tools.answered(call, crew.run(self._own[call.name], call))
            assert self._approver
            verdict = crew.judge(self._approver, call)
        except (Exception, SystemExit) as error:
            if call.needs == "output":
                return tools.failed(call, error)
            raise WalkawayError(
                f"Whoever was asked for a yes to {call.name} raised {error!r}. The call still waits: {STILL}"
            ) from error
        return tools.judged(call, verdict)


def _key(call: Call) -> Key:
    return call.session, call.turn, call.call_id


def give(transport: Transport, session: str, *results: Mapping[str, object]) -> list[Call]:
    """Post answers; give the calls that the turn still waits for. Safe to repeat: the first answer stands."""
    path = address("sessions", session, "tool_results")
    answer = transport.request("POST", path, json={"results": list(results)}, safe=Safe.YES)
    said = answer.record()
    turn = str(said.get("response_id", ""))
    return [Call.read(each, session, turn) for each in said.get("pending_tool_calls") or ()]
