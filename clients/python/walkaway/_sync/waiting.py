"""Waits for a turn's end without holding a stream: long polls, or, of a server that has none, its stream."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from walkaway import errors
from walkaway._sync.answering import Answering
from walkaway._sync.crew import sleep
from walkaway._sync.following import Follower
from walkaway._sync.transport import Transport
from walkaway.errors import ConnectionLost, NotFound, ServerFailed, TooManyRequests, Unreachable, WalkawayError
from walkaway.given import address
from walkaway.reading import Place
from walkaway.retries import Deadline, Pacing
from walkaway.tools import Approver, Call, Tool
from walkaway_wire.events import TOOL_CALL_REQUESTED

if TYPE_CHECKING:
    from walkaway._sync.turns import Turn

POLLS = "wait"
"""The feature of servers that answer `?wait=` on a turn."""
LONGEST_POLL = 25.0
SOON, SHORTEST, LONGEST = 0.05, 2.0, 30.0
"""Seconds between two looks at a turn that waits for somebody else."""


def for_the_end(
    turn: "Turn",
    transport: Transport,
    own: Mapping[str, Tool],
    approver: Approver | None,
    deadline: Deadline,
    *,
    raising: bool,
) -> None:
    """Wait until a turn is over, and answer its calls meanwhile. Raises TimedOut when the deadline is over before.

    Raises TurnWaiting, if `raising`, when it waits for a call that nobody here answers, and none is being answered.
    """
    answering = Answering(transport, own, approver)
    try:
        lost = _ended(turn, transport.until(deadline), answering, deadline, raising=raising)
        if turn.ended:
            return
    except WalkawayError as error:
        answering.lead_back(error, turn)
        raise
    finally:
        answering.close()
    raise _late(turn, answering, deadline, lost)


def _late(turn: "Turn", answering: Answering, deadline: Deadline, lost: WalkawayError | None) -> errors.TimedOut:
    seconds = round(deadline.given or 0.0, 1) or deadline.given
    again = f"client.turn({turn.ref!r}).result() waits for it anew"
    if lost is not None:
        said = f"What has become of {turn.ref} was not to be known within {seconds:g} s: {lost}. {again}"
        return errors.TimedOut(said, turn)
    busy = ", ".join(f"{call.name} ({call.call_id})" for call in answering.running.values())
    return errors.TimedOut(
        f"{turn.ref} has not ended within {seconds:g} s"
        + (f"; your function for {busy} has not returned" if busy else "")
        + f". It goes on: {again}",
        turn,
    )


def _ended(
    turn: "Turn", transport: Transport, answering: Answering, deadline: Deadline, *, raising: bool
) -> WalkawayError | None:
    """Wait until a turn or the deadline is over; give why the server was not reached at last."""
    pacing = Pacing(transport.options.patience, transport.options.first_wait)
    while True:
        lost: WalkawayError | None = None
        try:
            if POLLS in transport.features():
                _poll(turn, transport, answering, deadline, raising=raising)
            else:
                _read(turn, transport, answering, deadline, raising=raising)
        except (Unreachable, ServerFailed, TooManyRequests) as error:
            if isinstance(error, ConnectionLost) or error is answering.failed():
                raise
            pause = pacing.next(getattr(error, "retry_after", 0.0))
            if pause is None:
                raise
            lost = error
            sleep(deadline.left(pause))
        else:
            pacing.connected()
        if turn.ended or deadline.over:
            return lost


def _poll(turn: "Turn", transport: Transport, answering: Answering, deadline: Deadline, *, raising: bool) -> None:
    """Ask once, and wait for the answer; then for functions of this program, if the turn waits for them."""
    answering.check()
    seconds = deadline.left(LONGEST_POLL)
    others = not raising and turn.pending and not any(answering.knows(call) for call in turn.pending)
    asked = {"wait": round(seconds, 3), "until": "ended" if others else "waiting"}
    path = address("sessions", turn.session_id, "responses", turn.id)
    read = seconds + transport.options.timeout
    turn.raw = (transport.request("GET", path, params=asked, read=read, repeats=0)).record("id")
    _look(turn, answering, raising=raising)
    if answering.running:
        if answering.idle(deadline.left(LONGEST_POLL)) and answering.running and turn.pending:
            sleep(deadline.left(SHORTEST))  # the time of what still runs is over: that is news in a moment
    elif turn.pending and all(answering.begun(call) for call in turn.pending):
        sleep(deadline.left(SOON))  # what was answered is still shown


def _read(turn: "Turn", transport: Transport, answering: Answering, deadline: Deadline, *, raising: bool) -> None:
    """Follow the stream, of which only the calls matter."""
    path = address("sessions", turn.session_id, "responses", turn.id)
    _settle(turn, transport, answering, deadline, raising=raising)
    if turn.ended:
        return
    follower = Follower(transport, f"{path}/events", Place(turn.cursor), turn=turn.id)
    found = follower.events(deadline, others(turn, transport, answering, deadline), answering.failed)
    try:
        for event in found:
            if event.type == TOOL_CALL_REQUESTED:
                _settle(turn, transport, answering, deadline, raising=raising)
    finally:
        found.close()
    _refresh(turn, transport)


def _settle(turn: "Turn", transport: Transport, answering: Answering, deadline: Deadline, *, raising: bool) -> None:
    """Look at its calls, and again behind those that are answered here: what is left then is for others."""
    _refresh(turn, transport)
    _look(turn, answering, raising=raising)
    while raising and not deadline.over and any(not answering.knows(call) for call in turn.pending):
        answering.idle(deadline.left(LONGEST_POLL))
        _refresh(turn, transport)
        _look(turn, answering, raising=raising)


def _look(turn: "Turn", answering: Answering, *, raising: bool) -> None:
    """Begin to answer what can be answered here."""
    pending = turn.pending
    for call in pending:
        answering.take(call)
    if raising and pending and not any(answering.knows(call) for call in pending):
        raise errors.TurnWaiting(turn, pending)


def others(
    turn: "Turn", transport: Transport, answering: Answering, deadline: Deadline
) -> Callable[[Callable[[], None]], None]:
    """Make what looks now and then at a turn that waits for nobody here, until it goes on; for any other, once.

    It holds no stream meanwhile: on AWS streams end a minute after the waiting begins. `reached` is called at each
    answer.
    """

    def while_others_answer(reached: Callable[[], None]) -> None:
        pause = SHORTEST
        while not deadline.over:
            answering.check()
            _refresh(turn, transport)
            reached()
            if not turn.pending or any(answering.knows(call) for call in turn.pending):
                return
            sleep(deadline.left(pause))
            pause = min(pause * 1.5, LONGEST)

    return while_others_answer


def _refresh(turn: "Turn", transport: Transport) -> None:
    """Ask how it stands, once: whoever waits comes back by itself."""
    path = address("sessions", turn.session_id, "responses", turn.id)
    turn.raw = (transport.request("GET", path, repeats=0)).record("id")


def still_for(turn: "Turn", transport: Transport, call: Call) -> bool:
    """Whether a turn still waits for a call: an old log has those that were answered long ago.

    Asks for as long as a log would be followed. Raises ConnectionLost when patience is at its end.
    """
    pacing = Pacing(transport.options.patience, transport.options.first_wait)
    while True:
        try:
            _refresh(turn, transport)
        except NotFound:
            return False
        except (Unreachable, ServerFailed, TooManyRequests) as error:
            pause = pacing.next(getattr(error, "retry_after", 0.0))
            if pause is None:
                raise ConnectionLost(f"Whether a call still waits was not to be known: {error}", turn.cursor) from None
            sleep(pause)
        else:
            return any(each.call_id == call.call_id for each in turn.pending)
