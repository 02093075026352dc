"""The routes of a session's events: listed, and followed as Server-Sent Events."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from walkaway_core.dialects.managed import pages, segments
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.event_lists import LONGEST_WAIT, EventsQuery, Listing
from walkaway_core.dialects.managed.following import Following
from walkaway_core.dialects.managed.pages import Page
from walkaway_core.dialects.managed.primary import walk
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.dialects.managed.segments import Start
from walkaway_core.dialects.managed.told import ALL_PREVIEWED
from walkaway_core.dialects.managed.walking import Walk
from walkaway_core.http import errors, sse
from walkaway_core.http.access import Called, Caller
from walkaway_core.http.fields import single
from walkaway_core.http.streaming import streamed
from walkaway_core.store import sessions
from walkaway_wire import jsontext

router = APIRouter(prefix="/v1/sessions/{session}", tags=["events"])
BEGUN: Final = ": here\n\n"
"""What comes at once, so that whoever is between lets the answer begin: programs send behind that."""
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-Sent Events",
        "content": {"text/event-stream": {"example": "id: sevt_….0\nevent: session.status_running\ndata: {…}\n\n"}},
    },
}
LISTED: Final = errors.answers(400, 401, 404, model=ManagedProblem)
STREAMED: Final = STREAM | LISTED


class StreamQuery(BaseModel):
    """From where a stream goes on, and what it has besides."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    deltas_in_brackets: Annotated[
        list[str] | None, Query(alias="event_deltas[]", description="types of events that are shown while they grow")
    ] = None
    event_deltas: Annotated[list[str] | None, Query(description="the same without brackets")] = None
    after: Annotated[
        str | None, Query(description="go on behind this event; empty: from the beginning. Last-Event-ID goes before")
    ] = None
    beta: Annotated[str | None, Query(description="older clients send it; it means nothing")] = None

    @property
    def previews(self) -> frozenset[str]:
        """The types that are asked for. Raises Refusal."""
        asked = frozenset(pages.either(self.deltas_in_brackets, self.event_deltas, "event_deltas"))
        if unknown := asked - ALL_PREVIEWED:
            raise invalid(
                f"there are previews of {sorted(ALL_PREVIEWED)}, and not of {min(unknown)[:100]!r}", "event_deltas"
            )
        return asked


@router.get("/events", responses=LISTED, summary="List a session's events")
async def events(caller: Called, session: str, query: Annotated[EventsQuery, Query()]) -> Page[dict[str, Any]]:
    """List what was sent and what came of it; with `after` and `wait` what comes next, once there is something."""
    return Page.model_construct(**await listed(caller, session, query))


@router.get("/events/stream", responses=STREAMED, response_class=StreamingResponse, summary="Follow a session's events")
@streamed
async def stream(
    *,
    caller: Called,
    session: str,
    request: Request,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow a session until it is archived or deleted, over all its turns."""
    del last_event_id  # read below, in all its lines
    return await followed(caller, session, query, request)


@router.get("/stream", responses=STREAMED, response_class=StreamingResponse, summary="Follow a session's events")
@streamed
async def stream_of_old(
    *,
    caller: Called,
    session: str,
    request: Request,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow a session, at the address that older guides name."""
    del last_event_id
    return await followed(caller, session, query, request)


async def listed(caller: Caller, session: str, query: EventsQuery) -> dict[str, Any]:
    """Give a page of a session's events. Raises Refusal, SessionNotFound."""
    listing = await asyncio.to_thread(lambda: Listing(walk(caller, session), query))  # a log may be long
    if not query.wait:
        return await asyncio.to_thread(listing.page)
    async with caller.services.shares.polls.within(caller.tenant, min(query.wait, LONGEST_WAIT)) as left:
        return await listing.waited(left)


async def followed(caller: Caller, session: str, query: StreamQuery, request: Request) -> Response:
    """Answer with a session's events from where the reader goes on. Raises Refusal, SessionNotFound."""
    previews, last = query.previews, single(request, "last-event-id")
    cursor = last if last is not None else query.after
    following, of = await asyncio.to_thread(_opened, caller, session, cursor, previews)
    frames = _frames(of, following, request)
    return StreamingResponse(frames, media_type="text/event-stream", headers=sse.HEADERS)


def _opened(caller: Caller, session: str, cursor: str | None, previews: frozenset[str]) -> tuple[Following, Walk]:
    of = walk(caller, session)
    start = Start("") if cursor == "" else segments.named(of, cursor) if cursor else None
    start = start or segments.begin(of, sessions.get(caller.services, of.key))
    return Following(of, start, previews), of


async def _frames(of: Walk, following: Following, request: Request) -> AsyncIterator[str]:
    """Write frames. What was written to who listens has been told: only then the session was seen at rest."""
    yield BEGUN
    async for told in following.told(of.services.settings.hold_seconds):
        yield "".join(_frame(each.type, each.spot.cursor, each.fields) for each in told) or sse.BEAT
        rests = max((each.at for each in told if each.idle), default=0.0)
        if rests and sse.listens(request):
            await of.services.reading(segments.told, of, rests)


def _frame(type_: str, cursor: str, fields: Mapping[str, Any]) -> str:
    return f"id: {cursor}\nevent: {type_}\ndata: {jsontext.dumps(fields)}\n\n"
