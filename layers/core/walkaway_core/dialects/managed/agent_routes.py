"""Routes of agents and their versions (contract E.5)."""

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from walkaway_core.agent import agents as stored, versions
from walkaway_core.agent.agent_records import Agent
from walkaway_core.dialects.managed import agents, ids, pages
from walkaway_core.dialects.managed.agent_shown import whole
from walkaway_core.dialects.managed.agent_wire import AgentCreate, AgentObject, AgentUpdate
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.pages import Cursors, Page, PageQuery, Ranged
from walkaway_core.http import errors, large, repetitions
from walkaway_core.http.access import Called, Caller
from walkaway_core.store import idempotency

router = APIRouter(prefix="/v1/agents", tags=["agents"], route_class=large.Route)
KIND = "agent"


class AgentQuery(Ranged):
    """Which agents."""

    include_archived: bool = False


class VersionQuery(PageQuery):
    """Which versions: there is nothing to narrow them by."""


@router.post("", responses=errors.answers(400, 401, 422, model=ManagedProblem), summary="Create an agent")
def create(caller: Called, asked: AgentCreate, request: Request) -> AgentObject:
    """Make an agent. A request that is sent again makes no second one."""
    once = repetitions.once(caller, request, KIND, asked.model_dump(exclude_unset=True))
    made, _ = idempotency.make(
        caller.services,
        once,
        lambda: agents.create(caller.services, caller.tenant, asked, once),
        lambda id_: stored.get(caller.services, caller.tenant, id_),
    )
    return _object(caller, made)


@router.get("", responses=errors.answers(400, 401, model=ManagedProblem), summary="List agents")
def listing(caller: Called, query: Annotated[AgentQuery, Query()]) -> Page[AgentObject]:
    """List agents, the newest first."""
    filters = query.model_dump(exclude={"limit", "page", "beta"}, by_alias=True)
    cursors, range_ = Cursors("agents", filters), query.range
    after, _ = cursors.read(query.page)
    found = (
        agent
        for agent in stored.newest(caller.services, caller.tenant, query.limit + 1, after)
        if agent.created_at in range_ and (query.include_archived or agent.archived_at is None)
    )
    there = list(islice(found, query.limit + 1))
    more = cursors.write(there[query.limit - 1].id) if len(there) > query.limit else None
    return _page([whole(caller.services, agent) for agent in there[: query.limit]], more)


@router.get("/{agent}", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Read an agent")
def get(
    caller: Called, agent: str, version: Annotated[int | None, Query(ge=1)] = None, beta: str | None = None
) -> AgentObject:
    """Read an agent as it is, or as it was in a version."""
    del beta
    return _object(caller, agents.find(caller.services, caller.tenant, agent, version))


@router.post(
    "/{agent}", responses=errors.answers(400, 401, 404, 409, 422, model=ManagedProblem), summary="Update an agent"
)
def update(caller: Called, agent: str, asked: AgentUpdate, request: Request) -> AgentObject:
    """Change what is named, as a new version; sessions that there are keep the one that they have."""
    once = repetitions.once(caller, request, f"{KIND} {agent}", asked.model_dump(exclude_unset=True))
    changed, _ = idempotency.make(
        caller.services,
        once,
        lambda: agents.update(caller.services, caller.tenant, agent, asked, once),
        lambda id_: stored.get(caller.services, caller.tenant, id_),
    )
    return _object(caller, changed)


@router.post(
    "/{agent}/archive", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Archive an agent"
)
def archive(caller: Called, agent: str) -> AgentObject:
    """Let no session begin with an agent any more, for ever. Those that do go on."""
    found = agents.find(caller.services, caller.tenant, agent)
    return _object(caller, stored.archive(caller.services, caller.tenant, found.id))


@router.get(
    "/{agent}/versions",
    responses=errors.answers(400, 401, 404, model=ManagedProblem),
    summary="List the versions of an agent",
)
def list_versions(caller: Called, agent: str, query: Annotated[VersionQuery, Query()]) -> Page[AgentObject]:
    """List what an agent was, the newest version first."""
    services, found = caller.services, agents.find(caller.services, caller.tenant, agent)
    cursors = Cursors("agent_versions", {"agent": ids.agent(found.id)})
    after, _ = cursors.read(query.page)
    there, more = versions.listing(services, caller.tenant, found.id, limit=query.limit, after=after)
    return _page([whole(services, each) for each in there], cursors.write(more) if more else None)


def _object(caller: Caller, agent: Agent) -> AgentObject:
    return AgentObject.model_validate(whole(caller.services, agent))


def _page(data: list[dict[str, Any]], more: str | None) -> Page[AgentObject]:
    return Page[AgentObject].model_validate(pages.page(data, more))
