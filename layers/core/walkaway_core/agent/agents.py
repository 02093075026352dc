"""Agents: named settings. Each change is a version, and a turn keeps the version that it began with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.agent import client_tools, prices
from walkaway_core.errors import AgentNotFound, NameTaken
from walkaway_core.ports.items import Absent, Change, Delete, Fact, Is, Item, Lacks, Refused, ms
from walkaway_core.store import keys
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import LISTS, Session, SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext
from walkaway_wire.tools import FunctionTool

FIELDS = (
    "model",
    "instructions",
    "thinking",
    "max_steps",
    "turn_timeout",
    "max_output_tokens",
    "effort",
    "temperature",
    "allowed_tools",
    "disallowed_tools",
    "max_cost_usd",
    "max_turn_cost_usd",
    "tools",
    "tools_at",
    "approve",
    "tool_timeout",
)
"""The session options that an agent says."""
LATER = {"tools": (), "tools_at": "", "approve": (), "tool_timeout": SessionOptions().tool_timeout}
"""What agents say that were made before these fields."""
Settings = Mapping[str, Any]
"""A value for each of FIELDS, as session options have them."""


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
    settings: Settings


def create(
    services: Services,
    tenant: str,
    name: str,
    description: str = "",
    *,
    settings: Settings,
    tools: Sequence[FunctionTool] = (),
) -> Agent:
    """Make an agent. Raises NameTaken, and Invalid when its model cannot be called here, or for its tools."""
    _check(services, settings)
    now, id_ = services.clock.now(), services.ids.new("agt_")
    stored = client_tools.store(services, tenant, id_, tools)
    made = Agent(tenant, id_, name, description, 1, now, now, {**settings, **stored.settings})
    tx = Transaction(services.table)
    tx.put(Item(*keys.agent_name(tenant, name), {"agent": id_}), Absent())
    tx.put(_pack(made), Absent())
    tx.put(_version(made), Absent())
    stored.keep(tx)
    try:
        tx.commit()
    except Refused:
        raise NameTaken(f"There is an agent called {name!r} already; PATCH changes it") from None
    return get(services, tenant, id_)


def get(services: Services, tenant: str, called: str) -> Agent:
    """Read an agent by its id or its name. Raises AgentNotFound."""
    named = services.table.get(keys.agent_name(tenant, called))[0]
    item = services.table.get(keys.agent(tenant, named.text("agent") if named else called))[0]
    if item is None or "deleted" in item.facts:
        raise AgentNotFound
    return _unpack(tenant, item)


def everyone(services: Services, tenant: str, *, limit: int, after: str = "") -> tuple[list[Agent], str]:
    """List agents, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    pk, first = keys.agent(tenant, "")
    upto, found = first + (after or END), list[Agent]()
    while len(found) <= limit:
        page = services.table.query(pk, after=first, upto=upto, reverse=True)
        found += [_unpack(tenant, i) for i in page.items if i.sk != first + after and "deleted" not in i.facts]
        if not page.more:
            break
        upto, after = page.items[-1].sk, page.items[-1].sk.removeprefix(first)
    return found[:limit], found[limit - 1].id if len(found) > limit else ""


def change(
    services: Services,
    tenant: str,
    called: str,
    fields: Mapping[str, Any],
    tools: Sequence[FunctionTool] | None = None,
) -> Agent:
    """Change what is named, as a new version. Raises AgentNotFound, NameTaken, Invalid."""
    while True:
        old = get(services, tenant, called)
        stored = None if tools is None else client_tools.store(services, tenant, old.id, tools)
        changed = {**fields, **stored.settings} if stored else fields
        settings = {name: changed.get(name, old.settings[name]) for name in FIELDS}
        _check(services, settings)
        new = replace(
            old,
            name=fields.get("name") or old.name,
            description=old.description if fields.get("description") is None else fields["description"],
            version=old.version + 1,
            updated_at=services.clock.now(),
            settings=settings,
        )
        tx = Transaction(services.table)
        tx.put(_pack(new), Is("version", old.version), Lacks("deleted"))
        tx.put(_version(new), Absent())
        name = Item(*keys.agent_name(tenant, new.name), {"agent": old.id})
        if new.name != old.name:
            tx.put(name, Absent())
            tx.delete(keys.agent_name(tenant, old.name))
        if stored:
            stored.keep(tx)
        try:
            tx.commit()
        except Refused as refusal:
            if refusal.key == name.key:
                raise NameTaken(f"There is an agent called {new.name!r} already") from None
            continue
        return new


