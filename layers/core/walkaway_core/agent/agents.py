"""Agents: named settings. Each change is a version, and a turn keeps the version that it began with.

What is stored of an agent:

item       fact     unit    written by      says
AGENT      version  number  create, change  its newest version, from 1
           created  ms      create          when it was made
           updated  ms      create, change  when it last changed
           deleted  ms      delete          when it was deleted; absent: it can be named
AGENTNAME  agent    id      create, change  whose name it is; goes when the agent has another name, or is deleted
version    at       ms      create, change  when it came to be; absent: by 0.1.0

The body of AGENT has `name`, `description` and `settings`, and so has that of a version, which never changes (by 0.1.0:
`settings` alone). Which version a turn began with is a fact of the turn (store/turn_facts.py). Names and units are a
contract: docs/upgrades.md.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice

from walkaway_core.agent import agent_names, client_tools, settings, suitable
from walkaway_core.agent.settings import Said
from walkaway_core.errors import AgentNotFound, Invalid
from walkaway_core.ports.items import Absent, Change, Condition, Delete, Fact, Is, Item, Lacks, Refused, ms
from walkaway_core.store import backwards, keys, rewritten, salvage, sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import gate, jsontext
from walkaway_wire.tools import FunctionTool

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
    readable: bool = True
    """Whether what is stored of it can be read; else nobody knows what it may do, and no turn begins with it."""
    item: Item | None = field(default=None, compare=False, repr=False)
    """As it was read."""


Check = Callable[[Agent], None]
"""Raises when an agent is not as somebody wants it."""


def create(
    services: Services,
    tenant: str,
    name: str,
    description: str = "",
    *,
    values: Said,
    tools: Sequence[FunctionTool] = (),
    once: Once | None = None,
) -> Agent:
    """Make an agent. Raises NameTaken, Invalid when its model cannot be called here or for its tools, and Refused."""
    now, id_ = services.clock.now(), services.ids.new("agt_")
    stored, tx = client_tools.store(services, tenant, id_, tools), Transaction(services.table)
    made = Agent(tenant, id_, name, description, 1, now, now, AgentSettings(**{**values, **stored.settings}))
    suitable.check(services, made.settings)
    agent_names.take(services, tx, tenant, name, id_)
    tx.put(packed := _pack(made), Absent())
    tx.put(_version(made, packed.body), Absent())
    if once:
        once.keep_made(tx, services, id_)
    try:
        stored.keep_with_new(tx)
    except Refused as refusal:
        if once and refusal.key == once.place:
            raise
        raise agent_names.taken(name) from None
    return get(services, tenant, id_)


def get(services: Services, tenant: str, called: str) -> Agent:
    """Read an agent by its id or its name; no name stands for another one's id. Raises AgentNotFound."""
    item, named = services.table.get(keys.agent(tenant, called), keys.agent_name(tenant, called))
    if item is None and named is not None:
        item = services.table.get(keys.agent(tenant, named.text("agent")))[0]
    if item is None or "deleted" in item.facts:
        raise AgentNotFound
    return _unpack(tenant, item)


