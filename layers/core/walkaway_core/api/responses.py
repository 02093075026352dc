"""Routes of turns: their records, their events, cancelling them (contract A.6 to A.8)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from walkaway_core import ending, readers, records, turns
from walkaway_core.api import errors, pages, sse
from walkaway_core.api.access import Called
from walkaway_core.errors import CursorInvalid
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
OVER: dict[int | str, dict[str, Any]] = {200: {"model": Cancelled, "description": "It was over"}}


class EventsQuery(BaseModel):
    """Where to read on, and in which form."""

    model_config = ConfigDict(extra="forbid")

    last_event_id: Annotated[str | None, Query(description="the last event that you have; for SSE")] = None
    after: Annotated[str | None, Query(description="the same; asks for JSON")] = None
    limit: Annotated[int | None, Query(ge=1, le=1000, description="how many events; asks for JSON")] = None
    wait: Annotated[
        float | None, Query(ge=0, le=25, description="seconds to wait for the first event; asks for JSON")
    ] = None
    format: Annotated[Literal["sse", "json"] | None, Query(description="instead of the Accept header")] = None

    def cursor(self, last_event_id: str | None) -> str | None:
        """Choose the cursor: the header wins, as EventSource sends it when it reconnects."""
        return next((c for c in (last_event_id, self.after, self.last_event_id) if c is not None), None)

    def as_json(self, accept: str) -> bool:
        """Whether JSON is asked for: by name, by Accept, or by what only JSON has."""
        if self.format or "text/event-stream" in accept:
            return self.format == "json"
        return "application/json" in accept or any(v is not None for v in (self.after, self.limit, self.wait))


@router.get("", responses=errors.answers(400, 401, 404), summary="List a session's turns, the newest first")
def listing(
    caller: Called, session: str, request: Request, response: Response, page: Annotated[pages.PageQuery, Query()]
) -> list[ResponseRecord]:
    """List the newest turns as a bare array; the header X-Next-Cursor says how to go on."""
    key, after = caller.session(session), page.cursor("msg_")
    found, more = turns.listing(caller.services, key, limit=page.limit, after=after)
    pages.link(request, response, more)
    return records.responses(caller.services, found)


@router.get("/{response_id}", responses=errors.answers(401, 404), summary="Read a turn")
def get(caller: Called, session: str, response_id: str) -> ResponseRecord:
    """Read how a turn stands: status, usage, output, error, times."""
    return records.responses(caller.services, [turns.get(caller.services, caller.turn(session, response_id))])[0]


@router.get(
    "/{response_id}/events",
    responses=EVENTS | errors.answers(400, 401, 404),
    response_model=None,
    summary="Read a turn's events",
)
async def events(
    *,
    caller: Called,
    session: str,
    response_id: str,
    query: Annotated[EventsQuery, Query()],
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Read the log from any cursor, as long as the session lives: live as SSE, or a page as JSON.

    The header Last-Event-ID wins over the query, as EventSource sends it when it reconnects.
    """
    key = caller.turn(session, response_id)
    after = number(query.cursor(last_event_id))
    await run_in_threadpool(turns.get, caller.services, key)
    at = await run_in_threadpool(readers.cursor, caller.services, key, after)
    if not query.as_json(accept):
        return sse.stream(caller.services, key, at)
    limit, wait = query.limit or 1000, query.wait or 0
    found, at = ([], at) if at.done else await readers.read(caller.services, key, at, limit=limit, timeout=wait)
    page = EventsPage(events=[e.json() for e in found], next=found[-1].number if found else after, done=at.done)
    return JSONResponse(page.model_dump(), headers={"X-Response-Id": response_id})


@router.post(
    "/{response_id}/cancel",
    status_code=202,
    responses=OVER | errors.answers(401, 404),
    summary="Cancel a turn",
)
def cancel(caller: Called, session: str, response_id: str, response: Response) -> Cancelled:
    """End a turn now: its terminal event is there when this returns, and the session is free."""
    if ending.cancel(caller.services, caller.turn(session, response_id)):
        return Cancelled(response_id=response_id, status="cancelling")
    response.status_code = 200
    return Cancelled(response_id=response_id, status="already_complete")


def number(cursor: str | None) -> int:
    """Read a cursor: the number of the last event that the reader has, -1 for none. Raises CursorInvalid."""
    if cursor is None or cursor in ("", "-1"):
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 10):
        raise CursorInvalid(f"{cursor[:40]!r} is no cursor; send the id of the last event that you have, such as 41")
    return int(cursor)
