"""Tasks (contract C): a turn in a session of its own, of a named agent, by an integer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from walkaway_core.agent import agents, client_tools
from walkaway_core.dialects.workflows import index, inputs, keys, registry
from walkaway_core.dialects.workflows.index import Task
from walkaway_core.dialects.workflows.problems import TaskNotFound
from walkaway_core.engine import creating, ending, starting
from walkaway_core.engine.starting import LIFE, Message
from walkaway_core.ports.items import Item
from walkaway_core.store import bodies, sessions, starts, turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import gate

LISTED = 1000
"""How many tasks a list has at the most."""


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What is asked for: texts and images by their numbers, and what is to be remembered with it."""

    inputs: Mapping[str, Mapping[str, Any]]
    environment: str = "production"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tenant_label: str = ""


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as it is now, and what was asked."""

    task: Task
    turn: Turn
    asked: Mapping[str, Any]


def start(services: Services, tenant: str, called: str, asked: TaskRequest) -> Task:
    """Start a task of an agent, by the agent's id or name. Raises AgentNotFound, Invalid, BodyTooLarge."""
    agent = agents.get(services, tenant, called)
    name = services.ids.new("sess_")
    tools = [] if agent.settings.tools else registry.offered(services, tenant)
    stored = client_tools.store(services, tenant, name, tools)
    settings = stored.settings if tools else {}
    options = SessionOptions(persistent=True, ttl=LIFE, settings=AgentSettings(**settings))
    options = agents.with_agent(services, options, agent, settings)
    session = creating.fresh(services, Transaction(services.table), tenant, options, dict(asked.metadata), name=name)
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


def get(services: Services, tenant: str, id_: int, agent: str = "") -> StoredTask:
    """Read a task, with `agent` only one of this agent's, by its id or name. Raises TaskNotFound."""
    item = services.table.get(keys.task(tenant, id_))[0] if 0 <= id_ < 1 << 53 else None
    tasks = _load(services, tenant, [item] if item else [])
    if not tasks or (agent and agent not in _names(tasks[0])):
        raise TaskNotFound(f"There is no task {id_}" + (f" of the agent {agent[:100]!r}" if agent else ""))
    starts.begin_if_late(services, tasks[0].turn)
    return tasks[0]


def of_agent(services: Services, tenant: str, called: str) -> list[StoredTask]:
    """Read an agent's tasks, the newest first, up to 1,000. Raises AgentNotFound."""
    agent = agents.get(services, tenant, called)
    pk, _ = keys.task_entry(tenant, agent.id, 0)
    entries = services.table.query(pk, reverse=True, limit=LISTED).items
    names = [keys.task(tenant, int(entry.sk)) for entry in entries]
    items: list[Item | None] = []
    for start_ in range(0, len(names), 100):
        items += services.table.get(*names[start_ : start_ + 100])
    return _load(services, tenant, [item for item in items if item])


def cancel(services: Services, tenant: str, id_: int) -> StoredTask:
    """End a task now; one that is over stays as it is. Raises TaskNotFound."""
    ending.cancel(services, get(services, tenant, id_).turn.key)
    return get(services, tenant, id_)


def asked(services: Services, turn: Turn) -> Mapping[str, Any]:
    """What a turn that is a task was asked."""
    task = Task.read(turn.facts)
    item = services.table.get(keys.task(turn.key.tenant, task.id))[0] if task else None
    return _asked(services, turn.key.tenant, item) if item else {}


def _names(stored: StoredTask) -> set[str]:
    return {stored.task.agent, stored.task.called, str(stored.asked.get("agent_name", ""))}


def _asked(services: Services, tenant: str, item: Item) -> Mapping[str, Any]:
    """Read what was asked; of what cannot be read, that."""
    said = gate.stored_object(bodies.shown(services.workspace, tenant, item))
    wrong = [name for name in ("inputs", "metadata") if not isinstance(said.get(name, {}), dict)]
    return {gate.UNREADABLE: f"what was asked has no `{wrong[0]}`"} if wrong else said


def _load(services: Services, tenant: str, items: list[Item]) -> list[StoredTask]:
    """Read the turns of look-ups; those whose session is gone are left out."""
    names = [TurnKey.named(tenant, item.facts) for item in items]
    wanted = [key for name in names for key in (name.item, name.owner.item)]
    read: list[Item | None] = []
    for start_ in range(0, len(wanted), 100):
        read += services.table.get(*wanted[start_ : start_ + 100])
    tasks = []
    for number, (name, item) in enumerate(zip(names, items, strict=True)):
        record, owner = read[2 * number], read[2 * number + 1]
        turn = turns.unpack(name, record) if record and sessions.alive(owner, services.clock.now()) else None
        if turn and not turn.readable:
            turn = replace(turn, facts={**turn.facts, **_known(item).facts})
        if turn and (task := Task.read(turn.facts)):
            tasks.append(StoredTask(task, turn, _asked(services, tenant, item)))
    return tasks


def _known(item: Item) -> Task:
    """Say what a look-up's key tells of a task whose turn cannot be read."""
    digits = item.sk.removeprefix("TASK#")
    return Task(int(digits) if digits.isdecimal() else 0, "", "")
