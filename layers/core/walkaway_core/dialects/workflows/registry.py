"""Tools that a tenant has registered: every task of an agent without tools of its own is offered them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from walkaway_core.agent import tools
from walkaway_core.dialects.workflows import index, keys
from walkaway_core.errors import BodyTooLarge, Invalid, QuotaReached
from walkaway_core.ports.items import Absent, Fact, Is, Item, Present, Put, Refused, ms
from walkaway_core.store import rewritten, salvage
from walkaway_core.store.services import Services
from walkaway_wire import gate, jsontext, problems
from walkaway_wire.tools import MOST, FunctionTool

MOST_BYTES = 300_000
"""Of one tool as JSON: all of it stands in one item."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A tool as it was registered last."""

    id: int
    name: str
    namespace: str
    definition: Mapping[str, Any]
    created_at: float
    updated_at: float

    @property
    def tool(self) -> FunctionTool:
        """What the model is offered."""
        definition = self.definition
        return FunctionTool(
            name=self.name, description=definition["description"], parameters=dict(definition["schema_data"])
        )


def register(services: Services, tenant: str, wanted: Sequence[Mapping[str, Any]]) -> list[Registered]:
    """Register tools, over those of the same name, or none. Raises Invalid, BodyTooLarge, QuotaReached."""
    for tool in wanted:
        _check(tool)
    there = {(stored.name, stored.namespace) for stored in all_of(services, tenant)}
    if len(there | {(tool["name"], tool["namespace"]) for tool in wanted}) > MOST:
        raise QuotaReached(f"A tenant can have {MOST} registered tools, and there are {len(there)}")
    return [_put(services, tenant, tool) for tool in wanted]


def all_of(services: Services, tenant: str) -> list[Registered]:
    """Read all registered tools, the oldest first."""
    items = services.table.query(keys.registered(tenant, "", "")[0]).items
    return sorted((_unpack(item) for item in items), key=lambda tool: tool.id)


def offered(services: Services, tenant: str) -> list[FunctionTool]:
    """The tools that a task is offered: of one name the last one, in whatever namespace."""
    there = [tool for tool in all_of(services, tenant) if gate.UNREADABLE not in tool.definition]
    last = {tool.name: tool for tool in sorted(there, key=lambda tool: tool.updated_at)}
    return [tool.tool for tool in sorted(last.values(), key=lambda tool: tool.id)]


def _check(definition: Mapping[str, Any]) -> None:
    try:
        tool = FunctionTool(
            name=definition["name"], description=definition["description"], parameters=dict(definition["schema_data"])
        )
    except ValidationError as error:
        raise Invalid(
            f"The tool {definition['name'][:100]!r} cannot be registered: {problems.of_fields(error)}"
        ) from None
    tools.check_free(tool.name)
    if (size := len(jsontext.dump_bytes(dict(definition)))) > MOST_BYTES:
        raise BodyTooLarge(f"The tool {definition['name'][:100]!r} has {size} bytes as JSON; the limit is {MOST_BYTES}")


def _put(services: Services, tenant: str, definition: Mapping[str, Any]) -> Registered:
    key, now = keys.registered(tenant, definition["namespace"], definition["name"]), services.clock.now()
    while True:
        stored = services.table.get(key)[0]
        before = _unpack(stored) if stored else None
        lost = before is not None and before.id == 0
        facts: dict[str, Fact] = {
            "id": before.id if before and not lost else index.new_id(now),
            "created": ms(before.created_at if before else now),
            "updated": ms(now),
        }
        item = rewritten.over(stored, Item(*key, facts, jsontext.dump_bytes(dict(definition))), *definition)
        try:
            services.table.write(
                Put(item, (Present(),) if lost else (Is("id", facts["id"]),) if before else (Absent(),))
            )
        except Refused:
            continue
        return _unpack(item)


def _unpack(item: Item) -> Registered:
    return salvage.read(item, _whole, {"id": 0, "created": 0, "updated": 0})


def _whole(item: Item) -> Registered:
    definition = gate.stored_object(item.body, "name", "namespace", "description", "schema_data")
    salvage.typed(definition, name=str, namespace=str, description=str, schema_data=dict)
    if gate.UNREADABLE in definition:
        about = {"name": gate.UNREADABLE, "namespace": "", "description": definition[gate.UNREADABLE]}
        definition = {**about, "schema_data": {}, gate.UNREADABLE: True}
    return Registered(
        id=item.number("id"),
        name=definition["name"],
        namespace=definition["namespace"],
        definition=definition,
        created_at=item.time("created"),
        updated_at=item.time("updated"),
    )
