"""What a session is to be like, as somebody has asked for it: its options, and the tools that go with it."""

from walkaway_core.agent import agents, client_tools, held, settings
from walkaway_core.agent.client_tools import StoredTools
from walkaway_core.ports import paths
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions
from walkaway_wire.resources import SessionCreate


def as_asked(services: Services, tenant: str, name: str, asked: SessionCreate) -> tuple[SessionOptions, StoredTools]:
    """Read what a session with this id is to be. Raises Invalid, AgentNotFound, PathInvalid.

    The tools are to be kept by the transaction that makes it.
    """
    stored = client_tools.store(services, tenant, name, asked.tools)
    values = {**settings.read(asked), **(stored.settings if "tools" in asked.model_fields_set else {})}
    made = SessionOptions(
        persistent=asked.persistent,
        ttl=asked.ttl,
        read=tuple(paths.clean_new(path) for path in asked.file_access.read),
        write=tuple(paths.clean_new(path) for path in asked.file_access.write),
        network=asked.network,
        settings=AgentSettings(**values),
    )
    if asked.agent:
        agent = agents.get(services, tenant, asked.agent)
        made = held.with_agent(services, made, agent, values)
    return made, stored
