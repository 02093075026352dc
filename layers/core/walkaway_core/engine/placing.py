"""Where a message takes its place that goes on from a turn: in that turn's session, or in a new one behind it.

The next turn of the same session is made by `starting.claim`, a new session whose parent the turn is by
`starting.with_session`. `successor` says which it is; who loses a race looks again.
"""

from dataclasses import replace
from typing import Any

from walkaway_core.errors import ResponseNotFound, SessionBusy, SessionNotFound
from walkaway_core.log import transcript
from walkaway_core.log.conversation import conversation
from walkaway_core.store import sessions, turn_facts, turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.parents import Parent
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions


def successor(services: Services, key: TurnKey, options: SessionOptions) -> Session | None:
    """Give the session whose next turn is to be what goes on from a turn; None: a new one is.

    It is the turn's own if that is a chain of these options, settings aside, in which nothing has come behind the turn.
    Raises SessionNotFound, ResponseNotFound, SessionBusy for a turn that is not over.
    """
    _, turn = _over(services, key)
    session = sessions.get(services, key.owner)
    alike = options.chain and _life(session.options) == _life(options)
    last = session.last_turn == (turn.key.order or key.turn)
    return session if alike and last and session.readable and not session.busy else None


def origin(services: Services, key: TurnKey) -> Parent:
    """Say where a new session begins that goes on from a turn: how that ended makes no difference.

    Raises SessionNotFound, ResponseNotFound, also for another tenant's; SessionBusy for a turn that is not over.
    """
    above, turn = _over(services, key)
    return Parent(key.session, key.turn, turn.key.order or key.turn, above.depth + 1 if above else 1)


def copied(services: Services, tenant: str, parent: Parent) -> list[dict[str, Any]]:
    """Give the conversation up to a turn as messages, with all that it is read from: they stand for themselves."""
    owner = parent.key(tenant).owner
    record = services.table.get(owner.item)[0]
    above = Parent.of(record.facts) if record else None
    made = conversation(transcript.entries(services, owner, f"ENTRY#{parent.upto}#~", parent=above))
    while made.places and made.places[-1] and made.places[-1][-1] is None:
        made.places[-1].pop()  # what the model is told of its last answer, if nothing has come behind that
        made.messages[-1]["content"].pop()
    return [message for message in made.messages if message["content"]]


def _over(services: Services, key: TurnKey) -> tuple[Parent | None, turns.Turn]:
    """Read a turn from which somebody goes on, and the parent of its session."""
    owner, item = services.table.get(key.owner.item, key.item)
    if owner is None or not sessions.alive(owner, services.clock.now()):
        raise SessionNotFound
    if item is None or "forgotten" in item.facts:
        raise ResponseNotFound
    turn = turns.unpack(key, item)
    if turn.status not in turn_facts.OVER:
        raise SessionBusy(key.turn, f"The response {key.turn} is not over: wait for its end, or cancel it")
    return Parent.of(owner.facts), turn


def _life(options: SessionOptions) -> SessionOptions:
    return replace(options, settings=AgentSettings(), own=())
