"""Messages to a busy session, one door at a time: each is in a turn, in the queue, or refused (rule R1)."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.busy import go_on, said, send, words
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.engine.ending import cancel
from walkaway_core.errors import SessionBusy
from walkaway_core.store import sessions, turns

if TYPE_CHECKING:
    from walkaway_core.engine.sending import Sent

FAULTS = ["lost", "after effect"]
BUSY: list[Any] = ["enqueue", "steer", "interrupt"]


@pytest.mark.parametrize("on_busy", BUSY)
def test_a_free_session_takes_any_message_as_a_turn(engine: Engine, on_busy: Any) -> None:
    sent = send(engine, engine.session(), "go", on_busy)
    assert (sent.outcome, sent.turn.status) == ("started", "running")


@pytest.mark.parametrize("on_busy", BUSY)
@pytest.mark.parametrize("fault", FAULTS)
def test_an_outcome_that_is_unknown_is_found_out(engine: Engine, on_busy: Any, fault: str) -> None:
    session = engine.session()
    engine.turn(session)
    engine.table.at(1, fault)
    sent = send(engine, session, "more", on_busy, "k")
    again = send(engine, session, "more", on_busy, "k")
    assert (again.turn.key, again.outcome, again.at, again.again) == (sent.turn.key, sent.outcome, sent.at, True)
    listed, _ = turns.listing(engine.services, session, limit=10)
    assert len(listed) == (1 if on_busy == "steer" else 2)


@pytest.mark.parametrize("on_busy", BUSY)
def test_the_same_request_at_the_same_moment_counts_once(engine: Engine, on_busy: Any) -> None:
    session = engine.session()
    engine.turn(session)
    other: list[Sent] = []
    engine.table.at(1, "", lambda: other.append(send(engine, session, "more", on_busy, "k")))
    sent = send(engine, session, "more", on_busy, "k")
    assert sent.turn.key == other[0].turn.key
    assert (other[0].again, sent.again) == (False, True)


@pytest.mark.parametrize("on_busy", BUSY)
def test_a_turn_that_ends_meanwhile_leaves_the_session_to_the_message(engine: Engine, on_busy: Any) -> None:
    session = engine.session()
    first = engine.turn(session)
    engine.table.at(1, "", lambda: cancel(engine.services, first.key))
    sent = send(engine, session, "more", on_busy)
    assert (sent.outcome, sent.turn.status) == ("started", "running")
    assert sessions.get(engine.services, session).turn == sent.turn.key.turn != first.key.turn


class TestInterrupt:
    def test_the_turn_ends_and_the_message_begins_at_once(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("I look."), call("list_files")]), Reply([text("instead")])]
        session = engine.session()
        first = engine.turn(session)
        state = engine.door("CallModel", first.ticket.json())
        engine.door("RunTool", {**state, "call": 0})
        sent = send(engine, session, "something else", "interrupt")
        assert (engine.now(first).status, engine.kinds(first)[-1]) == ("cancelled", "message.cancelled")
        assert engine.door("CallModel", state)["next"] == "over"
        go_on(engine, sent.turn)
        assert said(engine, session) == ["go", "I look.", "something else", "instead"]
        assert [block["type"] for block in model.requests[-1]["messages"][-1]["content"]] == ["tool_result", "text"]

    def test_it_comes_before_what_waits_and_nothing_is_lost(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("urgent done")]), Reply([text("later done")])]
        session = engine.session()
        engine.turn(session)
        later = send(engine, session, "later", "enqueue").turn
        urgent = send(engine, session, "urgent", "interrupt").turn
        assert sessions.get(engine.services, session).turn == urgent.key.turn
        go_on(engine, urgent)
        go_on(engine, engine.now(later))
        assert said(engine, session) == ["go", "urgent", "urgent done", "later", "later done"]
        assert words(model) == ["go", "urgent", "later"]

    def test_of_two_at_the_same_moment_each_has_a_turn(self, engine: Engine) -> None:
        session = engine.session()
        engine.turn(session)
        other: list[Sent] = []
        engine.table.at(1, "", lambda: other.append(send(engine, session, "one", "interrupt")))
        last = send(engine, session, "two", "interrupt")
        assert sessions.get(engine.services, session).turn == last.turn.key.turn
        assert engine.now(other[0].turn).status == "cancelled"
        assert said(engine, session) == ["go", "one", "two"]


def test_who_says_nothing_is_refused_and_told_what_there_is(engine: Engine) -> None:
    session = engine.session()
    turn = engine.turn(session)
    with pytest.raises(SessionBusy, match=r"on_busy.*enqueue") as refused:
        send(engine, session, "more", "reject")
    assert refused.value.turn == turn.key.turn
