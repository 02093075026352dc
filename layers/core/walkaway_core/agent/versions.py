"""Agents as they were: each version that an agent has had, with the tools that it had."""

from dataclasses import replace
from itertools import islice
from typing import Any

from walkaway_core.agent import agents, client_tools
from walkaway_core.agent.agent_records import Agent
from walkaway_core.errors import AgentNotFound
from walkaway_core.ports.items import Item
from walkaway_core.store import backwards, keys
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_wire import gate

HIGHEST = 9_999_999_999


def get(services: Services, tenant: str, called: str, number: int) -> Agent:
    """Read an agent, by its id or its name, as it was in a version. Raises AgentNotFound."""
    agent = agents.get(services, tenant, called)
    known = 0 < number <= HIGHEST
    item = services.table.get(keys.agent_version(tenant, agent.id, number))[0] if known else None
    if item is None:
        raise AgentNotFound("The agent has no such version; GET /v1/agents/{id}/versions lists them")
    return _read(agent, item)


def listing(services: Services, tenant: str, called: str, *, limit: int, after: str = "") -> tuple[list[Agent], str]:
    """List an agent's versions, the newest first, those before `after`; with the cursor of the rest, or `""`.

    Raises AgentNotFound.
    """
    agent = agents.get(services, tenant, called)
    pk, first = keys.agent_version(tenant, agent.id, 0)
    upto = keys.agent_version(tenant, agent.id, int(after))[1] if after else str(HIGHEST)
    found = backwards.items(services, pk, upto, first=limit + 1, after=first)
    items = list(islice((item for item in found if item.sk.isdecimal()), limit + 1))
    listed = [_read(agent, item) for item in items[:limit]]
    return listed, str(listed[-1].version) if len(items) > limit else ""


def tools(services: Services, agent: Agent) -> list[dict[str, Any]]:
    """Give the definitions of the tools that the caller runs; of one that cannot be read its name, and that."""
    try:
        return client_tools.load(services, agent.tenant, agent.settings)
    except LookupError as error:
        return [{"name": name, gate.UNREADABLE: str(error)} for name in agent.settings.tools]


def _read(agent: Agent, item: Item) -> Agent:
    """Read a version's item. What 0.1.0 did not keep with it is empty; the newest one is as the agent is."""
    number, at = int(item.sk), item.facts.get("at")
    if number == agent.version and agent.readable:
        return agent
    body = gate.stored_object(item.body, "settings")
    readable = isinstance(body.get("settings"), dict)
    return replace(
        agent,
        name=str(body.get("name") or ""),
        description=str(body.get("description" if readable else gate.UNREADABLE, "")),
        version=number,
        updated_at=at / 1000 if isinstance(at, int) else 0.0,
        settings=AgentSettings.stored(body["settings"]) if readable else AgentSettings(),
        beside=beside if isinstance(beside := body.get("beside"), dict) else {},
        readable=readable,
        item=None,
    )
