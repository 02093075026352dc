"""Routes of sessions (contract A.3, A.4)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from walkaway_core.agent import agents, settings, showing
from walkaway_core.dialects.native import index, records
from walkaway_core.engine import creating, deleting, queueing
from walkaway_core.engine.asked import as_asked
from walkaway_core.errors import Invalid
from walkaway_core.http import durations, errors, large, pages, repeats
from walkaway_core.http.access import Called
from walkaway_core.http.direct import direct
from walkaway_core.log import metadata
from walkaway_core.store import idempotency, sessions, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn
from walkaway_wire.resources import Deleted, FileAccess, LastResponse, SessionChange, SessionCreate, SessionRecord

router = APIRouter(prefix="/v1/sessions", tags=["sessions"], route_class=large.Route)


class BulkDelete(BaseModel):
    """Which sessions to delete."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[Literal["idle"] | None, Query(description="only sessions that are not busy")] = None
    older_than: Annotated[str | None, Query(description="inactive for at least this long", examples=["1h30m"])] = None


class SessionsQuery(pages.PageQuery):
    """Which sessions, and which part of their list."""

    busy: Annotated[bool | None, Query(description="whether a turn runs")] = None
    waiting: Annotated[bool | None, Query(description="whether the turn waits for the caller to do something")] = None
    failed: Annotated[bool | None, Query(description="whether the turn that ended last has failed")] = None
    agent: Annotated[str, Query(max_length=200, description="id or name of the agent that says the rest")] = ""
    q: Annotated[str, Query(max_length=200, description="text of the title or the metadata, in whatever case")] = ""

    def wanted(self, services: Services, tenant: str) -> index.Filter:
        """Say which sessions. Raises AgentNotFound."""
        agent = self.agent
        if agent and not agent.startswith("agt_"):  # by its id an agent that was deleted is meant, too
            agent = agents.get(services, tenant, agent).id
        return index.Filter(self.busy, self.waiting, self.failed, agent, self.q)


@router.post("", status_code=201, responses=errors.answers(400, 401, 403, 404, 413, 422), summary="Create a session")
def create(
    caller: Called,
    request: Request,
    response: Response,
    asked: SessionCreate | None = None,
    idempotency_key: repeats.Key = None,
) -> SessionRecord:
    """Make a session. An empty body takes every default. The same `Idempotency-Key` within 24 hours makes no second."""
    del idempotency_key
    asked = asked or SessionCreate()
    once = repeats.making(request, caller.tenant, "session", asked.model_dump(exclude_unset=True))
    made, again = idempotency.make(
        caller.services,
        once,
        lambda: _new(caller.services, caller.tenant, asked, once),
        lambda id_: sessions.get(caller.services, caller.session(id_)),
    )
    repeats.say(response, again=again)
    return record(caller.services, made)


def _new(services: Services, tenant: str, asked: SessionCreate, once: Once | None) -> Session:
    name = services.ids.new("sess_")
    made, tools = as_asked(services, tenant, name, asked)
    return creating.create(services, tenant, made, asked.metadata, tools.keep, name=name, once=once)


@router.get("", responses=errors.answers(400, 401, 404), summary="List sessions, the newest first")
def listing(
    caller: Called, request: Request, response: Response, page: Annotated[SessionsQuery, Query()]
) -> list[SessionRecord]:
    """List the newest sessions as a bare array; the header X-Next-Cursor says how to go on.

    With a filter a page may be short, or empty, while there is more: each request looks through a part of the list.
    """
    services, tenant, after = caller.services, caller.tenant, page.cursor("sess_")
    if (wanted := page.wanted(services, tenant)) == index.Filter():
        listed, more = sessions.listing(services, tenant, limit=page.limit, after=after)
        running = turns.running(services, listed)
    else:
        listed, running, more = index.find(services, tenant, wanted, limit=page.limit, after=after)
    pages.link(request, response, more)
    return [record(caller.services, session, running) for session in listed]


@router.delete("", responses=errors.answers(400, 401), summary="Delete many sessions")
def delete_many(caller: Called, which: Annotated[BulkDelete, Query()]) -> Deleted:
    """Delete sessions by a filter; one is needed. Without status=idle, busy ones are cancelled and deleted too."""
    if which.status is None and which.older_than is None:
        raise Invalid("Say which sessions: status=idle, older_than=1h30m, or both; deleting all needs older_than=0s")
    older_than = None if which.older_than is None else durations.seconds(which.older_than)
    idle = which.status == "idle"
    return Deleted(deleted=deleting.delete_idle(caller.services, caller.tenant, older_than, idle=idle))


@router.get("/{session}", responses=errors.answers(401, 404), summary="Read a session")
@direct
def get(caller: Called, session: str) -> SessionRecord:
    """Read a session: `busy` says whether a turn runs, `metadata` what the agent reports."""
    return record(caller.services, sessions.get(caller.services, caller.session(session)))


@router.patch("/{session}", responses=errors.answers(400, 401, 404, 413), summary="Change a session")
def change(caller: Called, session: str, asked: SessionChange) -> SessionRecord:
    """Set keys of the metadata, of which null removes one and others stay as they are; and the title."""
    title = None if asked.title is None else " ".join(asked.title.split())
    changed = metadata.merge(caller.services, caller.session(session), asked.metadata, title=title)
    return record(caller.services, changed)


@router.delete("/{session}", status_code=204, responses=errors.answers(401, 404), summary="Delete a session")
def delete(caller: Called, session: str) -> None:
    """Delete a session; a turn that runs is cancelled. Files stay: they are the workspace's."""
    deleting.delete(caller.services, caller.session(session))


def record(services: Services, session: Session, running: Mapping[str, Turn] | None = None) -> SessionRecord:
    """Show a session, with what its agent says now. `running`: the turns of it and others, if they have been read."""
    options = session.options
    running = turns.running(services, [session]) if running is None else running
    return SessionRecord(
        id=session.key.session,
        title=session.title,
        created_at=session.created_at,
        last_activity=session.last_activity,
        busy=session.busy,
        persistent=options.persistent,
        ttl=options.ttl,
        metadata=session.metadata,
        file_access=FileAccess(read=list(options.read), write=list(options.write)),
        agent=options.agent or None,
        network=options.network,
        cost_usd=session.cost / 1e6,
        expires_at=session.expires_at,
        turns=session.turns,
        response_id=session.turn or None,
        last_response=LastResponse(id=session.ended_turn, status=session.outcome) if session.outcome else None,
        queue=queueing.names(services, session),
        pending_tool_calls=records.pending(services, running.get(session.turn)),
        **settings.shown(services, showing.settings_now(services, session)),
    )
