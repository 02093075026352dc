"""Tasks are turns with an integer for a name: looked up by it, and listed for their agent, where the turn is made."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkaway_core.dialects.workflows import keys
from walkaway_core.ports.items import Absent, Fact, Item
from walkaway_core.store import backwards, bodies
from walkaway_core.store.extensions import Projection
from walkaway_core.store.keys import END, TurnKey, agent as agent_key
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext

EPOCH = 1_577_836_800.0
"""2020, from which the ids count milliseconds."""
TIME_BITS, LUCK_BITS = 40, 13
"""Together 53, what JSON carries unharmed everywhere."""


@dataclass(frozen=True, slots=True)
class Task:
    """What makes a turn a task: its number, its agent's id, and the name by which that was called."""

    id: int
    agent: str
    called: str
    environment: str = "production"
    tenant_label: str = ""
    """What the caller says about whose it is; says nothing to us."""

    @property
    def facts(self) -> dict[str, Fact]:
        """What the turn's record says of it."""
        facts: dict[str, Fact] = {"task": self.id, "task_agent": self.agent, "task_called": self.called}
        return facts | {"task_environment": self.environment, "task_tenant": self.tenant_label}

    @classmethod
    def read(cls, facts: Mapping[str, Fact]) -> "Task | None":
        """Read it, if it is there."""
        id_ = facts.get("task")
        names = ("task_agent", "task_called", "task_environment", "task_tenant")
        return cls(id_, *(str(facts.get(name, "")) for name in names)) if isinstance(id_, int) else None


def new_id(now: float) -> int:
    """Make a number that sorts by time. It begins anew in 2054, and each 35 years before and after, at any clock.

    A list across such a moment is out of order until the older tasks are gone, a month later.
    """
    ms = int((now - EPOCH) * 1000) % (1 << TIME_BITS)
    return (ms << LUCK_BITS) | secrets.randbelow(1 << LUCK_BITS)


def write(services: Services, task: Task, asked: Mapping[str, Any], tx: Transaction, turn: TurnKey) -> None:
    """List a task whose turn is made in the same transaction, with what was asked."""
    where: dict[str, Fact] = {"session": turn.session, "turn": turn.turn}
    path = f"{turn.session}/task-{turn.turn}"
    text, pointer = bodies.stow(services.workspace, turn.tenant, path, jsontext.dump_bytes(asked))
    tx.put(Item(*keys.task(turn.tenant, task.id), {**where, **pointer}, text), Absent())
    tx.put(Item(*keys.task_entry(turn.tenant, task.agent, task.id), where), Absent())


class Tasks(Projection):
    """Takes a task off its agent's list, as its turn goes."""

    def turn_removed(self, services: Services, tx: Transaction, turn: Turn) -> None:
        """Forget the task; the number of one whose turn cannot be read stands in a look-up."""
        tenant, task = turn.key.tenant, Task.read(turn.facts)
        if turn.readable and task:
            tx.delete(keys.task(tenant, task.id))
            tx.delete(keys.task_entry(tenant, task.agent, task.id))
        elif not turn.readable and (look_up := _look_up(services, turn.key)):
            tx.delete(look_up.key)
            if listed := entry(services, tenant, keys.number(look_up)):
                tx.delete(listed.key)


def entry(services: Services, tenant: str, id_: int) -> Item | None:
    """Find a task in the lists of all agents: only where its own records do not say whose it is."""
    pk, first = agent_key(tenant, "")
    agents = backwards.items(services, pk, first + END, after=first, first=backwards.MOST)
    names = [keys.task_entry(tenant, item.sk.removeprefix(first), id_) for item in agents]
    for start in range(0, len(names), 100):
        for listed in services.table.get(*names[start : start + 100]):
            if listed:
                return listed
    return None


def _look_up(services: Services, turn: TurnKey) -> Item | None:
    pk, first = keys.task(turn.tenant, 0)[0], "TASK#"
    items = backwards.items(services, pk, first + END, after=first, first=backwards.MOST)
    return next((item for item in items if TurnKey.named(turn.tenant, item.facts) == turn), None)
