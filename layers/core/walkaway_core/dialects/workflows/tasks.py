"""Tasks (contract C): a turn in a session of its own, of a named agent, by an integer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from walkaway_core.agent import agents, client_tools, held
from walkaway_core.dialects.workflows import index, inputs, registry
from walkaway_core.dialects.workflows.index import Task
from walkaway_core.dialects.workflows.reading import StoredTask, get
from walkaway_core.engine import creating, ending, starting
from walkaway_core.engine.starting import LIFE, Message
from walkaway_core.store import starts
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What is asked for: texts and images by their numbers, and what is to be remembered with it."""

    inputs: Mapping[str, Mapping[str, Any]]
    environment: str = "production"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tenant_label: str = ""


def start(services: Services, tenant: str, called: str, asked: TaskRequest) -> Task:
    """Start a task of an agent, by the agent's id or name. Raises AgentNotFound, Invalid, BodyTooLarge."""
    agent = agents.get(services, tenant, called)
    name = services.ids.new("sess_")
    tools = [] if agent.settings.tools else registry.offered(services, tenant)
    stored = client_tools.store(services, tenant, name, tools)
    settings = stored.settings if tools else {}
    options = SessionOptions(persistent=True, ttl=LIFE, settings=AgentSettings(**settings))
    options = held.with_agent(services, options, agent, settings)
    session, _ = creating.fresh(services, Transaction(services.table), tenant, options, dict(asked.metadata), name=name)
    content = inputs.message(services, session, asked.inputs)
    remembered = {"inputs": asked.inputs, "metadata": dict(asked.metadata), "agent_name": agent.name}
    while True:
        id_ = index.new_id(services.clock.now())
        task = Task(id_, agent.id, called, asked.environment, asked.tenant_label)
        message = Message(content, facts=task.facts, along=partial(index.write, services, task, remembered))
        tx = Transaction(services.table)
        stored.keep(tx)
        turn = starting.with_session(
            services, tenant, options, message, None, tx=tx, metadata=asked.metadata, name=name
        )
        if turn:
            starts.begin(services, turn)
            return task


def cancel(services: Services, tenant: str, id_: int) -> StoredTask:
    """End a task now; one that is over stays as it is. Raises TaskNotFound."""
    ending.cancel(services, get(services, tenant, id_).turn.key)
    return get(services, tenant, id_)
