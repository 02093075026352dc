"""The route by which a client sends events (contract E.9)."""

from functools import partial

from fastapi import APIRouter, Request, Response

from walkaway_core.dialects.managed import apart, sending, session_record
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.sent_wire import EventsSent, EventsTaken
from walkaway_core.http import errors, large, repetitions
from walkaway_core.http.access import Called, Caller

router = APIRouter(prefix="/v1/sessions/{session}/events", tags=["events"], route_class=large.Route)


@router.post(
    "",
    response_model=EventsTaken,
    responses=errors.answers(400, 401, 404, 413, 422, model=ManagedProblem),
    summary="Send events",
)
async def send(caller: Called, session: str, asked: EventsSent, request: Request, beta: str | None = None) -> Response:
    """Send messages, answers to calls, or an interrupt: all are taken, or none.

    A message begins work, or is seen by the agent at its next request to the model; several begin it together. While
    calls wait for answers, it is taken with the last of these alone. An interrupt comes before all else that is sent
    with it, and closes calls that wait. The same answer may come again; a request that is sent again does nothing.
    """
    del beta
    return await apart.carried_out(caller, asked.events, partial(_send, caller, session, asked, request))


def _send(caller: Caller, session: str, asked: EventsSent, request: Request) -> EventsTaken:
    found = session_record.find(caller.services, caller.tenant, session)
    once = repetitions.once(caller, request, f"events of {found.key.session}", asked.model_dump())
    return EventsTaken(data=sending.send(caller.services, found, asked.events, once))
