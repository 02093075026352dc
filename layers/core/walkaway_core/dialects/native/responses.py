"""Routes of turns: their records, their events, cancelling them (contract A.6 to A.8)."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from walkaway_core.dialects.native import records
from walkaway_core.engine import awaiting, ending, executions
from walkaway_core.http import answers, errors, pages, sse
from walkaway_core.http.access import Called
from walkaway_core.http.cursors import LONGEST_WAIT, EventsQuery, number
from walkaway_core.http.direct import direct
from walkaway_core.http.fields import listed, single
from walkaway_core.http.streaming import streamed
from walkaway_core.log import readers
from walkaway_core.store import turns
from walkaway_core.store.turn_facts import OVER
from walkaway_core.store.turns import Turn
from walkaway_wire.messages import Cancelled, EventsPage, ResponseRecord

router = APIRouter(prefix="/v1/sessions/{session}/responses", tags=["responses"])
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": EventsPage,
        "description": "Server-Sent Events, or a page of them as JSON",
        "content": {"text/event-stream": {"example": "id: 0\nevent: message.created\ndata: {…}\n\n"}},
    },
    204: {"description": "Nothing can follow the cursor: it is at the terminal event"},
}
WAS_OVER: dict[int | str, dict[str, Any]] = {200: {"model": Cancelled, "description": "It was over"}}


class StandingQuery(BaseModel):
    """How long to wait, and for what."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="seconds to wait for what `until` says")] = 0
    until: Annotated[
        Literal["ended", "waiting"], Query(description="waiting: it has ended, or waits for the caller to do something")
    ] = "ended"


MET: Mapping[str, Callable[[Turn], bool]] = {
    "ended": lambda turn: turn.status in OVER,
    "waiting": lambda turn: turn.status in OVER or turn.parked,
}


@router.get("", responses=errors.answers(400, 401, 404), summary="List a session's turns, the newest first")
def listing(
    caller: Called, session: str, request: Request, response: Response, page: Annotated[pages.PageQuery, Query()]
) -> list[ResponseRecord]:
    """List the newest turns as a bare array; the header X-Next-Cursor says how to go on."""
    key, after = caller.session(session), page.cursor("msg_")
    listed, more = turns.listing(caller.services, key, limit=page.limit, after=after)
    pages.link(request, response, more)
    return records.responses(caller.services, listed)


@router.get("/{response_id}", responses=errors.answers(400, 401, 404), summary="Read a turn")
@direct
async def get(
    caller: Called, session: str, response_id: str, query: Annotated[StandingQuery, Query()]
) -> ResponseRecord:
    """Read how a turn stands: status, usage, output, error, times. With `wait`, as soon as it stands as `until` says.

    When the time is over the answer says how it stands then.
    """
    key, met = caller.turn(session, response_id), MET[query.until]
    async with caller.services.shares.polls.within(caller.tenant, query.wait) as left:
        turn = await awaiting.until(caller.services, key, met, left)
    return (await caller.services.reading(records.responses, caller.services, [turn]))[0]


@router.get(
    "/{response_id}/events",
    responses=EVENTS | errors.answers(400, 401, 404),
    response_model=None,
    summary="Read a turn's events",
)
@direct
@streamed
async def events(
    *,
    caller: Called,
    session: str,
    response_id: str,
    request: Request,
    query: Annotated[EventsQuery, Query()],
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Read the log from any cursor, as long as the session lives: live as SSE, or a page as JSON.

    The header Last-Event-ID wins over the query, as EventSource sends it when it reconnects.
    """
    del accept, last_event_id  # read below, in all their lines
    key = caller.turn(session, response_id)
    after = number(query.cursor(single(request, "last-event-id")))
    await caller.services.reading(executions.get, caller.services, key)
    at = await caller.services.reading(readers.cursor, caller.services, key, after)
    if not query.as_json(listed(request, "accept")):
        return sse.stream(caller.services, key, at)
    limit, wait = query.limit or 1000, query.wait or 0
    async with caller.services.shares.polls.within(caller.tenant, 0 if at.done else wait) as left:
        batch, at = ([], at) if at.done else await readers.read(caller.services, key, at, limit=limit, timeout=left)
    page = EventsPage(events=[e.json() for e in batch], next=batch[-1].number if batch else after, done=at.done)
    return answers.page(page, {"X-Response-Id": response_id})


@router.post(
    "/{response_id}/cancel",
    status_code=202,
    responses=WAS_OVER | errors.answers(401, 404),
    summary="Cancel a turn",
)
def cancel(caller: Called, session: str, response_id: str, response: Response) -> Cancelled:
    """End a turn now: its terminal event is there when this returns, and the session is free."""
    if ending.cancel(caller.services, caller.turn(session, response_id)):
        return Cancelled(response_id=response_id, status="cancelling")
    response.status_code = 200
    return Cancelled(response_id=response_id, status="already_complete")
