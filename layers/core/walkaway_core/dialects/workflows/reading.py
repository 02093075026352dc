"""Tasks as they are read: by their numbers and from their agent's list, whatever of that can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from walkaway_core.agent import agents
from walkaway_core.dialects.workflows import index, keys
from walkaway_core.dialects.workflows.index import Task
from walkaway_core.dialects.workflows.problems import TaskNotFound
from walkaway_core.errors import AgentNotFound
from walkaway_core.ports.items import Item
from walkaway_core.store import backwards, bodies, sessions, starts, turns
from walkaway_core.store.keys import END, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire import gate

LISTED = 1000
"""How many tasks a list has at the most."""

Records = tuple[Item, Item | None]
"""A task's look-up, and its entry in the list of its agent's, where that was read."""


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as it is now, and what was asked. One of which nothing says any more whose it is has failed."""

    task: Task
    turn: Turn
    asked: Mapping[str, Any]


def get(services: Services, tenant: str, id_: int, agent: str = "") -> StoredTask:
    """Read a task, with `agent` only one of this agent's, by its id or name. Raises TaskNotFound."""
    look_up = services.table.get(keys.task(tenant, id_))[0] if 0 <= id_ < 1 << 53 else None
    tasks = []
    if look_up:
        lost = TurnKey.named(tenant, look_up.facts).nobodys
        tasks = _load(services, tenant, [(look_up, index.entry(services, tenant, id_) if lost else None)])
    if not tasks or (agent and not _is_of(services, tenant, tasks[0], agent)):
        raise TaskNotFound(f"There is no task {id_}" + (f" of the agent {agent[:100]!r}" if agent else ""))
    starts.begin_if_late(services, tasks[0].turn)
    return tasks[0]


def of_agent(services: Services, tenant: str, called: str) -> list[StoredTask]:
    """Read an agent's tasks, the newest first, up to 1,000. Raises AgentNotFound."""
    agent = agents.get(services, tenant, called)
    pk, _ = keys.task_entry(tenant, agent.id, 0)
    numbered = filter(keys.numbered, backwards.items(services, pk, END, first=LISTED))
    entries = list(islice(numbered, LISTED))
    look_ups: list[Item | None] = []
    for start in range(0, len(entries), 100):
        names = [keys.task(tenant, int(entry.sk)) for entry in entries[start : start + 100]]
        look_ups += services.table.get(*names)
    listed = [(item, entry) for item, entry in zip(look_ups, entries, strict=True) if item]
    return _load(services, tenant, listed)


def asked(services: Services, turn: Turn) -> Mapping[str, Any]:
    """What a turn that is a task was asked."""
    task = Task.read(turn.facts)
    item = services.table.get(keys.task(turn.key.tenant, task.id))[0] if task else None
    return _asked(services, turn.key.tenant, item) if item else {}


def _is_of(services: Services, tenant: str, stored: StoredTask, called: str) -> bool:
    """Whether a task is of the agent that is called so; of one that cannot be read the agent's list knows."""
    if called in {stored.task.agent, stored.task.called, str(stored.asked.get("agent_name", ""))}:
        return True
    if stored.turn.readable:
        return False
    try:
        agent = agents.get(services, tenant, called)
    except AgentNotFound:
        return False
    return services.table.get(keys.task_entry(tenant, agent.id, stored.task.id)) != [None]


def _asked(services: Services, tenant: str, item: Item) -> Mapping[str, Any]:
    """Read what was asked; of what cannot be read, that."""
    said = gate.stored_object(bodies.shown(services.workspace, tenant, item))
    wrong = [name for name in ("inputs", "metadata") if not isinstance(said.get(name, {}), dict)]
    return {gate.UNREADABLE: f"what was asked has no `{wrong[0]}`"} if wrong else said


def _load(services: Services, tenant: str, listed: Sequence[Records]) -> list[StoredTask]:
    """Read the turns of tasks; those whose session is gone are left out."""
    names = [_name(tenant, *records) for records in listed]
    wanted = [key for name in names for key in (name.item, name.owner.item)]
    unique, read = list(dict.fromkeys(wanted)), list[Item | None]()
    for start in range(0, len(unique), 100):
        read += services.table.get(*unique[start : start + 100])
    there = dict(zip(unique, read, strict=True))
    tasks = []
    for name, (look_up, _) in zip(names, listed, strict=True):
        record, owner = there[name.item], there[name.owner.item]
        if name.nobodys:
            turn = turns.unpack(name, Item(*name.item))
        elif record and sessions.alive(owner, services.clock.now()):
            turn = turns.unpack(name, record)
        else:
            continue
        if not turn.readable:
            turn = replace(turn, facts={**turn.facts, **Task(keys.number(look_up), "", "").facts})
        if task := Task.read(turn.facts):
            tasks.append(StoredTask(task, turn, _asked(services, tenant, look_up)))
    return tasks


def _name(tenant: str, look_up: Item, entry: Item | None) -> TurnKey:
    """Say which turn a task is: its look-up does, and its agent's list where that cannot be read."""
    name = TurnKey.named(tenant, look_up.facts)
    return TurnKey.named(tenant, entry.facts) if entry and name.nobodys else name
