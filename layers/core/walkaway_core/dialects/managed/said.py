"""What a turn's log leaves to the conversation, read from the Table when it is asked for (`told.Said`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from walkaway_core.dialects.managed import usage
from walkaway_core.dialects.managed.told import Block
from walkaway_core.log import transcript
from walkaway_core.ports.items import Key
from walkaway_core.store import sessions, spending, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session


class Stored:
    """Said: of one turn. What is gone says nothing."""

    def __init__(self, services: Services, key: TurnKey) -> None:
        """`key` as the turn's record has it, with its place in the conversation."""
        self._services, self._key = services, key

    def message(self) -> Sequence[Block]:
        """Give the blocks of the message with which the turn began, without what it brought for calls before it."""
        return self._shown(self._key.entry(0))

    def steered(self, step: int, number: int) -> Sequence[Block]:
        """Give those of what was said while it ran."""
        return self._shown(self._key.steered(step, number))

    def given(self, step: int, index: int) -> Sequence[Block] | None:
        """Give the blocks that came of a call, as whoever sent them sees them; None for a text, which the log has."""
        body = self._body(self._key.call(step, index))
        shown = body.get("shown", body.get("content"))
        return shown if isinstance(shown, list) else None

    def answer(self, step: int) -> Mapping[str, Any]:
        """Give what the model said at a step."""
        return self._body(self._key.entry(step))

    def spent(self) -> Mapping[str, Any]:
        """Give what the session had used when the turn ended, and may: what later turns have used is taken away."""
        services, owner = self._services, self._services.table.get(self._key.owner.item)[0]
        if owner is None:
            return {"usage": {}, "budget": None}
        session = sessions.unpack(self._key.owner, owner)
        return {
            "usage": usage.of(_then(services, session, self._key.turn), None, 0),
            "budget": usage.budget(session.budget),
        }

    def _shown(self, place: Key) -> Sequence[Block]:
        body = self._body(place)
        said = body.get("shown", body.get("content", ()))
        return [block for block in said if block.get("type") != "tool_result"]

    def _body(self, place: Key) -> Mapping[str, Any]:
        item = self._services.table.get(place)[0]
        return {} if item is None else transcript.unpack(self._services, self._key.tenant, item).body


def _then(services: Services, session: Session, turn: str) -> Session:
    """Give a session with what it had used when a turn of it ended."""
    cursor = ""
    while True:
        later, cursor = turns.listing(services, session.key, limit=100, after=cursor)
        for each in later:
            if each.key.turn == turn:
                return session
            used = {name: count - each.usage.get(name, 0) for name, count in session.used.items()}
            ran = session.ran - spending.ran(each, services.clock.now())
            session = replace(session, used=used, cost=session.cost - (each.cost or 0), ran=ran)
        if not cursor:
            return session
