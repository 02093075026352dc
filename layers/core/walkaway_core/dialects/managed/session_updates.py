"""What is changed about a session: title, metadata, budget, and the tools of its next turns (contract E.7).

All of it is one transaction and, where something is another then, one event.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from walkaway_core.agent import client_tools, held, settings, suitable
from walkaway_core.agent.client_tools import StoredTools
from walkaway_core.agent.said_settings import Told
from walkaway_core.dialects.managed import (
    budgets,
    commands,
    metadata,
    refusing,
    session_record,
    sessions,
    statuses,
    toolset,
    usage,
)
from walkaway_core.dialects.managed.agent_wire import Refused
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.dialects.managed.session_record import Kept, ManagedSession
from walkaway_core.dialects.managed.session_wire import AgentChange, Budget, SessionUpdate
from walkaway_core.log import metadata as described
from walkaway_core.log.metadata import Also
from walkaway_core.ports.items import Is, Lacks
from walkaway_core.store import session_facts, turns
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction

BYTES: Final = metadata.MOST * (metadata.KEY + metadata.VALUE) * 6 + 1000
"""As many as the largest metadata of this dialect can have as JSON."""


@dataclass
class _Changes:
    """What is another then: as the event says it, and as it is written."""

    kept: Kept
    said: dict[str, Any] = field(default_factory=dict)
    told: tuple[Told, StoredTools] | None = None


def update(services: Services, managed: ManagedSession, asked: SessionUpdate) -> ManagedSession:
    """Change what is named. Raises Refusal, Invalid (SessionArchived), SessionNotFound."""
    if asked.vault_ids is not None:
        raise invalid("there are no vaults here; leave it out", "vault_ids")
    patch = dict(asked.metadata or {})
    title = (sessions.titled(asked.title) or "") if "title" in asked.model_fields_set else None

    def decide(session: Session) -> Also:
        metadata.patched(metadata.texts(session.metadata), patch)
        now = session_record.get(services, session.key)
        if now.kept is None:
            return _foreign(asked)
        changes = _Changes(now.kept)
        if asked.agent is not None:
            _agent(services, session, asked.agent, changes)
        if "budget" in asked.model_fields_set:
            _budget(services, session, asked.budget, changes)
        return Also(changes.said, lambda tx: _keep(services, tx, session, changes))

    described.merge(services, managed.key, patch, title=title, also=decide, most=BYTES)
    return session_record.get(services, managed.key)


def _foreign(asked: SessionUpdate) -> Also:
    """Change a session that another dialect has made: it has neither a budget nor an agent of its own."""
    for name in asked.model_fields_set & {"agent", "budget"}:
        raise invalid("the session was not made as one of an agent, and has none", name)
    return Also({}, lambda _: None)


def _agent(services: Services, session: Session, asked: AgentChange, changes: _Changes) -> None:
    """Give the next turns other tools. Raises Refusal for a session that is not idle."""
    refusing.check(Refused(mcp_servers=asked.mcp_servers))
    if asked.tools is None:
        return
    turn = turns.running(services, [session]).get(session.turn)
    if statuses.of(services, session, turn) != "idle":
        raise invalid(
            "tools can be changed while the session is idle: interrupt it, or wait for its end", "agent.tools"
        )
    now, _ = held.at_start(services, session)
    tools = toolset.resolve(asked.tools, settings.called(services, now))
    if tools.shown == changes.kept.shown.get("tools"):
        return
    commands.check(services, tools.said, "agent.tools")
    stored = client_tools.store(services, session.key.tenant, session.key.session, tools.functions)
    said = {**tools.said, **stored.settings}
    suitable.check(services, settings.over(now, said))
    changes.told = Told.of(said), stored
    changes.kept = replace(changes.kept, shown={**changes.kept.shown, "tools": tools.shown})
    changes.said["agent"] = changes.kept.shown


def _budget(services: Services, session: Session, asked: Budget | None, changes: _Changes) -> None:
    now, _ = held.at_start(services, session)
    most = budgets.changed(services, session, asked, now)
    if most != session.budget:
        changes.said["budget"] = usage.budget(most)


def _keep(services: Services, tx: Transaction, session: Session, changes: _Changes) -> None:
    """Write what is another, but for title and metadata; what is large comes last."""
    key = session.key.item
    if "budget" in changes.said:
        before = Lacks("budget") if session.budget is None else Is("budget", session.budget)
        most = changes.said["budget"] and usage.micro(changes.said["budget"])
        tx.change(key, before, **({"drop": ("budget",)} if most is None else {"set": session_facts.budgeted(most)}))
    changes.kept.keep(services, tx, session.key, new=False)
    if changes.told:
        told, stored = changes.told
        tx.change(key, set=session_facts.told(told.name))
        told.keep(services, tx, session.key, stored)
