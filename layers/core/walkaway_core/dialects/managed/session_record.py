"""What a session is to this dialect, beside the session itself: the agent as it took it, and its environment.

fact     unit    written by  says
agent    id      keep        which agent it took (of the sessions API)
version  number  keep        of which version
updated  ms      keep        when it was last changed by hand

The body has `environment` (an id) and `agent` (as the session shows it). It goes with the session. Names and units are
a contract: docs/upgrades.md. What the turns of the session are told is the session's own: its options say what the
agent said when it was made, and later versions do not reach it, since the session says each setting itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from walkaway_core.agent import showing
from walkaway_core.agent.agent_records import Agent
from walkaway_core.dialects.managed import agent_shown, ids, keys
from walkaway_core.dialects.managed.problems import unknown
from walkaway_core.ports.items import Absent, Fact, Item, Present, ms
from walkaway_core.store import bodies, salvage, sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext

NOWHERE: Final = "env_" + "0" * 24
"""The environment of a session that another dialect has made: none."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a session: `agent` and `version` are what it took, `shown` how it shows that."""

    agent: str
    version: int
    environment: str
    shown: Mapping[str, Any]

    def keep(self, services: Services, tx: Transaction, key: SessionKey, *, new: bool) -> None:
        """Write it, for a session that is made, or is changed. Called last: what is large is written here."""
        body = jsontext.dump_bytes({"environment": self.environment, "agent": self.shown})
        digest = hashlib.sha256(body).hexdigest()[:32]
        text, pointer = bodies.stow(services.workspace, key.tenant, f"{key.session}/managed-{digest}", body)
        facts: dict[str, Fact] = {"agent": self.agent, "version": self.version, "updated": ms(services.clock.now())}
        tx.put(Item(*keys.session(key), {**facts, **pointer}, text), Absent() if new else Present())


@dataclass(frozen=True, slots=True)
class ManagedSession:
    """A session as it was read, with what this dialect knows of it; `kept` is None where another one has made it."""

    session: Session
    agent: Mapping[str, Any]
    """As it shows it."""
    kept: Kept | None = None
    updated_at: float = 0

    @property
    def key(self) -> SessionKey:
        """Its name."""
        return self.session.key

    @property
    def id(self) -> str:
        """Its id."""
        return ids.session(self.session.key.session)

    @property
    def environment(self) -> str:
        """The id of its environment."""
        return self.kept.environment if self.kept else NOWHERE

    @property
    def archived(self) -> bool:
        """Whether it takes nothing more."""
        return self.session.archived_at > 0

    @property
    def title(self) -> str | None:
        """What somebody has called it; the sessions API calls others by the beginning of their first message."""
        return None if self.kept and not self.session.title_said else self.session.title or None

    @property
    def spent(self) -> bool:
        """Whether its budget is used up."""
        return self.session.budget is not None and self.session.cost >= self.session.budget


def find(services: Services, tenant: str, id_: str) -> ManagedSession:
    """Read a session by its id. Raises Refusal (404)."""
    ours = ids.read_session(id_)
    if ours is None:
        raise unknown("session", id_)
    return get(services, SessionKey(tenant, ours))


def get(services: Services, key: SessionKey) -> ManagedSession:
    """Read a session. Raises Refusal (404)."""
    record, owner = services.table.get(keys.session(key), key.item)
    if owner is None or not sessions.alive(owner, services.clock.now()):
        raise unknown("session", ids.session(key.session))
    return read(services, sessions.unpack(key, owner), record)


def gone(services: Services, tenant: str, id_: str) -> bool:
    """Whether a session was deleted a while ago."""
    ours = ids.read_session(id_)
    owner = services.table.get(SessionKey(tenant, ours).item)[0] if ours else None
    return owner is not None and "deleted" in owner.facts


def read(services: Services, session: Session, record: Item | None) -> ManagedSession:
    """Put a session and its record together; without one that can be read it is as one of another dialect's."""
    try:
        return _together(services, session, record) or ManagedSession(session, _agent(services, session))
    except salvage.WRONG:
        return ManagedSession(session, _agent(services, session))


def _together(services: Services, session: Session, record: Item | None) -> ManagedSession | None:
    body = gate.stored_object(bodies.shown(services.workspace, session.key.tenant, record)) if record else {}
    environment, agent = body.get("environment"), body.get("agent")
    if record is None or not (isinstance(environment, str) and isinstance(agent, dict)):
        return None
    took, version = str(record.facts.get("agent", "")), record.number("version", 0)
    kept = Kept(took, version, environment, agent)
    return ManagedSession(session, agent, kept, record.time("updated", 0))


def _agent(services: Services, session: Session) -> dict[str, Any]:
    """Show the settings of a session that another dialect has made as those of an agent."""
    now = showing.settings_now(services, session)
    name = session.options.agent or f"agt_{session.key.session.rpartition('_')[2]}"
    at = session.created_at
    agent = Agent(
        session.key.tenant, name, session.title or "Agent", "", 1, at, at, replace(now, tools=(), tools_at="")
    )
    return agent_shown.shown(services, agent, ())
