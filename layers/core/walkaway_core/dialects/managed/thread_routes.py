"""The routes of threads: each session has one, its primary thread, and what that says is what the session says."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from walkaway_core.dialects.managed import pages, primary, session_record
from walkaway_core.dialects.managed.event_lists import EventsQuery
from walkaway_core.dialects.managed.event_routes import LISTED, STREAMED, StreamQuery, followed, listed
from walkaway_core.dialects.managed.pages import Page, PageQuery
from walkaway_core.dialects.managed.problems import Refusal, invalid
from walkaway_core.dialects.managed.statuses import Status, check
from walkaway_core.http.access import Called
from walkaway_core.http.streaming import streamed

router = APIRouter(prefix="/v1/sessions/{session}/threads", tags=["threads"])


class ThreadsQuery(PageQuery):
    """Which of a session's threads."""

    limit: Annotated[int, Query(ge=1, le=1000, description="how many at the most")] = 1000
    statuses_in_brackets: Annotated[list[Status] | None, Query(alias="statuses[]")] = None
    statuses: Annotated[list[str] | None, Query(description="the same without brackets")] = None


class Thread(BaseModel):
    """A thread: the session as its agent goes through it."""

    model_config = ConfigDict(extra="allow")

    type: Literal["session_thread"] = "session_thread"
    id: str
    session_id: str
    parent_thread_id: str | None
    status: Status
    agent: dict[str, Any]
    usage: dict[str, Any] | None
    stats: dict[str, Any] | None
    workflow_run_id: str | None
    created_at: str
    updated_at: str
    archived_at: str | None


@router.get("", responses=LISTED, summary="List a session's threads")
def listing(caller: Called, session: str, query: Annotated[ThreadsQuery, Query()]) -> Page[Thread]:
    """List the one thread that there is."""
    statuses = pages.either(query.statuses_in_brackets, query.statuses, "statuses")
    check(statuses)
    if query.page:
        raise invalid("invalid page cursor: there is one page", "page")
    shown = primary.shown(caller.services, session_record.find(caller.services, caller.tenant, session))
    threads = [shown] if not statuses or shown["status"] in statuses else []
    return Page[Thread].model_validate(pages.page(threads, None))


@router.get("/{thread}", responses=LISTED, summary="Read a thread")
def get(caller: Called, session: str, thread: str, beta: str | None = None) -> Thread:
    """Read a session's primary thread."""
    del beta
    managed = session_record.find(caller.services, caller.tenant, session)
    primary.check(session, thread)
    return Thread.model_validate(primary.shown(caller.services, managed))


@router.post("/{thread}/archive", responses=LISTED, summary="Archive a thread")
def archive(caller: Called, session: str, thread: str, beta: str | None = None) -> Thread:
    """Refuse to archive the primary thread, as all are here."""
    del beta
    session_record.find(caller.services, caller.tenant, session)
    primary.check(session, thread)
    raise Refusal(400, "invalid_request_error", "The primary thread cannot be archived; archive the session")


@router.get("/{thread}/events", responses=LISTED, summary="List a thread's events")
async def events(
    caller: Called, session: str, thread: str, query: Annotated[EventsQuery, Query()]
) -> Page[dict[str, Any]]:
    """List what the session's list has."""
    primary.check(session, thread)
    return Page.model_construct(**await listed(caller, session, query))


@router.get("/{thread}/stream", responses=STREAMED, response_class=StreamingResponse, summary="Follow a thread")
@streamed
async def stream(
    *,
    caller: Called,
    session: str,
    thread: str,
    request: Request,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow what the session's stream has."""
    del last_event_id
    primary.check(session, thread)
    return await followed(caller, session, query, request)
