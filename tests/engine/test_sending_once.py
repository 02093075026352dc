"""A message with a key starts one turn, whatever comes of its writes."""

import pytest

from tests.kit.engine import Engine
from walkaway_core.engine import sending
from walkaway_core.errors import IdempotencyMismatch
from walkaway_core.store import sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey


class TestOnce:
    """A request with an idempotency key."""

    @staticmethod
    def start(engine: Engine, session: SessionKey) -> sending.Sent:
        return sending.send(engine.services, session, "go", Once.of(session, "k", {"message": "go"}))

    def test_of_two_sessions_that_use_a_key_at_the_same_moment_one_is_refused(self, engine: Engine) -> None:
        one, two = engine.session(), engine.session()
        engine.table.at(1, before=lambda: self.start(engine, one))
        with pytest.raises(IdempotencyMismatch):
            self.start(engine, two)
        assert not sessions.get(engine.services, two).busy
        assert self.start(engine, one).again

    def test_the_same_request_at_the_same_moment_finds_the_turn_of_the_other(self, engine: Engine) -> None:
        session, other = engine.session(), []
        engine.table.at(1, before=lambda: other.append(self.start(engine, session)))
        mine = self.start(engine, session)
        assert (mine.again, mine.turn.key) == (True, other[0].turn.key)
        assert len(engine.executions()) == 1

    @pytest.mark.parametrize("fault", ["lost", "after effect"])
    def test_a_start_of_unknown_outcome_is_still_one_turn(self, engine: Engine, fault: str) -> None:
        session = engine.session()
        engine.table.at(1, fault)
        first = self.start(engine, session)
        assert self.start(engine, session).turn.key == first.turn.key
        assert len(engine.executions()) == 1
