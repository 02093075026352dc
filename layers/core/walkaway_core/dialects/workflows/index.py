"""Tasks are turns with an integer for a name: looked up by it, and listed for their agent, where the turn is made."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkaway_core.dialects.workflows import keys
from walkaway_core.ports.items import Absent, Fact, Item
from walkaway_core.store import bodies
from walkaway_core.store.extensions import Projection
from walkaway_core.store.keys import TurnKey
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
        """Forget the task."""
        del services
        if task := Task.read(turn.facts):
            tx.delete(keys.task(turn.key.tenant, task.id))
            tx.delete(keys.task_entry(turn.key.tenant, task.agent, task.id))
