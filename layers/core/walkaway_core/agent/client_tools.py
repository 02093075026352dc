"""Tools that the caller runs: their definitions, kept beside what has said them; settings hold their names."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from walkaway_core.errors import Invalid, Unavailable
from walkaway_core.ports.items import Item, Refused
from walkaway_core.store import bodies, keys
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext
from walkaway_wire.tools import FunctionTool


@dataclass(frozen=True, slots=True)
class StoredTools:
    """Definitions that are to be kept; `settings` is what settings then say of them."""

    settings: dict[str, Any]
    _make: Callable[[], Item] | None = None
    _drop: Callable[[], None] = lambda: None

    def keep(self, tx: Transaction) -> None:
        """Keep them with what names them. Called last: what is large is written here, and a refusal leaves nothing."""
        if self._make:
            tx.put(self._make())

    def keep_with_new(self, tx: Transaction) -> None:
        """Keep them, and carry out what makes whom they belong to: of one that is surely not made nothing stays.

        Raises Refused, Unavailable, Unknown.
        """
        self.keep(tx)
        try:
            tx.commit()
        except (Refused, Unavailable) as error:
            if isinstance(error, Refused) or not error.changed:
                self._drop()
            raise


def check(wanted: Sequence[FunctionTool]) -> None:
    """Raise Invalid for a name that two tools have; `suitable` looks whether it is a server's tool's, too."""
    seen: set[str] = set()
    for tool in wanted:
        if tool.name in seen:
            raise Invalid(f"Two tools are called {tool.name!r}; a name can stand for one only")
        seen.add(tool.name)


def store(services: Services, tenant: str, owner: str, wanted: Sequence[FunctionTool]) -> StoredTools:
    """Look at definitions that are to be kept below a session or an agent. Raises Invalid."""
    check(wanted)
    if not wanted:
        return StoredTools({"tools": (), "tools_at": ""})
    body = jsontext.dump_bytes([tool.model_dump(exclude={"type", "strict"}) for tool in wanted])
    digest = hashlib.sha256(body).hexdigest()[:32]

    def make() -> Item:
        text, pointer = bodies.stow(services.workspace, tenant, f"{owner}/tools-{digest}", body)
        return Item(*keys.hashed(tenant, owner, "TOOLS", digest), pointer, text)

    def drop() -> None:
        bodies.drop(services.workspace, tenant, owner)

    return StoredTools({"tools": tuple(tool.name for tool in wanted), "tools_at": f"{owner}#{digest}"}, make, drop)


def load(services: Services, tenant: str, settings: AgentSettings) -> list[dict[str, Any]]:
    """Read the definitions of the caller's tools: name, description, parameters and timeout of each.

    Raises LookupError where they are gone or cannot be read: a turn without them would be another one.
    """
    if not settings.tools:
        return []
    owner, _, digest = settings.tools_at.partition("#")
    item = services.table.get(keys.hashed(tenant, owner, "TOOLS", digest))[0]
    if item is None:
        raise LookupError(f"the tools at {settings.tools_at} are gone")
    loaded = gate.stored_list(bodies.fetch(services.workspace, tenant, item))
    if [tool.get("name") for tool in loaded] != list(settings.tools):
        raise LookupError(f"the tools at {settings.tools_at} cannot be read")
    return loaded


def definitions(services: Services, tenant: str, settings: AgentSettings) -> list[dict[str, Any]]:
    """Describe them to the model, in the shape of the Messages API."""
    return [
        {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}
        for tool in load(services, tenant, settings)
    ]
