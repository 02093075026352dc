"""What is stored of an agent, and of each of its versions.

item       fact      unit    written by        says
AGENT      version   number  create, rewrite   its newest version, from 1
           created   ms      create            when it was made
           updated   ms      create, rewrite   when it last changed
           deleted   ms      delete            when it was deleted; absent: it can be named
           archived  ms      archive           since when no session begins with it; absent: it was never archived
AGENTNAME  agent     id      create, rewrite   whose name it is; goes when the agent has another name, or is deleted
version    at        ms      create, rewrite   when it came to be; absent: by 0.1.0

The body of AGENT has `name`, `description`, `settings`, and in `beside` what a dialect has said of it that is no
setting, by the dialect's name; an agent with that has no AGENTNAME, and others may have its name. So has the body of a
version, which never changes (by 0.1.0: `settings` alone). Which version a turn began with is a fact of the turn
(store/turn_facts.py). Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from walkaway_core.ports.items import Fact, Item, ms
from walkaway_core.store import keys, salvage
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_wire import gate, jsontext

SETTINGS = frozenset(known.name for known in fields(AgentSettings))


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as it is now, or as it was in a version."""

    tenant: str
    id: str
    name: str
    description: str
    version: int
    created_at: float
    updated_at: float
    settings: AgentSettings
    beside: Mapping[str, Any] = field(default_factory=dict)
    """What dialects have said of it that is no setting."""
    archived_at: float | None = None
    readable: bool = True
    """Whether what is stored of it can be read; else nobody knows what it may do, and no turn begins with it."""
    item: Item | None = field(default=None, compare=False, repr=False)
    """As it was read."""

    @property
    def named(self) -> bool:
        """Whether its name stands for it alone."""
        return not self.beside


def pack(agent: Agent) -> Item:
    """Write its record; whether it is archived or deleted is written in place."""
    facts: dict[str, Fact] = {
        "version": agent.version,
        "created": ms(agent.created_at),
        "updated": ms(agent.updated_at),
    }
    body = {"name": agent.name, "description": agent.description, "settings": agent.settings.body}
    body |= {"beside": agent.beside} if agent.beside else {}
    return Item(*keys.agent(agent.tenant, agent.id), facts, jsontext.dump_bytes(body))


def version(agent: Agent, body: bytes) -> Item:
    """Keep the version as it is stored, for the turns that begin with it."""
    key = keys.agent_version(agent.tenant, agent.id, agent.version)
    return Item(*key, {"at": ms(agent.updated_at)}, body)


def settings_of(item: Item) -> AgentSettings:
    """Read what a version says."""
    return AgentSettings.stored(gate.stored_object(item.body)["settings"])


def unpack(tenant: str, item: Item) -> Agent:
    """Read its record."""
    return salvage.read(item, lambda whole: _whole(tenant, whole), {"version": 0, "created": 0, "updated": 0})


def _whole(tenant: str, item: Item) -> Agent:
    body = {"beside": {}} | gate.stored_object(item.body, "name", "description", "settings")
    salvage.typed(body, name=str, description=str, settings=dict, beside=dict)
    readable = gate.UNREADABLE not in body
    return Agent(
        tenant=tenant,
        id=item.sk.partition("#")[2],
        name=body["name"] if readable else gate.UNREADABLE,
        description=body["description"] if readable else body[gate.UNREADABLE],
        version=item.number("version"),
        created_at=item.time("created"),
        updated_at=item.time("updated"),
        settings=settings_of(item) if readable else AgentSettings(),
        beside=body["beside"],
        archived_at=item.time("archived") if "archived" in item.facts else None,
        readable=readable,
        item=item,
    )
