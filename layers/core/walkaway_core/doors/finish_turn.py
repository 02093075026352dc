"""FinishTurn: ends a turn, as done or as failed, unless somebody has ended it already (rule R1)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.store import turns
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import FINISH_HISTORY, Ticket
from walkaway_wire import jsontext

STOPPED = "ABORTED"
"""How an execution has ended that somebody stopped (Step Functions API, DescribeExecution)."""


TIMES_OUT = ("States.Timeout", "TIMED_OUT")
"""What the time of a state, and of an execution, ends with (Step Functions developer guide)."""


def finish_turn(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """End the ticket's turn; `error` in the state is what the state machine caught.

    A turn that was steered meanwhile goes on: the model gets to see what the user said.
    """
    ticket = Ticket.read(data)
    if _only_waits(services, ticket, data.get("error")):
        return ticket.go("over").json()
    if end_turn(services, ticket.key, _ending(ticket, data.get("error"))).steered:
        return replace(ticket.go("call_model"), history=ticket.history + FINISH_HISTORY).json()
    return ticket.go("over").json()


def _only_waits(services: Services, ticket: Ticket, error: Mapping[str, Any] | None) -> bool:
    """Whether an execution has come to the end of its time, a year on AWS, while its turn waits for the caller.

    Such a turn needs none: its due item and its answers are looked after, and bring it another one.
    """
    turn = turns.load(services, ticket.key) if error and error.get("Error") in TIMES_OUT else None
    return turn is not None and turn.parked


def _ending(ticket: Ticket, error: Mapping[str, Any] | None) -> Ending:
    if ticket.failure:
        code, sentence = ticket.failure
        return Ending("failed", sentence, code, execution=ticket.execution)
    if error:
        return Ending("failed", _sentence(error), "step_failed", execution=ticket.execution)
    return Ending("completed", execution=ticket.execution)


def _sentence(error: Mapping[str, Any]) -> str:
    """Say what a task failed with. A Lambda's Cause is JSON with the exception's message, other causes are text."""
    name, cause = str(error.get("Error", "")), str(error.get("Cause", ""))
    if name == STOPPED:
        return f"The turn was stopped by whoever runs this server{f': {cause}' if cause else ''}"[:2000]
    try:
        cause = jsontext.loads(cause)["errorMessage"]
    except (ValueError, TypeError, KeyError):
        pass
    return f"The turn was given up after repeated failures: {cause or name}"[:2000]
