"""Routes of a session's resources (contract E.8): files that are mounted into its container."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from walkaway_core.dialects.managed import resource_wire, resources, session_record
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.pages import Cursors, Page, page
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.dialects.managed.resource_wire import (
    Added,
    FileResource,
    ResourceDeleted,
    ResourceQuery,
    TokenChanged,
)
from walkaway_core.http import errors, large, repetitions
from walkaway_core.http.access import Called, Caller
from walkaway_core.store import idempotency, mounts
from walkaway_core.store.keys import SessionKey

router = APIRouter(prefix="/v1/sessions/{session}/resources", tags=["resources"], route_class=large.Route)
UNKNOWN = errors.answers(401, 404, model=ManagedProblem)


@router.post(
    "",
    response_model=FileResource,
    responses=errors.answers(400, 401, 404, 409, 413, 422, model=ManagedProblem),
    summary="Add a resource",
)
def add(caller: Called, session: str, request: Request, body: Added) -> Mapping[str, Any]:
    """Mount a file, read-only, for all commands that begin from now on: a copy of the session's own."""
    key = _session(caller, session)
    given = body.model_dump(exclude_unset=True)
    once = repetitions.once(caller, request, f"resource of {key.session}", given)
    mounted, _ = idempotency.make(
        caller.services,
        once,
        lambda: resources.add(caller.services, key, given, once),
        lambda id_: resources.get(caller.services, key, id_),
    )
    return resource_wire.shown(mounted)


@router.get(
    "",
    response_model=Page[FileResource],
    responses=errors.answers(400, 401, 404, model=ManagedProblem),
    summary="List resources",
)
def listing(caller: Called, session: str, query: Annotated[ResourceQuery, Query()]) -> dict[str, Any]:
    """List what is mounted, the oldest first."""
    key = _session(caller, session)
    cursors = Cursors("resources", {"session": key.session}, "asc")
    after = cursors.read(query.page)[0]
    there = [mounted for mounted in mounts.listing(caller.services, key) if mounted.file > after]
    some = there[: query.limit]
    more = cursors.write(some[-1].file) if len(there) > len(some) else None
    return page([resource_wire.shown(mounted) for mounted in some], more)


@router.get("/{resource}", response_model=FileResource, responses=UNKNOWN, summary="Read a resource")
def get(caller: Called, session: str, resource: str) -> Mapping[str, Any]:
    """Say where a file is mounted."""
    return resource_wire.shown(resources.get(caller.services, _session(caller, session), resource))


@router.post(
    "/{resource}",
    response_model=FileResource,
    responses=errors.answers(400, 401, 404, 422, model=ManagedProblem),
    summary="Change a resource's token",
)
def update(caller: Called, session: str, resource: str, body: TokenChanged) -> Mapping[str, Any]:
    """Refuse: repositories alone have a token, and there are none here."""
    del body
    resources.get(caller.services, _session(caller, session), resource)
    raise invalid("a file has no token; repositories have, which are not mounted here", "authorization_token")


@router.delete(
    "/{resource}", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Delete a resource"
)
def delete(caller: Called, session: str, resource: str) -> ResourceDeleted:
    """Unmount a file, for all commands that begin from now on; the session's copy of it goes."""
    key = _session(caller, session)
    resources.delete(caller.services, key, resources.get(caller.services, key, resource))
    return ResourceDeleted(id=resource)


def _session(caller: Caller, id_: str) -> SessionKey:
    """Name a session that is there. Raises Refusal (404)."""
    return session_record.find(caller.services, caller.tenant, id_).key
