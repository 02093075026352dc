"""Environments: how the commands of sessions run, a small record that sessions name (contract E.6).

item          fact      unit    written by      says
ENVIRONMENT   version   number  create, update  how often it has changed, from 1
              created   ms      create          when it was made
              updated   ms      create, update  when it last changed
              archived  ms      archive         since when no session is made with it; absent: it was never archived

Its body has `name`, `description` (text, or null), `config` as it is shown, and `metadata`. What is deleted is gone:
sessions keep what they took of it. Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from walkaway_core.dialects.managed import dates, environment_config, keys, metadata
from walkaway_core.dialects.managed.environment_wire import EnvironmentCreate, EnvironmentUpdate
from walkaway_core.dialects.managed.problems import invalid, unknown
from walkaway_core.ports.items import Absent, Change, Delete, Fact, Is, Item, Lacks, Present, Refused, ms
from walkaway_core.store import backwards, rewritten, salvage
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment as it is now."""

    tenant: str
    id: str
    name: str
    description: str | None
    config: Mapping[str, Any]
    metadata: Mapping[str, str]
    version: int
    created_at: float
    updated_at: float
    archived_at: float | None = None
    readable: bool = True
    """Whether what is stored of it can be read; else nobody knows what commands may do in it."""
    item: Item | None = field(default=None, compare=False, repr=False)
    """As it was read."""

    @property
    def network(self) -> bool:
        """Whether commands may use a network, where there is one."""
        return bool(self.config["networking"]["type"] == "unrestricted")


def create(services: Services, tenant: str, asked: EnvironmentCreate, once: Once | None = None) -> Environment:
    """Make an environment; others may have its name. Raises Refusal, and Refused where the key of `once` is taken."""
    _check_scope(asked.scope)
    now, id_ = services.clock.now(), services.ids.new("env_")
    config = environment_config.over(None, asked.config, services.settings)
    kept = metadata.checked(asked.metadata)
    made = Environment(tenant, id_, asked.name, asked.description, config, kept, 1, now, now)
    tx = Transaction(services.table)
    tx.put(item := _pack(made), Absent())
    if once:
        once.keep_made(tx, services, id_)
    tx.commit()
    return _unpack(tenant, item)


def get(services: Services, tenant: str, id_: str) -> Environment:
    """Read an environment. Raises Refusal (404)."""
    item = services.table.get(keys.environment(tenant, id_))[0] if id_.startswith("env_") else None
    if item is None:
        raise unknown("environment", id_, code="environment_not_found")
    return _unpack(tenant, item)


def for_session(services: Services, tenant: str, id_: str) -> Environment:
    """Read an environment with which a session is to be made. Raises Refusal where none can be made with it."""
    found = get(services, tenant, id_)
    _check_readable(found, "environment_id")
    if found.archived_at is not None:
        raise invalid(f"{id_} is archived; name another one", "environment_id", code="environment_archived")
    return found


def newest(services: Services, tenant: str, about: int, after: str = "") -> Iterator[Environment]:
    """Go through environments, the newest first, those before `after`; `about` as many as will be taken."""
    pk, first = keys.environment(tenant, "")
    found = backwards.items(services, pk, first + (after or END), first=about, after=first)
    return (_unpack(tenant, item) for item in found)


def update(services: Services, tenant: str, id_: str, asked: EnvironmentUpdate) -> Environment:
    """Change what is said; what changes nothing writes nothing. Raises Refusal."""
    _check_scope(asked.scope)
    while True:
        old = get(services, tenant, id_)
        if old.archived_at is not None:
            raise invalid(f"{id_} is archived and does not change any more", code="environment_archived")
        _check_readable(old)
        new = replace(
            old,
            name=asked.name or old.name,
            description=asked.description if "description" in asked.model_fields_set else old.description,
            config=environment_config.over(old.config, asked.config, services.settings) if asked.config else old.config,
            metadata=metadata.patched(old.metadata, asked.metadata, empties=True),
        )
        if new == old:
            return old
        new = replace(new, version=old.version + 1, updated_at=services.clock.now())
        tx = Transaction(services.table)
        tx.put(item := rewritten.over(old.item, _pack(new)), Is("version", old.version), Lacks("archived"))
        try:
            tx.commit()
        except Refused:
            continue
        return _unpack(tenant, item)


def archive(services: Services, tenant: str, id_: str) -> Environment:
    """Let no session be made with an environment any more; those that there are go on. Raises Refusal."""
    key = keys.environment(tenant, get(services, tenant, id_).id)
    mark = Change(*key, set={"archived": ms(services.clock.now())}, when=(Present(), Lacks("archived")))
    with suppress(Refused):
        services.table.write(mark)
    return get(services, tenant, id_)


def delete(services: Services, tenant: str, id_: str) -> None:
    """Delete an environment; sessions that were made with it go on. Raises Refusal."""
    services.table.write(Delete(*keys.environment(tenant, get(services, tenant, id_).id)))


def shown(environment: Environment) -> dict[str, Any]:
    """Show an environment."""
    return {
        "type": "environment",
        "id": environment.id,
        "name": environment.name,
        "description": environment.description,
        "scope": "organization",
        "config": dict(environment.config),
        "metadata": dict(environment.metadata),
        "created_at": dates.shown(environment.created_at),
        "updated_at": dates.shown(environment.updated_at),
        "archived_at": dates.perhaps(environment.archived_at),
    }


def _check_readable(environment: Environment, field: str = "") -> None:
    if not environment.readable:
        raise invalid(f"what is stored of {environment.id} cannot be read; delete it, and make another one", field)


def _check_scope(scope: str | None) -> None:
    if scope == "account":
        raise invalid("an environment is for all keys of its owner; say organization, or leave it out", "scope")


def _pack(made: Environment) -> Item:
    facts: dict[str, Fact] = {"version": made.version, "created": ms(made.created_at), "updated": ms(made.updated_at)}
    body = {name: getattr(made, name) for name in ("name", "description", "config", "metadata")}
    return Item(*keys.environment(made.tenant, made.id), facts, jsontext.dump_bytes(body))


def _unpack(tenant: str, item: Item) -> Environment:
    return salvage.read(item, lambda whole: _whole(tenant, whole), {"version": 0, "created": 0, "updated": 0})


def _whole(tenant: str, item: Item) -> Environment:
    body = {"description": None, "config": {}, "metadata": {}} | gate.stored_object(item.body, "name")
    salvage.typed(body, name=str, config=dict, metadata=dict)
    readable = gate.UNREADABLE not in body
    return Environment(
        tenant=tenant,
        id=item.sk.partition("#")[2],
        name=body["name"] if readable else gate.UNREADABLE,
        description=body["description"] if readable else body[gate.UNREADABLE],
        config={**environment_config.UNKNOWN, **body["config"]},
        metadata=body["metadata"],
        version=item.number("version"),
        created_at=item.time("created"),
        updated_at=item.time("updated"),
        archived_at=item.time("archived") if "archived" in item.facts else None,
        readable=readable,
        item=item,
    )