def delete(services: Services, tenant: str, called: str) -> None:
    """Delete an agent: nobody can name it any more. Sessions that do keep it as it was. Raises AgentNotFound."""
    while True:
        found = get(services, tenant, called)
        same = (Is("version", found.version), Lacks("deleted"))  # or a name that it has got meanwhile would stay taken
        gone = Change(*keys.agent(tenant, found.id), set={"deleted": ms(services.clock.now())}, when=same)
        try:
            services.table.write(gone, Delete(*keys.agent_name(tenant, found.name)))
        except Refused:
            continue
        return


def with_agent(services: Services, options: SessionOptions, agent: Agent, own: frozenset[str]) -> SessionOptions:
    """Give a new session's options what the agent says, but for those that it says itself."""
    said = own | {"tools_at"} if "tools" in own else own
    options = replace(options, agent=agent.id, own=tuple(name for name in FIELDS if name in said))
    return _merged(services, options, agent.settings)


def at_start(services: Services, session: Session) -> tuple[Session, dict[str, Fact]]:
    """A session as a turn that begins now will know it, and what the turn's record says of that."""
    options = session.options
    item = services.table.get(keys.agent(session.key.tenant, options.agent))[0] if options.agent else None
    if item is None:
        return session, {}
    agent = _unpack(session.key.tenant, item)
    merged = replace(session, options=_merged(services, options, agent.settings))
    return merged, {"agent_version": agent.version}


def as_begun(services: Services, session: Session, version: int) -> Session:
    """A session as a turn knows it that began with this version of its agent; 0 for none."""
    if not version:
        return session
    item = services.table.get(keys.agent_version(session.key.tenant, session.options.agent, version))[0]
    if item is None:
        raise LookupError(f"version {version} of {session.options.agent} is gone")
    return replace(session, options=_merged(services, session.options, _settings(item)))


def _merged(services: Services, options: SessionOptions, settings: Settings) -> SessionOptions:
    said = {name: settings[name] for name in FIELDS if name not in options.own}
    merged = replace(options, **said)
    return replace(
        merged,
        model=merged.model or services.settings.model,
        turn_timeout=merged.turn_timeout or services.settings.turn_timeout,
    )


def _check(services: Services, settings: Settings) -> None:
    prices.check_model(services, settings["model"], settings["max_cost_usd"] or settings["max_turn_cost_usd"])


def _pack(agent: Agent) -> Item:
    facts: dict[str, Fact] = {
        "version": agent.version,
        "created": ms(agent.created_at),
        "updated": ms(agent.updated_at),
    }
    body = {"name": agent.name, "description": agent.description, "settings": dict(agent.settings)}
    return Item(*keys.agent(agent.tenant, agent.id), facts, jsontext.dump_bytes(body))


def _version(agent: Agent) -> Item:
    """Keep the version, for the turns that begin with it."""
    key = keys.agent_version(agent.tenant, agent.id, agent.version)
    return Item(*key, {}, jsontext.dump_bytes({"settings": dict(agent.settings)}))


def _settings(item: Item) -> Settings:
    found: dict[str, Any] = LATER | jsontext.loads(item.body)["settings"]
    return found | {name: tuple(found[name]) for name in LISTS if found.get(name) is not None}


def _unpack(tenant: str, item: Item) -> Agent:
    body = jsontext.loads(item.body)
    return Agent(
        tenant=tenant,
        id=item.sk.partition("#")[2],
        name=body["name"],
        description=body["description"],
        version=item.number("version"),
        created_at=item.time("created"),
        updated_at=item.time("updated"),
        settings=_settings(item),
    )
