"""Routes of agents: named settings for sessions and runs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from walkaway_core.agent import agents, settings, versions
from walkaway_core.agent.agent_records import Agent
from walkaway_core.http import errors, large, pages, repeats
from walkaway_core.http.access import Called
from walkaway_core.http.conditions import Conditional, not_modified, tag_of
from walkaway_core.store import idempotency
from walkaway_core.store.services import Services
from walkaway_wire.agents import AgentChange, AgentCreate, AgentRecord, AgentVersion, AgentVersionDetail

router = APIRouter(prefix="/v1/agents", tags=["agents"], route_class=large.Route)
SEEN: dict[int | str, dict[str, Any]] = {304: {"description": "The caller has this version"}}


@router.post("", status_code=201, responses=errors.answers(400, 401, 409, 422), summary="Create an agent")
def create(
    caller: Called, asked: AgentCreate, request: Request, response: Response, idempotency_key: repeats.Key = None
) -> AgentRecord:
    """Make an agent, whose name no other one has. The same `Idempotency-Key` within 24 hours makes no second one."""
    del idempotency_key
    services, tenant = caller.services, caller.tenant
    once = repeats.making(request, tenant, "agent", asked.model_dump(exclude_unset=True))
    values = settings.read(asked)
    made, again = idempotency.make(
        services,
        once,
        lambda: agents.create(
            services, tenant, asked.name, asked.description, values=values, tools=asked.tools, once=once
        ),
        lambda id_: agents.get(services, tenant, id_),
    )
    repeats.say(response, again=again)
    response.headers["ETag"] = _tag(made)
    return _record(caller.services, made)


@router.get("", responses=errors.answers(400, 401), summary="List agents, the newest first")
def listing(
    caller: Called, request: Request, response: Response, page: Annotated[pages.PageQuery, Query()]
) -> list[AgentRecord]:
    """List the newest agents as a bare array; the header X-Next-Cursor says how to go on."""
    listed, more = agents.listing(caller.services, caller.tenant, limit=page.limit, after=page.cursor("agt_"))
    pages.link(request, response, more)
    return [_record(caller.services, agent) for agent in listed]


@router.get(
    "/{agent}",
    responses=SEEN | errors.answers(400, 401, 404, 412),
    response_model=AgentRecord,
    summary="Read an agent",
)
def get(caller: Called, agent: str, response: Response, conditions: Conditional) -> AgentRecord | Response:
    """Read an agent, by its id or its name."""
    stored = agents.get(caller.services, caller.tenant, agent)
    if conditions.unchanged(_tag(stored)):
        return not_modified(ETag=_tag(stored))
    response.headers["ETag"] = _tag(stored)
    return _record(caller.services, stored)


@router.patch("/{agent}", responses=errors.answers(400, 401, 404, 409, 412), summary="Change an agent")
def change(caller: Called, agent: str, asked: AgentChange, response: Response, conditions: Conditional) -> AgentRecord:
    """Change what is named. A turn that runs goes on with what the agent was when it began."""
    tools = asked.tools if "tools" in asked.model_fields_set else None
    changed = agents.change(
        caller.services,
        caller.tenant,
        agent,
        settings.read(asked),
        tools,
        name=asked.name,
        description=asked.description,
        allowed=lambda old: conditions.check(_tag(old)),
    )
    response.headers["ETag"] = _tag(changed)
    return _record(caller.services, changed)


@router.delete("/{agent}", status_code=204, responses=errors.answers(400, 401, 404, 412), summary="Delete an agent")
def delete(caller: Called, agent: str, conditions: Conditional) -> None:
    """Delete an agent: nobody can name it any more. Sessions that do go on with what it was."""
    agents.delete(caller.services, caller.tenant, agent, lambda old: conditions.check(_tag(old)))


@router.get("/{agent}/versions", responses=errors.answers(400, 401, 404), summary="List an agent's versions")
def list_versions(
    caller: Called, agent: str, request: Request, response: Response, page: Annotated[pages.PageQuery, Query()]
) -> list[AgentVersion]:
    """List versions, the newest first, with the names of their tools; X-Next-Cursor says how to go on."""
    listed, more = versions.listing(
        caller.services, caller.tenant, agent, limit=page.limit, after=page.number(most=versions.HIGHEST)
    )
    pages.link(request, response, more)
    return [AgentVersion(**_version(caller.services, each)) for each in listed]


@router.get("/{agent}/versions/{version}", responses=errors.answers(400, 401, 404), summary="Read a version")
def get_version(caller: Called, agent: str, version: int) -> AgentVersionDetail:
    """Read an agent as it was in a version, with the definitions of its tools."""
    stored = versions.get(caller.services, caller.tenant, agent, version)
    tools = [{"type": "function", **tool} for tool in versions.tools(caller.services, stored)]
    return AgentVersionDetail(**{**_version(caller.services, stored), "tools": tools})


def _version(services: Services, agent: Agent) -> dict[str, Any]:
    about = {"id": agent.id, "name": agent.name, "description": agent.description, "version": agent.version}
    return {**about, "updated_at": agent.updated_at, **settings.shown(services, agent.settings)}


def _tag(agent: Agent) -> str:
    """Name a version; an agent that gets another one's name has other versions."""
    return tag_of(f"{agent.id}.{agent.version}")


def _record(services: Services, agent: Agent) -> AgentRecord:
    return AgentRecord(
        id=agent.id,
        name=agent.name,
        description=agent.description,
        version=agent.version,
        created_at=agent.created_at,
        updated_at=agent.updated_at,
        **settings.shown(services, agent.settings),
    )
