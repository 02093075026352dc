"""Sessions: made, archived and deleted (contract E.7). They have no end, and keep the agent that they took."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from walkaway_core.agent import client_tools, settings
from walkaway_core.agent.client_tools import StoredTools
from walkaway_core.dialects.managed import agents, budgets, environments, metadata, resources, sending, session_record
from walkaway_core.dialects.managed.agents import AgentAsOf
from walkaway_core.dialects.managed.problems import invalid, unknown
from walkaway_core.dialects.managed.resources import Prepared
from walkaway_core.dialects.managed.session_record import Kept, ManagedSession
from walkaway_core.dialects.managed.session_wire import SessionCreate
from walkaway_core.engine import archiving, creating, deleting, starting
from walkaway_core.engine.starting import Message
from walkaway_core.errors import SessionBusy, SessionNotFound
from walkaway_core.ports.items import Refused
from walkaway_core.store import session_facts, starts
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.lifetimes import FOR_EVER
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

OWN: Final = settings.in_order(settings.NAMES)
"""What a session says itself: everything, so that no later version of its agent reaches it."""


@dataclass(frozen=True, slots=True)
class _New:
    """A session that is to be made; nothing of it is written yet."""

    key: SessionKey
    options: SessionOptions
    tools: StoredTools
    kept: Kept
    title: str
    metadata: dict[str, str]
    budget: int | None
    prepared: Prepared

    def along(self, services: Services, tx: Transaction) -> None:
        """Write what it is to this dialect, in the transaction that has made it."""
        facts = session_facts.describes(jsontext.dumps(self.metadata), 0)
        facts |= session_facts.titled(self.title, said=True) if self.title else {}
        facts |= {} if self.budget is None else session_facts.budgeted(self.budget)
        tx.change(self.key.item, set=facts)
        self.prepared.along(tx)
        self.kept.keep(services, tx, self.key, new=True)
        self.tools.keep(tx)


def create(services: Services, tenant: str, asked: SessionCreate, once: Once | None = None) -> ManagedSession:
    """Make a session: it is there with all that it begins with, or not at all.

    Raises Refusal, Invalid, FileNotFound, QuotaReached, Unavailable, and Refused where the key of `once` is taken.
    """
    if asked.vault_ids:
        raise invalid("there are no vaults here; give a custom tool what it needs", "vault_ids")
    agent = agents.resolved(services, tenant, asked.agent)
    environment = environments.for_session(services, tenant, asked.environment_id)
    key = SessionKey(tenant, services.ids.new("sess_"))
    title, described = titled(asked.title) or "", metadata.checked(asked.metadata)
    files = resources.asked(services, tenant, asked.resources or (), name="resources")
    message = sending.initial(services, tenant, asked.initial_events) if asked.initial_events else None
    tools = client_tools.store(services, tenant, key.session, agent.functions)
    # Calls wait as long as it takes.
    settings = AgentSettings(**{**agent.said, **tools.settings, "tool_timeout": 0})
    options = _options(agent, settings, network=environment.network)
    budget = budgets.read(services, asked.budget, settings)
    kept = Kept(agent.id, agent.version, environment.id, agent.shown)
    prepared = resources.prepare(services, key, files)
    new = _New(key, options, tools, kept, title, described, budget, prepared)
    try:
        _make(services, new, message, once)
    except Exception:
        prepared.forget()
        raise
    return session_record.get(services, key)


def _options(agent: AgentAsOf, settings: AgentSettings, *, network: bool) -> SessionOptions:
    return SessionOptions(persistent=True, ttl=FOR_EVER, network=network, agent=agent.id, own=OWN, settings=settings)


def _make(services: Services, new: _New, message: Message | None, once: Once | None) -> None:
    """Write it, with the turn that its first message begins."""
    tenant, name = new.key.tenant, new.key.session
    if message is None:
        try:
            creating.create(services, tenant, new.options, {}, lambda tx: new.along(services, tx), name=name, once=once)
        except Refused:
            new.prepared.check()
            raise
        return
    also = message.along

    def along(tx: Transaction, turn: TurnKey) -> None:
        new.along(services, tx)
        if also:
            also(tx, turn)

    begun = None
    while begun is None:
        if once and once.made(services) is not None:
            raise SessionBusy("", "The same request is being carried out; send it again")
        tx = Transaction(services.table)
        if once:
            once.keep_made(tx, services, name)
        said = replace(message, along=along)
        begun = starting.with_session(services, tenant, new.options, said, None, tx=tx, name=name)
        if begun is None:
            new.prepared.check()
    starts.begin(services, begun)


def archive(services: Services, managed: ManagedSession) -> ManagedSession:
    """Close a session for ever; one that waits for its caller ends first. Raises Refusal for one that runs."""
    if not _unless_gone(managed, lambda: archiving.archive(services, managed.key)):
        raise invalid(f"The session {managed.id} cannot be archived while its status is running; interrupt it, or wait")
    return session_record.get(services, managed.key)


def delete(services: Services, managed: ManagedSession) -> None:
    """Delete a session; one that waits for its caller ends first. Raises Refusal for one that runs."""
    if not _unless_gone(managed, lambda: deleting.delete(services, managed.key, running=False)):
        raise invalid(f"Cannot delete session while it is running: interrupt {managed.id}, or wait for its end")


def _unless_gone(managed: ManagedSession, act: Callable[[], bool]) -> bool:
    try:
        return act()
    except SessionNotFound:
        raise unknown("session", managed.id) from None


def titled(title: str | None) -> str | None:
    """Give a title as it is kept. Raises Refusal for one of several lines."""
    if title and not title.isprintable():
        raise invalid("has characters that cannot be seen, such as line breaks; leave them out", "title")
    return title or None
