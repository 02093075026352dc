"""Messages that wait for the turn before them."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.busy import go_on, queue, said, send, told, words
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, text
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting
from walkaway_core.engine.ending import cancel
from walkaway_core.errors import QueueFull
from walkaway_core.store import sessions

if TYPE_CHECKING:
    from walkaway_core.engine.sending import Sent


class TestEnqueue:
    def test_messages_begin_in_their_order_and_the_conversation_is_in_it(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([text(f"answer {n}")]) for n in range(3)]
        session = engine.session()
        first = engine.turn(session)
        second, third = (send(engine, session, word, "enqueue").turn for word in ("second", "third"))
        assert engine.kinds(third) == ["message.created", "turn.queued"]
        assert engine.events(third)[1].data | {"sequence_number": 1} == {
            "place": 2,
            "behind": first.key.turn,
            "sequence_number": 1,
        }
        for turn, left in ((first, [second, third]), (second, [third]), (third, [])):
            record = sessions.get(engine.services, session)
            waiting = [name.removeprefix("QUEUE#") for name in queue(engine, session)]
            assert (record.turn, waiting, record.queued) == (
                turn.key.turn,
                [other.key.turn for other in left],
                len(left),
            )
            go_on(engine, engine.now(turn))
        assert said(engine, session) == ["go", "answer 0", "second", "answer 1", "third", "answer 2"]
        assert words(model) == ["go", "second", "third"]
        assert (sessions.get(engine.services, session).busy, engine.due()) == (False, ["session"])
        assert engine.executions() == sorted(turn.key.turn for turn in (first, second, third))

    def test_a_message_that_comes_while_the_turn_ends_begins(self, engine: Engine) -> None:
        session = engine.session()
        first = engine.turn(session)
        sent: list[Sent] = []
        engine.table.at(1, "", lambda: sent.append(send(engine, session, "late", "enqueue")))
        cancel(engine.services, first.key)
        assert sent[0].outcome == "queued"
        assert sessions.get(engine.services, session).turn == sent[0].turn.key.turn
        assert engine.now(sent[0].turn).status == "running"

    def test_what_waits_can_be_cancelled_and_was_never_said(self, engine: Engine) -> None:
        session = engine.session()
        first = engine.turn(session)
        second, third = (send(engine, session, word, "enqueue").turn for word in ("second", "third"))
        assert cancel(engine.services, second.key)
        assert not cancel(engine.services, second.key)
        assert engine.kinds(second)[-1] == "message.cancelled"
        assert ("turn.cancelled", second.key.turn) in [
            (kind, detail.get("response_id")) for kind, detail in told(engine)
        ]
        cancel(engine.services, first.key)
        assert sessions.get(engine.services, session).turn == third.key.turn
        assert said(engine, session) == ["go", "third"]

    def test_a_cancel_and_the_end_before_it_can_come_at_the_same_moment(self, engine: Engine) -> None:
        session = engine.session()
        first = engine.turn(session)
        second = send(engine, session, "second", "enqueue").turn
        engine.table.at(1, "", lambda: cancel(engine.services, first.key))
        assert cancel(engine.services, second.key)
        assert engine.now(second).status == "cancelled"
        record = sessions.get(engine.services, session)
        assert (record.busy, record.queued, engine.due()) == (False, 0, ["session"])

    def test_a_full_queue_refuses_and_names_the_limit(self, engine: Engine) -> None:
        session = engine.session()
        first = engine.turn(session)
        for _ in range(engine.services.settings.queue_limit):
            send(engine, session, "more", "enqueue")
        with pytest.raises(QueueFull, match="the limit is 20") as refused:
            send(engine, session, "more", "enqueue")
        assert refused.value.turn == first.key.turn

    @pytest.mark.parametrize("way", ["deleted", "expired"])
    def test_a_session_that_goes_cancels_what_waits(self, engine: Engine, way: str) -> None:
        session = engine.session(turn_timeout=200_000)
        first = engine.turn(session)
        second, third = (send(engine, session, word, "enqueue").turn for word in ("second", "third"))
        if way == "deleted":
            deleting.delete(engine.services, session)
        else:
            engine.clock.time += 86_400
            sweep(engine.services)
        assert [engine.now(turn).status for turn in (first, second, third)] == ["cancelled"] * 3
        assert engine.kinds(third)[-1] == "message.cancelled"

    def test_the_next_turns_clock_begins_with_it(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("one")]), Reply([text("two")])]
        session = engine.session(turn_timeout=100)
        first = engine.turn(session)
        second = send(engine, session, "second", "enqueue").turn
        engine.clock.time += 90
        go_on(engine, first)
        engine.clock.time += 90
        assert go_on(engine, engine.now(second))["next"] == "over"
        assert engine.now(second).status == "completed"

    def test_a_start_that_was_lost_is_made_up_for_under_its_own_name(self, engine: Engine, monkeypatch: Any) -> None:
        session = engine.session()
        first = engine.turn(session)
        second = send(engine, session, "second", "enqueue").turn
        engine.clock.time += 1000
        with monkeypatch.context() as patch:
            patch.setattr(engine.services.machine, "start", lambda *_: 1 / 0)
            cancel(engine.services, first.key)
        assert engine.executions() == [first.key.turn]
        engine.clock.time += 11
        sweep(engine.services)
        assert engine.executions() == sorted([first.key.turn, second.key.turn])
