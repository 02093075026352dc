"""The route of a session's events over all its turns."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from walkaway_core.http import answers, errors, sse
from walkaway_core.http.access import Called
from walkaway_core.http.cursors import EventsQuery
from walkaway_core.http.direct import direct
from walkaway_core.http.fields import listed, single
from walkaway_core.http.streaming import streamed
from walkaway_core.log.session_readers import Line, SessionReader
from walkaway_wire.messages import SessionEventsPage

router = APIRouter(prefix="/v1/sessions/{session}/events", tags=["sessions"])

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": SessionEventsPage,
        "description": "Server-Sent Events, or a page of them as JSON",
        "content": {"text/event-stream": {"example": "id: msg_…:0\nevent: message.created\ndata: {…}\n\n"}},
    },
}


@router.get(
    "",
    responses=EVENTS | errors.answers(400, 401, 404),
    response_model=None,
    summary="Read a session's events over all its turns",
)
@direct
@streamed
async def events(
    *,
    caller: Called,
    session: str,
    request: Request,
    query: Annotated[EventsQuery, Query()],
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow a session from turn to turn with one cursor: live as SSE, or a page as JSON; from the first turn on.

    Each turn is announced by `turn.started`; its events have ids like `msg_…:41`, those between turns `sess_…:3`.
    """
    del accept, last_event_id  # read below, in all their lines
    key, cursor = caller.session(session), query.cursor(single(request, "last-event-id")) or ""
    reader = await caller.services.reading(SessionReader.open, caller.services, key, cursor)
    if not query.as_json(listed(request, "accept")):
        return sse.stream_session(reader, caller.services.settings.stream_seconds)
    async with caller.services.shares.polls.within(caller.tenant, query.wait or 0) as left:
        lines = await reader.page(limit=query.limit or 1000, timeout=left)
    page = SessionEventsPage(
        events=[_shown(line, session) for line in lines], next=lines[-1].cursor if lines else cursor
    )
    return answers.page(page)


def _shown(line: Line, session: str) -> dict[str, Any]:
    response_id = None if line.log == session else line.log
    return {**line.event.json(), "id": line.cursor, "response_id": response_id}
