"""Routes of environments (contract E.6)."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request

from walkaway_core.dialects.managed import environments, pages
from walkaway_core.dialects.managed.environment_wire import (
    EnvironmentCreate,
    EnvironmentDeleted,
    EnvironmentObject,
    EnvironmentUpdate,
)
from walkaway_core.dialects.managed.environments import Environment, shown
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.pages import Cursors, Page, PageQuery
from walkaway_core.http import errors, large, repetitions
from walkaway_core.http.access import Called
from walkaway_core.store import idempotency

router = APIRouter(prefix="/v1/environments", tags=["environments"], route_class=large.Route)


class EnvironmentQuery(PageQuery):
    """Which environments."""

    include_archived: bool = False


@router.post("", responses=errors.answers(400, 401, 422, model=ManagedProblem), summary="Create an environment")
def create(caller: Called, asked: EnvironmentCreate, request: Request) -> EnvironmentObject:
    """Make an environment. A request that is sent again makes no second one."""
    once = repetitions.once(caller, request, "environment", asked.model_dump(exclude_unset=True))
    made, _ = idempotency.make(
        caller.services,
        once,
        lambda: environments.create(caller.services, caller.tenant, asked, once),
        lambda id_: environments.get(caller.services, caller.tenant, id_),
    )
    return _object(made)


@router.get("", responses=errors.answers(400, 401, model=ManagedProblem), summary="List environments")
def listing(caller: Called, query: Annotated[EnvironmentQuery, Query()]) -> Page[EnvironmentObject]:
    """List environments, the newest first."""
    cursors = Cursors("environments", {"archived": query.include_archived})
    after, _ = cursors.read(query.page)
    every = environments.newest(caller.services, caller.tenant, query.limit + 1, after)
    found = (each for each in every if query.include_archived or each.archived_at is None)
    there = list(islice(found, query.limit + 1))
    more = cursors.write(there[query.limit - 1].id) if len(there) > query.limit else None
    return Page[EnvironmentObject].model_validate(pages.page([shown(each) for each in there[: query.limit]], more))


@router.get(
    "/{environment}", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Read an environment"
)
def get(caller: Called, environment: str) -> EnvironmentObject:
    """Read an environment, archived or not."""
    return _object(environments.get(caller.services, caller.tenant, environment))


@router.post(
    "/{environment}", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Update an environment"
)
def update(caller: Called, environment: str, asked: EnvironmentUpdate) -> EnvironmentObject:
    """Change what is named; sessions that there are keep what they have."""
    return _object(environments.update(caller.services, caller.tenant, environment, asked))


@router.delete(
    "/{environment}", responses=errors.answers(401, 404, model=ManagedProblem), summary="Delete an environment"
)
def delete(caller: Called, environment: str) -> EnvironmentDeleted:
    """Delete an environment; sessions that were made with it go on."""
    environments.delete(caller.services, caller.tenant, environment)
    return EnvironmentDeleted(id=environment)


@router.post(
    "/{environment}/archive",
    responses=errors.answers(400, 401, 404, model=ManagedProblem),
    summary="Archive an environment",
)
def archive(caller: Called, environment: str) -> EnvironmentObject:
    """Let no session be made with an environment any more, for ever."""
    return _object(environments.archive(caller.services, caller.tenant, environment))


def _object(environment: Environment) -> EnvironmentObject:
    return EnvironmentObject.model_validate(shown(environment))
