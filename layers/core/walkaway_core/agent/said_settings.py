"""Settings that were said beside those of a session: for one turn, or for all that begin from then on.

They stand below the session in an item SETTINGS#{hash} without facts, whose body has the settings by their names in
AgentSettings. It never changes, and whoever says the same shares it. A turn's record names what its message said
(`settings` in store/turn_facts.py), a session's what its next turns are told (store/session_facts.py). Names are a
contract: docs/upgrades.md.
"""

import hashlib
from dataclasses import dataclass

from walkaway_core.agent.client_tools import StoredTools
from walkaway_core.agent.settings import Said
from walkaway_core.ports.items import Item
from walkaway_core.store import bodies, keys
from walkaway_core.store.agent_settings import AgentSettings, known
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext


@dataclass(frozen=True, slots=True)
class Told:
    """Settings that are to be kept; `name` is what they are found by."""

    name: str
    body: bytes

    @classmethod
    def of(cls, said: Said) -> "Told":
        """Name settings."""
        body = jsontext.dump_bytes(dict(said))
        return cls(hashlib.sha256(body).hexdigest()[:32], body)

    def keep(self, services: Services, tx: Transaction, key: SessionKey, tools: StoredTools | None = None) -> None:
        """Keep them below the session, with the tools that they name. Called last: what is large is written here."""
        text, pointer = bodies.stow(services.workspace, key.tenant, f"{key.session}/settings-{self.name}", self.body)
        tx.put(Item(*keys.hashed(key.tenant, key.session, "SETTINGS", self.name), pointer, text))
        if tools:
            tools.keep(tx)


def load(services: Services, key: SessionKey, name: str) -> Said:
    """Read what was said under a name; nothing under the empty one. Raises LookupError where it is gone or damaged."""
    if not name:
        return {}
    item = services.table.get(keys.hashed(key.tenant, key.session, "SETTINGS", name))[0]
    if item is None:
        raise LookupError(f"settings that were said in {key.session} are gone")
    body = gate.stored_object(bodies.fetch(services.workspace, key.tenant, item))
    if gate.UNREADABLE in body:
        raise LookupError(f"settings that were said in {key.session} cannot be read")
    return known(AgentSettings, body)
