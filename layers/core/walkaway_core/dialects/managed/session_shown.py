"""A session as this dialect shows it (contract E.7): every field is there, whoever has made the session."""

from typing import Any

from walkaway_core.dialects.managed import dates, metadata, resources, sent_calls, statuses, usage
from walkaway_core.dialects.managed.session_record import ManagedSession
from walkaway_core.store import turns
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn


def now(services: Services, managed: ManagedSession) -> dict[str, Any]:
    """Show a session as it is now."""
    session = managed.session
    turn = turns.running(services, [session]).get(session.turn)
    return shown(services, managed, turn, statuses.of(services, session, turn))


def shown(services: Services, managed: ManagedSession, turn: Turn | None, status: str) -> dict[str, Any]:
    """Show a session that stands like this, its turn being this one if one runs."""
    session, at = managed.session, services.clock.now()
    began = turn.began_at if turn else 0
    return {
        "type": "session",
        "id": managed.id,
        "status": status,
        "pending_tool_calls": sent_calls.waiting(services, turn),
        "title": managed.title,
        "environment_id": managed.environment,
        "agent": managed.agent,
        "resources": resources.shown(services, managed.key),
        "vault_ids": [],
        "outcome_evaluations": [],
        "metadata": metadata.texts(session.metadata),
        "deployment_id": None,
        "budget": usage.budget(session.budget),
        "usage": usage.of(session, turn, at),
        "stats": usage.stats(session, turn, at),
        "created_at": dates.shown(session.created_at),
        "updated_at": dates.shown(max(session.last_activity, managed.updated_at, session.archived_at, began)),
        "archived_at": dates.perhaps(session.archived_at or None),
    }
