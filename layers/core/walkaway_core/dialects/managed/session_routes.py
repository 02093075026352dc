"""Routes of sessions (contract E.7)."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from walkaway_core.dialects.managed import (
    apart,
    pages,
    segments,
    session_listing,
    session_record,
    session_shown,
    session_updates,
    sessions,
)
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.pages import Cursors, Page, either
from walkaway_core.dialects.managed.session_listing import Wanted
from walkaway_core.dialects.managed.session_record import ManagedSession
from walkaway_core.dialects.managed.session_wire import (
    SessionCreate,
    SessionDeleted,
    SessionObject,
    SessionsQuery,
    SessionUpdate,
)
from walkaway_core.http import errors, large, repetitions
from walkaway_core.http.access import Called, Caller
from walkaway_core.store import idempotency
from walkaway_core.store.keys import SessionKey

router = APIRouter(prefix="/v1/sessions", tags=["sessions"], route_class=large.Route)
KIND = "managed session"


class SessionPage(Page[SessionObject]):
    """A part of the list, which can be read in both directions."""

    prev_page: Annotated[str | None, Query(description="goes back from here, as `page`; null: this is the beginning")]


@router.post(
    "",
    response_model=SessionObject,
    responses=errors.answers(400, 401, 404, 409, 413, 422, model=ManagedProblem),
    summary="Create a session",
)
async def create(caller: Called, asked: SessionCreate, request: Request) -> Response:
    """Make a session: with `initial_events` it begins at once. A request that is sent again makes no second one."""
    return await apart.carried_out(caller, asked.initial_events or (), partial(_create, caller, asked, request))


def _create(caller: Caller, asked: SessionCreate, request: Request) -> SessionObject:
    once = repetitions.once(caller, request, KIND, asked.model_dump(exclude_unset=True))
    made, _ = idempotency.make(
        caller.services,
        once,
        lambda: sessions.create(caller.services, caller.tenant, asked, once),
        lambda id_: session_record.get(caller.services, SessionKey(caller.tenant, id_)),
    )
    return _object(caller, made)


@router.get("", responses=errors.answers(400, 401, model=ManagedProblem), summary="List sessions")
def listing(caller: Called, query: Annotated[SessionsQuery, Query()]) -> SessionPage:
    """List the sessions that were made here, the newest first unless `order` says otherwise."""
    words = either(query.statuses_, query.statuses, "statuses")
    wanted = Wanted.of(query.agent_id, query.agent_version, query.range, words, archived=query.include_archived)
    filters = query.model_dump(exclude={"limit", "page", "beta", "order", "statuses", "statuses_"}, by_alias=True)
    cursors = Cursors("sessions", filters | {"statuses": sorted(words)}, query.order)
    place, way = cursors.read(query.page)
    if query.deployment_id is not None or query.memory_store_id is not None:
        return SessionPage.model_validate(pages.page([], None, prev_page=None))
    back = way == "prev"
    found, more = session_listing.find(
        caller.services,
        caller.tenant,
        wanted,
        place=place,
        limit=query.limit,
        descending=(query.order == "desc") != back,
    )
    found = found[::-1] if back else found
    for each in found:
        segments.reported(caller.services, each.session, each.turn)
    data = [
        session_shown.shown(
            caller.services, session_record.read(caller.services, each.session, each.record), each.turn, each.status
        )
        for each in found
    ]
    later = bool(found) and (more or back)
    before = bool(found) and (more if back else bool(place))
    return SessionPage.model_validate(
        pages.page(
            data,
            cursors.write(found[-1].session.key.session) if later else None,
            prev_page=cursors.write(found[0].session.key.session, "prev") if before else None,
        )
    )


@router.get("/{session}", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Read a session")
def get(caller: Called, session: str, beta: str | None = None) -> SessionObject:
    """Read a session: it is idle also while it waits for answers to calls."""
    del beta
    managed = _found(caller, session)
    segments.reported(caller.services, managed.session)
    return _object(caller, managed)


@router.post(
    "/{session}", responses=errors.answers(400, 401, 404, 413, model=ManagedProblem), summary="Update a session"
)
def update(caller: Called, session: str, asked: SessionUpdate, beta: str | None = None) -> SessionObject:
    """Change what is named. Tools hold from the next turn on, a budget at once."""
    del beta
    return _object(caller, session_updates.update(caller.services, _found(caller, session), asked))


@router.post(
    "/{session}/archive", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Archive a session"
)
def archive(caller: Called, session: str, beta: str | None = None) -> SessionObject:
    """Close a session for ever: it can be read, and takes nothing more. One that is closed stays so."""
    del beta
    return _object(caller, sessions.archive(caller.services, _found(caller, session)))


@router.delete("/{session}", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Delete a session")
def delete(caller: Called, session: str, request: Request, beta: str | None = None) -> SessionDeleted:
    """Delete a session with its events, its container and its files; not while it runs. Sent again, it is done."""
    del beta
    if not (repetitions.again(request) and session_record.gone(caller.services, caller.tenant, session)):
        sessions.delete(caller.services, _found(caller, session))
    return SessionDeleted(id=session)


def _found(caller: Caller, id_: str) -> ManagedSession:
    return session_record.find(caller.services, caller.tenant, id_)


def _object(caller: Caller, managed: ManagedSession) -> SessionObject:
    return SessionObject.model_validate(session_shown.now(caller.services, managed))
