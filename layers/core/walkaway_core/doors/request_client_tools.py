"""RequestClientTools: puts a step's calls to the caller, and leaves the state machine to wait with a task token."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.engine import executions
from walkaway_core.engine.pause import parking
from walkaway_core.log.log import Superseded
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import Ticket


def request_client_tools(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Let the turn wait with the token until every call has its answer. Its ticket is the token's output then.

    `data`: the ticket, and the task token of this visit to the state. What this returns, the machine does not look at.
    """
    ticket, token = Ticket.read(data["ticket"]), str(data["token"])
    try:
        _wait(services, ticket, token)
    except Superseded:
        services.machine.resume(token, ticket.go("over").json())
    return {}


def _wait(services: Services, ticket: Ticket, token: str) -> None:
    while True:
        current = executions.current(services, ticket)
        turn = current.turn
        if turn.begun > ticket.step:
            raise Superseded
        if turn.pause.step < ticket.step:
            stored = parking.park(services, current, ticket, token)
        else:
            stored = parking.wait_with(services, turn, token, ticket.history)
        if stored:
            parking.go_on(services, turn.key)
            return
