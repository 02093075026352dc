"""The settings that hold for a session's turns: its own over its agent's, and over both what the session is told later.

A turn keeps those that it began with, whatever is said afterwards.
"""

from collections.abc import Collection
from dataclasses import replace

from walkaway_core.agent import agent_records, agents, said_settings, settings
from walkaway_core.agent.agent_records import Agent
from walkaway_core.agent.settings import Said
from walkaway_core.errors import Invalid
from walkaway_core.ports.items import Fact
from walkaway_core.store import keys, sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.turns import Turn


def with_agent(services: Services, options: SessionOptions, agent: Agent, own: Collection[str]) -> SessionOptions:
    """Give a new session's options what the agent says, but for the settings that the session says itself.

    Raises Invalid.
    """
    agents.check(agent)
    if agent.archived_at is not None:
        raise Invalid(f"The agent {agent.id} is archived: no session begins with it any more; name another one")
    options = replace(options, agent=agent.id, own=settings.in_order(own))
    return replace(options, settings=settings.merged(services, options, agent.settings))


def at_start(services: Services, session: Session) -> tuple[AgentSettings, dict[str, Fact]]:
    """Give the settings of a turn that begins now, and what its record keeps so that `as_begun` finds them again.

    Raises Invalid where nobody knows what they are.
    """
    sessions.check(session)
    options = session.options
    told, facts = _told(services, session)
    item = services.table.get(keys.agent(session.key.tenant, options.agent))[0] if options.agent else None
    if item is None:
        return settings.over(options.settings, told), facts
    agent = agent_records.unpack(session.key.tenant, item)
    agents.check(agent)
    facts["agent_version"] = agent.version
    return settings.over(settings.merged(services, options, agent.settings), told), facts


def as_begun(services: Services, session: Session, turn: Turn) -> AgentSettings:
    """Give the settings that a turn began with, which hold until it ends. Raises LookupError where they are gone."""
    options = session.options
    told = said_settings.load(services, session.key, str(turn.facts.get("told", "")))
    if not turn.agent_version:
        return settings.over(options.settings, told)
    item = services.table.get(keys.agent_version(session.key.tenant, options.agent, turn.agent_version))[0]
    if item is None:
        raise LookupError(f"version {turn.agent_version} of {options.agent} is gone")
    return settings.over(settings.merged(services, options, agent_records.settings_of(item)), told)


def _told(services: Services, session: Session) -> tuple[Said, dict[str, Fact]]:
    """Read what a session's next turns are told, and what the record of one says of it."""
    try:
        return said_settings.load(services, session.key, session.said), {"told": session.said} if session.said else {}
    except LookupError as error:
        raise Invalid(f"No turn can begin: {error}; delete the session, and make a new one") from None
