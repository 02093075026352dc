"""Agents: named settings. Each change is a version, and a turn keeps the version that it began with.

What is stored of them stands in `agent_records.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from walkaway_core.agent import agent_names, agent_records, client_tools, suitable
from walkaway_core.agent.agent_records import SETTINGS, Agent
from walkaway_core.agent.client_tools import StoredTools
from walkaway_core.agent.settings import Said
from walkaway_core.errors import AgentNotFound, Invalid
from walkaway_core.ports.items import Absent, Change, Condition, Delete, Is, Lacks, Refused, ms
from walkaway_core.store import backwards, keys, rewritten
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.tools import FunctionTool

Check = Callable[[Agent], None]
"""Raises when an agent is not as somebody wants it."""
Next = tuple[Agent, StoredTools | None]
"""What an agent is to be, and its tools where they are others."""
NOTHING: Mapping[str, Any] = {}


def create(
    services: Services,
    tenant: str,
    name: str,
    description: str = "",
    *,
    values: Said,
    tools: Sequence[FunctionTool] = (),
    beside: Mapping[str, Any] = NOTHING,
    once: Once | None = None,
) -> Agent:
    """Make an agent. Raises NameTaken, Invalid when its model cannot be called here or for its tools, and Refused.

    With something `beside` it does not have its name alone.
    """
    now, id_ = services.clock.now(), services.ids.new("agt_")
    stored, tx = client_tools.store(services, tenant, id_, tools), Transaction(services.table)
    made = Agent(tenant, id_, name, description, 1, now, now, AgentSettings(**{**values, **stored.settings}), beside)
    suitable.check(services, made.settings)
    if made.named:
        agent_names.take(services, tx, tenant, name, id_)
    tx.put(packed := agent_records.pack(made), Absent())
    tx.put(agent_records.version(made, packed.body), Absent())
    if once:
        once.keep_made(tx, services, id_)
    try:
        stored.keep_with_new(tx)
    except Refused as refusal:
        if not made.named or (once and once.refuses(refusal)):
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
    return agent_records.unpack(tenant, item)


def listing(services: Services, tenant: str, *, limit: int, after: str = "") -> tuple[list[Agent], str]:
    """List agents, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    listed = list(islice(newest(services, tenant, limit + 1, after), limit + 1))
    return listed[:limit], listed[limit - 1].id if len(listed) > limit else ""


def newest(services: Services, tenant: str, about: int, after: str = "") -> Iterator[Agent]:
    """Go through agents, the newest first, those before `after`; `about` as many as will be taken."""
    pk, first = keys.agent(tenant, "")
    found = backwards.items(services, pk, first + (after or END), first=about, after=first)
    return (agent_records.unpack(tenant, item) for item in found if "deleted" not in item.facts)


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

    def changed(old: Agent) -> Next:
        allowed(old)
        stored = None if tools is None else client_tools.store(services, tenant, old.id, tools)
        new = replace(
            old,
            name=name or old.name,
            description=old.description if description is None else description,
            settings=replace(old.settings, **{**values, **(stored.settings if stored else {})}),
        )
        return new, stored

    return rewrite(services, tenant, called, changed)


def rewrite(
    services: Services, tenant: str, called: str, next_: Callable[[Agent], Next], once: Once | None = None
) -> Agent:
    """Put another version in the place of an agent's newest one, which `next_` is shown; nothing comes between.

    Where `next_` gives back the very one that it was shown, nothing is written. Raises AgentNotFound, NameTaken,
    Invalid, what `next_` does, and Refused where the key of `once` is taken.
    """
    while True:
        old = get(services, tenant, called)
        check(old)
        new, stored = next_(old)
        if new is old:
            return old
        new = replace(new, version=old.version + 1, updated_at=services.clock.now())
        suitable.check(services, new.settings)
        tx = Transaction(services.table)
        packed = rewritten.over(old.item, agent_records.pack(new), below={"settings": SETTINGS})
        still: list[Condition] = [Lacks("deleted"), *([Lacks("archived")] if old.archived_at is None else [])]
        tx.put(packed, Is("version", old.version), *still)
        tx.put(agent_records.version(new, packed.body), Absent())
        if new.name != old.name and old.named:
            agent_names.take(services, tx, tenant, new.name, old.id)
            tx.delete(keys.agent_name(tenant, old.name))
        if once:
            once.keep_made(tx, services, old.id)
        if stored:
            stored.keep(tx)
        try:
            tx.commit()
        except Refused as refusal:
            if old.named and refusal.key == keys.agent_name(tenant, new.name):
                raise agent_names.taken(new.name) from None
            if once and once.refuses(refusal):
                raise
            continue
        return agent_records.unpack(tenant, packed)


def archive(services: Services, tenant: str, called: str) -> Agent:
    """Let no session begin with an agent any more; those that do go on. Raises AgentNotFound."""
    key = keys.agent(tenant, get(services, tenant, called).id)
    mark = Change(*key, set={"archived": ms(services.clock.now())}, when=(Lacks("deleted"), Lacks("archived")))
    with suppress(Refused):
        services.table.write(mark)
    return get(services, tenant, called)


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
            services.table.write(
                gone, *([Delete(*keys.agent_name(tenant, agent.name))] if agent.readable and agent.named else [])
            )
        except Refused:
            continue
        return


def check(agent: Agent) -> None:
    """Raise Invalid for an agent of whom nobody knows any more what it may do."""
    if not agent.readable:
        raise Invalid(f"What is stored of the agent {agent.id} cannot be read; delete it, and make another one")