def listing(services: Services, tenant: str, *, limit: int, after: str = "") -> tuple[list[Agent], str]:
    """List agents, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    pk, first = keys.agent(tenant, "")
    found = backwards.items(services, pk, first + (after or END), first=limit + 1, after=first)
    listed = list(islice((_unpack(tenant, item) for item in found if "deleted" not in item.facts), limit + 1))
    return listed[:limit], listed[limit - 1].id if len(listed) > limit else ""


def change(
    services: Services,
    tenant: str,
    called: str,
    values: Said,
    tools: Sequence[FunctionTool] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    allowed: Check = lambda _: None,
) -> Agent:
    """Change what is said, as a new version. Raises AgentNotFound, NameTaken, Invalid, and what `allowed` does.

    `allowed` is shown the version that would be changed, and nothing comes between.
    """
    while True:
        old = get(services, tenant, called)
        _check(old)
        allowed(old)
        stored = None if tools is None else client_tools.store(services, tenant, old.id, tools)
        new = replace(
            old,
            name=name or old.name,
            description=old.description if description is None else description,
            version=old.version + 1,
            updated_at=services.clock.now(),
            settings=replace(old.settings, **{**values, **(stored.settings if stored else {})}),
        )
        suitable.check(services, new.settings)
        tx = Transaction(services.table)
        packed = rewritten.over(old.item, _pack(new), below={"settings": SETTINGS})
        tx.put(packed, Is("version", old.version), Lacks("deleted"))
        tx.put(_version(new, packed.body), Absent())
        if new.name != old.name:
            agent_names.take(services, tx, tenant, new.name, old.id)
            tx.delete(keys.agent_name(tenant, old.name))
        if stored:
            stored.keep(tx)
        try:
            tx.commit()
        except Refused as refusal:
            if refusal.key == keys.agent_name(tenant, new.name):
                raise agent_names.taken(new.name) from None
            continue
        return new


def delete(services: Services, tenant: str, called: str, allowed: Check = lambda _: None) -> None:
    """Delete an agent: nobody can name it any more. Sessions that do keep it as it was. Raises AgentNotFound.

    `allowed` is shown the version that would be deleted, as in `change`.
    """
    while True:
        agent = get(services, tenant, called)
        allowed(agent)
        same: list[Condition] = [Lacks("deleted")]
        if agent.readable:
            same.append(Is("version", agent.version))  # or a name that it has got meanwhile would stay taken
        gone = Change(*keys.agent(tenant, agent.id), set={"deleted": ms(services.clock.now())}, when=tuple(same))
        try:
            services.table.write(gone, *([Delete(*keys.agent_name(tenant, agent.name))] if agent.readable else []))
        except Refused:
            continue
        return


def with_agent(services: Services, options: SessionOptions, agent: Agent, own: Collection[str]) -> SessionOptions:
    """Give a new session's options what the agent says, but for the settings that the session says itself."""
    _check(agent)
    options = replace(options, agent=agent.id, own=settings.in_order(own))
    return replace(options, settings=settings.merged(services, options, agent.settings))


def at_start(services: Services, session: Session) -> tuple[AgentSettings, dict[str, Fact]]:
    """Give the settings of a turn that begins now, and what its record keeps so that `as_begun` finds them again."""
    sessions.check(session)
    options = session.options
    item = services.table.get(keys.agent(session.key.tenant, options.agent))[0] if options.agent else None
    if item is None:
        return options.settings, {}
    agent = _unpack(session.key.tenant, item)
    _check(agent)
    return settings.merged(services, options, agent.settings), {"agent_version": agent.version}


def as_begun(services: Services, session: Session, turn: Turn) -> AgentSettings:
    """Give the settings that a turn began with, which hold until it ends."""
    options = session.options
    if not turn.agent_version:
        return options.settings
    item = services.table.get(keys.agent_version(session.key.tenant, options.agent, turn.agent_version))[0]
    if item is None:
        raise LookupError(f"version {turn.agent_version} of {options.agent} is gone")
    return settings.merged(services, options, _settings(item))


def _check(agent: Agent) -> None:
    """Raise Invalid for an agent of whom nobody knows any more what it may do."""
    if not agent.readable:
        raise Invalid(f"What is stored of the agent {agent.id} cannot be read; delete it, and make another one")


def _pack(agent: Agent) -> Item:
    facts: dict[str, Fact] = {
        "version": agent.version,
        "created": ms(agent.created_at),
        "updated": ms(agent.updated_at),
    }
    body = {"name": agent.name, "description": agent.description, "settings": agent.settings.body}
    return Item(*keys.agent(agent.tenant, agent.id), facts, jsontext.dump_bytes(body))


def _version(agent: Agent, body: bytes) -> Item:
    """Keep the version as it is stored, for the turns that begin with it."""
    key = keys.agent_version(agent.tenant, agent.id, agent.version)
    return Item(*key, {"at": ms(agent.updated_at)}, body)


def _settings(item: Item) -> AgentSettings:
    return AgentSettings.stored(gate.stored_object(item.body)["settings"])


def _unpack(tenant: str, item: Item) -> Agent:
    return salvage.read(item, lambda whole: _whole(tenant, whole), {"version": 0, "created": 0, "updated": 0})


def _whole(tenant: str, item: Item) -> Agent:
    body = gate.stored_object(item.body, "name", "description", "settings")
    salvage.typed(body, name=str, description=str, settings=dict)
    readable = gate.UNREADABLE not in body
    return Agent(
        tenant=tenant,
        id=item.sk.partition("#")[2],
        name=body["name"] if readable else gate.UNREADABLE,
        description=body["description"] if readable else body[gate.UNREADABLE],
        version=item.number("version"),
        created_at=item.time("created"),
        updated_at=item.time("updated"),
        settings=_settings(item) if readable else AgentSettings(),
        readable=readable,
        item=item,
    )
