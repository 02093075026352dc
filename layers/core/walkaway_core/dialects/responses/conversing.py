"""How a response begins in a conversation: behind what was added to it, or behind the one that runs (contract D.17)."""

from dataclasses import replace
from typing import Any

from walkaway_core.dialects.responses import added, beginning, conversations
from walkaway_core.dialects.responses.beginning import Attempt, Wanted
from walkaway_core.dialects.responses.conversations import Conversation
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.dialects.responses.wire import ResponseCreate
from walkaway_core.engine import queueing, starting
from walkaway_core.store import turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

BOTH = "previous_response_id: a conversation goes on from its own last response; leave one of the two out"
WAITS = "input: only messages of the user's can wait for the response that runs; send this when it is over"


def begin(services: Services, tenant: str, asked: ResponseCreate, once: Once | None = None) -> tuple[Turn, bool]:
    """Begin a response, in a conversation if it names one, as `beginning.begin` does.

    Raises what that does, and SessionBusy where another one runs and it may not wait.
    """
    if not asked.conversation:
        return beginning.begin(services, tenant, asked, once)

    def prepare() -> Attempt:
        if asked.previous_response_id:
            raise Refusal(BOTH, "previous_response_id")
        id_ = named(asked.conversation)
        wanted = beginning.wanted(services, tenant, asked, standing=True)
        said = {**wanted.asked.said, "conversation": {"id": id_}}
        read = replace(wanted, asked=replace(wanted.asked, said=said))
        return lambda: _begin(services, tenant, id_, read, once)

    return beginning.begun(services, once, prepare)


def _begin(services: Services, tenant: str, id_: str, wanted: Wanted, once: Once | None) -> Turn | None:
    """Begin it in a conversation, or let it wait there; None when something has changed meanwhile."""
    found = conversations.find(services, tenant, id_)
    if found.session.busy and wanted.asked.background:
        return _waiting(services, found, wanted, once)
    conversations.locked(found.session)
    return _next(services, tenant, found, wanted, once)


def named(said: Any) -> str:
    """Read which conversation: its id, or an object with that. Raises Refusal."""
    id_ = said.get("id") if isinstance(said, dict) else said
    if not isinstance(id_, str):
        raise Refusal("conversation must be an id, or an object with an id", "conversation")
    return id_


def _next(services: Services, tenant: str, found: Conversation, wanted: Wanted, once: Once | None) -> Turn | None:
    """Begin it in a conversation that is free; None when something has changed meanwhile."""
    session, given = found.session, wanted.given
    if waiting := added.waiting(services, session):
        given = beginning.stands(beginning.given(services, tenant, [*waiting, *given.items]))
        given.items = given.items[len(waiting) :]
    behind = turns.load(services, session.key.turn(session.ended_turn)) if session.ended_turn else None
    now = replace(wanted, given=given, asked=replace(wanted.asked, notes=given.notes))
    now, brought = beginning.answered(services, now, behind)
    return starting.claim(services, session, beginning.following(services, session, now, brought, found.there), once)


def _waiting(services: Services, found: Conversation, wanted: Wanted, once: Once | None) -> Turn | None:
    """Let it wait behind the one that runs. Raises Refusal for what cannot wait, QueueFull."""
    given = wanted.given
    if given.before or given.outputs or given.approvals:
        raise Refusal(WAITS, "input")
    message = beginning.following(services, found.session, wanted, there=found.there)
    return queueing.enqueue(services, found.session, message, once)
