"""The route of the tenant's feed: what happens to all its sessions, with one cursor."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response

from walkaway_core.dialects.native import records, webhook_body
from walkaway_core.http import answers, errors, sse
from walkaway_core.http.access import Called
from walkaway_core.http.cursors import EventsQuery
from walkaway_core.http.fields import listed, single
from walkaway_core.http.streaming import streamed
from walkaway_core.log.feed_readers import FeedReader
from walkaway_core.store import turns
from walkaway_core.store.feed import Line
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_wire.feed import EXAMPLE, FeedPage

if TYPE_CHECKING:
    from walkaway_core.ports.items import Item

router = APIRouter(prefix="/v1/events", tags=["events"])
FEED: dict[int | str, dict[str, Any]] = {
    200: {
        "model": FeedPage,
        "description": "Server-Sent Events, or a page of them as JSON",
        "content": {"text/event-stream": {"example": f"id: {EXAMPLE['id']}\nevent: turn.completed\ndata: {{…}}\n\n"}},
    },
}


class FeedQuery(EventsQuery):
    """Where to read on, in which form, and how much of each thing."""

    expand: Annotated[
        Literal["turn"] | None, Query(description="turn: `data` has the turn's record as well, as it is now")
    ] = None


@router.get("", responses=FEED | errors.answers(400, 401), response_model=None, summary="Read what happens")
@streamed
async def events(
    *,
    caller: Called,
    request: Request,
    query: Annotated[FeedQuery, Query()],
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow what happens to all sessions and turns of the last 30 days: live as SSE, or a page as JSON.

    From the beginning, behind the cursor that is given (the `id` of SSE, `next` of a page, or the id of one of these),
    or from `now` on. Behind a cursor there may be some that one has already: drop the ids that you have seen.
    """
    del accept, last_event_id  # read below, in all their lines
    services, tenant = caller.services, caller.tenant
    cursor = query.cursor(single(request, "last-event-id")) or ""
    reader = await services.reading(FeedReader.open, services, tenant, cursor)
    shown = partial(_shown, services, tenant, expanded=query.expand == "turn")
    if not query.as_json(listed(request, "accept")):
        return sse.stream_feed(reader, shown, services.settings.stream_seconds)
    async with services.shares.polls.within(tenant, query.wait or 0) as left:
        lines = await reader.page(limit=query.limit or 1000, timeout=left)
    return answers.page(FeedPage(events=await services.reading(shown, lines), next=reader.cursor))


def _shown(services: Services, tenant: str, lines: list[Line], *, expanded: bool) -> list[dict[str, Any]]:
    """Say things as webhooks do, with who worked on what; with turns' records if those are asked for."""
    notices = [line.notice for line in lines]
    found = _records(services, tenant, {n.turn: n.session for n in notices if n.turn}) if expanded else {}
    shown = [dict(webhook_body.body(services, notice, None)) for notice in notices]
    for line, said in zip(lines, shown, strict=True):
        said["data"] = {**line.about, **said["data"], **found.get(line.notice.turn, {})}
    return shown


def _records(services: Services, tenant: str, owners: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Read the records of turns that are still there; `owners` names the session of each."""
    names = [SessionKey(tenant, session).turn(turn) for turn, session in owners.items()]
    items: list[Item | None] = []
    for start in range(0, len(names), 100):
        items += services.table.get(*(name.item for name in names[start : start + 100]))
    there = [turns.unpack(name, item) for name, item in zip(names, items, strict=True) if item]
    return {record.id: record.model_dump() for record in records.states(services, there)}
