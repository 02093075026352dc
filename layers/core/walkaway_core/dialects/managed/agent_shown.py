"""How agents are shown: resolved, whoever has made them and however (contract E.5).

`beside["managed"]` of an agent has `tools`, as they are shown but for the definitions of custom ones, and `metadata`.
"""

from collections.abc import Sequence
from typing import Any, Final

from walkaway_core.agent import versions
from walkaway_core.agent.agent_records import Agent
from walkaway_core.dialects.managed import chosen_model, dates, ids, refusing, toolset
from walkaway_core.store.services import Services
from walkaway_wire import gate

NAME: Final = "managed"
CUSTOM: Final = "custom"


def beside(agent: Agent) -> dict[str, Any]:
    """Give what is kept with an agent that is no setting; of one that the sessions API has made, that there is nothing.

    What cannot be read is left out.
    """
    said = agent.beside.get(NAME)
    said = said if isinstance(said, dict) else {}
    tools, metadata = said.get("tools"), said.get("metadata")
    return {
        "tools": [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else [],
        "metadata": dict(metadata) if isinstance(metadata, dict) else {},
    }


def kept(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give what is kept of tools as they are shown: of custom ones the name, since definitions stand elsewhere."""
    return [{"type": CUSTOM, "name": tool["name"]} if tool["type"] == CUSTOM else tool for tool in shown]


def shown(services: Services, agent: Agent, definitions: Sequence[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Show an agent as a session has it; `definitions` are those of its custom tools, where they are known."""
    known = versions.tools(services, agent) if definitions is None else definitions
    return {
        "type": "agent",
        "id": ids.agent(agent.id),
        "version": agent.version,
        "name": agent.name,
        "description": agent.description or None,
        "system": agent.settings.instructions or None,
        "model": chosen_model.shown(services, agent.settings),
        "tools": _tools(agent, known),
        "mcp_servers": [],
        "skills": [],
        "multiagent": None,
        "execution_identity": dict(refusing.SERVICE),
    }


def whole(services: Services, agent: Agent) -> dict[str, Any]:
    """Show an agent as it is by itself."""
    return shown(services, agent) | {
        "metadata": beside(agent)["metadata"],
        "created_at": dates.shown(agent.created_at),
        "updated_at": dates.shown(agent.updated_at or agent.created_at),
        "archived_at": dates.perhaps(agent.archived_at),
    }


def _tools(agent: Agent, definitions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the definitions of custom tools where they were said; those that the sessions API has added come last."""
    by_name = {str(definition["name"]): toolset.custom(_readable(definition)) for definition in definitions}
    listed = list[dict[str, Any]]()
    for tool in beside(agent)["tools"]:
        if tool.get("type") != CUSTOM:
            listed.append(tool)
        elif (found := by_name.pop(str(tool.get("name")), None)) is not None:
            listed.append(found)
    return [*listed, *by_name.values()]


def _readable(definition: dict[str, Any]) -> dict[str, Any]:
    if gate.UNREADABLE not in definition:
        return definition
    return {"name": definition["name"], "description": str(definition[gate.UNREADABLE])}
