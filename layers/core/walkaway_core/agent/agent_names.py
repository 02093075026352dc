"""Names of agents: each stands for one agent of its tenant."""

from walkaway_core.errors import NameTaken
from walkaway_core.ports.items import Absent, Item
from walkaway_core.store import keys, names
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction


def take(services: Services, tx: Transaction, tenant: str, name: str, agent: str) -> None:
    """Let a name stand for an agent. Raises NameTaken, Invalid, or else the transaction is refused by the name's key.

    It is looked for here so that what is large is not written for nothing.
    """
    names.check(name, "agt_")
    key = keys.agent_name(tenant, name)
    if services.table.get(key)[0]:
        raise taken(name)
    tx.put(Item(*key, {"agent": agent}), Absent())


def taken(name: str) -> NameTaken:
    """Say that there is such an agent."""
    return NameTaken(f"There is an agent called {name!r} already; PATCH changes it")
