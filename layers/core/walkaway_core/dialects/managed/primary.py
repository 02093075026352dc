"""A session and its primary thread, which is the session itself: found by their ids."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.dialects.managed import ids, session_record, session_shown
from walkaway_core.dialects.managed.problems import unknown
from walkaway_core.dialects.managed.session_record import ManagedSession
from walkaway_core.dialects.managed.told import Who
from walkaway_core.dialects.managed.walking import Walk
from walkaway_core.http.access import Caller
from walkaway_core.store.services import Services


def walk(caller: Caller, session: str) -> Walk:
    """Find a session by its id, to go through its events. Raises Refusal."""
    return of(caller.services, session_record.find(caller.services, caller.tenant, session))


def of(services: Services, managed: ManagedSession) -> Walk:
    """Go through a session's events."""
    return Walk(services, managed.key, Who(managed.key.session, str(managed.agent.get("name", ""))))


def check(session: str, thread: str) -> None:
    """Raise Refusal for another thread than a session's primary one: there is none."""
    if ids.read_thread(thread) is None or ids.read_thread(thread) != ids.read_session(session):
        raise unknown("thread", thread)


def shown(services: Services, managed: ManagedSession) -> dict[str, Any]:
    """Show a session as its primary thread."""
    session = session_shown.now(services, managed)
    return {
        "type": "session_thread",
        "id": ids.thread(managed.key.session),
        "session_id": session["id"],
        "parent_thread_id": None,
        "status": session["status"],
        "agent": _agent(session["agent"]),
        "usage": session["usage"] if managed.session.ended_turn else None,
        "stats": session["stats"] | {"startup_seconds": 0},
        "workflow_run_id": None,
        **{name: session[name] for name in ("created_at", "updated_at", "archived_at")},
    }


def _agent(agent: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in agent.items() if name != "multiagent"}
