"""Agents of this dialect: those of the sessions API, with what that has no setting for beside them (contract E.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.agent import agents, client_tools, settings, versions
from walkaway_core.agent.agent_records import Agent
from walkaway_core.agent.agents import Next
from walkaway_core.dialects.managed import agent_shown, chosen_model, commands, ids, metadata, refusing, toolset
from walkaway_core.dialects.managed.agent_shown import NAME, beside, kept
from walkaway_core.dialects.managed.agent_wire import (
    AgentAsked,
    AgentCreate,
    AgentOverridden,
    AgentUpdate,
)
from walkaway_core.dialects.managed.problems import conflict, invalid, unknown
from walkaway_core.errors import AgentNotFound
from walkaway_core.store.idempotency import Once
from walkaway_core.store.services import Services
from walkaway_wire.tools import FunctionTool


@dataclass(frozen=True, slots=True)
class AgentAsOf:
    """What a session takes of an agent, which no later version changes.

    `id` as the sessions API has it. `shown`: the session's `agent`. `said`: values of AgentSettings but for the
    caller's tools, whose definitions are `functions`.
    """

    id: str
    version: int
    shown: dict[str, Any]
    said: dict[str, Any]
    functions: tuple[FunctionTool, ...]


def create(services: Services, tenant: str, asked: AgentCreate, once: Once | None = None) -> Agent:
    """Make an agent. Raises Refusal, Invalid, and Refused where the key of `once` is taken."""
    refusing.check(asked)
    said = chosen_model.said(asked.model)
    tools = toolset.resolve(asked.tools, chosen_model.called(services, said))
    commands.check(services, tools.said, "tools")
    more = {"tools": kept(tools.shown), "metadata": metadata.checked(asked.metadata)}
    return agents.create(
        services,
        tenant,
        asked.name,
        asked.description or "",
        values={**said, **tools.said, "instructions": asked.system or ""},
        tools=tools.functions,
        beside={NAME: more},
        once=once,
    )


def update(services: Services, tenant: str, id_: str, asked: AgentUpdate, once: Once | None = None) -> Agent:
    """Change what is said; what changes nothing makes no version. Raises Refusal, Invalid, Refused as `create` does."""
    refusing.check(asked)
    for field in asked.model_fields_set & {"name", "model"}:
        if getattr(asked, field) is None:
            raise refusing.cleared(field)
    ours = find(services, tenant, id_).id

    def changed(old: Agent) -> Next:
        if old.archived_at is not None:
            raise invalid(f"The agent {id_} is archived and does not change any more")
        if asked.version not in (None, old.version):
            raise conflict(
                f"Concurrent modification detected: {id_} has version {old.version}, and not {asked.version}; "
                "retrieve it, and update that"
            )
        return _changed(services, old, asked)

    return agents.rewrite(services, tenant, ours, changed, once)


def find(services: Services, tenant: str, id_: str, version: int | None = None) -> Agent:
    """Read an agent by its id, as of a version if one is said. Raises Refusal (404)."""
    ours = ids.read_agent(id_)
    if ours is None:
        raise unknown("agent", id_)
    try:
        if version is None:
            return agents.get(services, tenant, ours)
        return versions.get(services, tenant, ours, version)
    except AgentNotFound:
        raise unknown("agent", id_ if version is None else f"{id_} of version {version}") from None


def resolved(services: Services, tenant: str, asked: AgentAsked) -> AgentAsOf:
    """Give what a session that is made now takes of the agent that it names. Raises Refusal, Invalid."""
    newest = find(services, tenant, asked.id)
    if newest.archived_at is not None:
        raise invalid(f"{asked.id} is archived: no session begins with it any more", "agent")
    agent = newest if asked.version in (None, newest.version) else find(services, tenant, asked.id, asked.version)
    if not agent.readable:
        raise invalid(f"what is stored of {asked.id} cannot be read; name another one", "agent")
    try:
        tools = client_tools.load(services, tenant, agent.settings)
    except LookupError as error:
        raise invalid(f"{error}; say the tools anew", "agent") from None
    functions: tuple[FunctionTool, ...] = tuple(toolset.Function.model_validate(tool) for tool in tools)
    if isinstance(asked, AgentOverridden):
        agent, functions = _overridden(services, agent, functions, asked)
    said = {name: getattr(agent.settings, name) for name in sorted(settings.NAMES - {"tools", "tools_at"})}
    commands.check(services, said, "agent")
    shown = agent_shown.shown(services, agent, _stored(functions))
    return AgentAsOf(agent.id, agent.version, shown, said, functions)


def _overridden(
    services: Services, agent: Agent, functions: tuple[FunctionTool, ...], asked: AgentOverridden
) -> tuple[Agent, tuple[FunctionTool, ...]]:
    """Put what a session has otherwise over its agent. Raises Refusal."""
    refusing.check(asked)
    if "model" in asked.model_fields_set and asked.model is None:
        raise refusing.cleared("agent.model")
    said = chosen_model.said(asked.model, agent.settings) if asked.model is not None else {}
    if "system" in asked.model_fields_set:
        said["instructions"] = asked.system or ""
    more = dict(beside(agent))
    if "tools" in asked.model_fields_set:
        tools = toolset.resolve(asked.tools, chosen_model.called(services, {"model": agent.settings.model} | said))
        said |= tools.said
        more["tools"], functions = kept(tools.shown), tools.functions
    new = replace(agent, settings=settings.over(agent.settings, said), beside={**agent.beside, NAME: more})
    return new, functions


def _changed(services: Services, old: Agent, asked: AgentUpdate) -> Next:
    said, more, there = dict[str, Any](), dict(beside(old)), asked.model_fields_set
    if asked.model is not None:
        said |= chosen_model.said(asked.model, old.settings)
    if "system" in there:
        said["instructions"] = asked.system or ""
    stored = None
    if "tools" in there:
        tools = toolset.resolve(asked.tools, chosen_model.called(services, {"model": old.settings.model} | said))
        commands.check(services, tools.said, "tools")
        more["tools"] = kept(tools.shown)
        said |= tools.said
        if _stored(tools.functions) != versions.tools(services, old):
            stored = client_tools.store(services, old.tenant, old.id, tools.functions)
            said |= stored.settings
    more["metadata"] = metadata.patched(more["metadata"], asked.metadata)
    new = replace(
        old,
        name=asked.name or old.name,
        description=(asked.description or "") if "description" in there else old.description,
        settings=settings.over(old.settings, said),
        beside=old.beside if more == beside(old) else {**old.beside, NAME: more},
    )
    return (old, None) if new == old else (new, stored)


def _stored(functions: Sequence[FunctionTool]) -> list[dict[str, Any]]:
    """Give definitions as they are kept."""
    return [function.model_dump(exclude={"type", "strict"}) for function in functions]
