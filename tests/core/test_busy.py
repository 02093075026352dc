"""Messages to a busy session, one door at a time: each is in a turn, in the queue, or refused (rule R1)."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting, sending
from walkaway_core.engine.ending import cancel
from walkaway_core.engine.sending import Sent
from walkaway_core.errors import QueueFull, SessionBusy
from walkaway_core.log import transcript
from walkaway_core.store import sessions, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.turns import Turn

FAULTS = ["lost", "after effect"]
BUSY: list[Any] = ["enqueue", "steer", "interrupt"]


def send(engine: Engine, session: SessionKey, message: str, on_busy: Any, key: str = "") -> Sent:
    once = Once.of(session, key, {"message": message, "on_busy": on_busy}) if key else None
    return sending.send(engine.services, session, message, once, on_busy=on_busy)


def go_on(engine: Engine, turn: Turn) -> dict[str, Any]:
    """Let a turn go to its end, as the state machine would; give the last state."""
    state: dict[str, Any] = {**turn.ticket.json(), "next": "call_model"}
    while state["next"] != "over":
        state = engine.door("CallModel" if state["next"] in ("call_model", "tools") else "FinishTurn", state)
        for index in state["calls"]:
            engine.door("RunTool", {**state, "call": index})
    return state


def said(engine: Engine, session: SessionKey) -> list[str]:
    """What was said in the conversation, in its order."""
    found, _ = transcript.newest(engine.services, session, limit=100)
    return [transcript.text(entry.body["content"]) for entry in found if entry.call is None]


def words(model: MessagesApi, index: int = -1) -> list[str]:
    """What the user says in a request."""
    messages = [message for message in model.requests[index]["messages"] if message["role"] == "user"]
    return [block["text"] for message in messages for block in message["content"] if block["type"] == "text"]


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
        assert ("turn.cancelled", second.key.turn) in [(kind, detail["response_id"]) for kind, detail in told(engine)]
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


class TestSteer:
    def test_the_model_sees_it_at_its_next_step(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("I look."), call("list_files")]), Reply([text("done")])]
        session = engine.session()
        turn = engine.turn(session)
        state = engine.door("CallModel", turn.ticket.json())
        sent = send(engine, session, "in French, please", "steer")
        assert (sent.turn.key, sent.outcome) == (turn.key, "steered")
        event = engine.events(turn)[sent.at]
        assert (event.type, event.data["message"], event.data["step"]) == ("turn.steered", "in French, please", 2)
        engine.door("RunTool", {**state, "call": 0})
        engine.door("CallModel", state)
        assert words(model) == ["go", "in French, please"]
        assert [block["type"] for block in model.requests[-1]["messages"][-1]["content"]] == ["tool_result", "text"]
        assert said(engine, session) == ["go", "I look.", "in French, please", "done"]

    def test_a_turn_that_was_about_to_end_goes_on(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")]), Reply([text("fait")])]
        session = engine.session()
        turn = engine.turn(session)
        state = engine.door("CallModel", turn.ticket.json())
        assert state["next"] == "done"
        send(engine, session, "in French, please", "steer")
        state = engine.door("FinishTurn", state)
        assert (state["next"], state["step"]) == ("call_model", 1)
        state = engine.door("CallModel", state)
        assert engine.door("FinishTurn", state)["next"] == "over"
        assert (said(engine, session)[-2:], engine.now(turn).status) == (["in French, please", "fait"], "completed")

    def test_a_message_at_the_very_end_wins_or_starts_a_turn(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])]
        session = engine.session()
        turn = engine.turn(session)
        state = engine.door("CallModel", turn.ticket.json())
        engine.table.at(1, "", lambda: send(engine, session, "wait", "steer"))
        assert engine.door("FinishTurn", state)["next"] == "call_model"
        assert engine.now(turn).status == "running"

    def test_what_comes_while_the_model_answers_waits_for_the_step_after(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([text("done")]), Reply([text("more")])]
        session = engine.session()
        turn = engine.turn(session)
        engine.table.at(2, "", lambda: send(engine, session, "wait", "steer"))  # the first delta
        go_on(engine, turn)
        assert (words(model, 0), words(model, 1)) == (["go"], ["go", "wait"])
        assert said(engine, session) == ["go", "done", "wait", "more"]

    def test_a_step_that_begins_at_the_same_moment_sees_it_or_leaves_it_to_the_next(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([text("done")]), Reply([text("more")])]
        session = engine.session()
        turn = engine.turn(session)
        engine.table.at(1, "", lambda: engine.door("CallModel", turn.ticket.json()))
        sent = send(engine, session, "wait", "steer")
        assert engine.events(turn)[sent.at].data["step"] == 2
        go_on(engine, engine.now(turn))
        assert words(model) == ["go", "wait"]

    def test_messages_keep_their_order(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])]
        session = engine.session()
        turn = engine.turn(session)
        for number in range(3):
            send(engine, session, f"and {number}", "steer")
        go_on(engine, turn)
        assert words(model) == ["go", "and 0", "and 1", "and 2"]

    def test_what_a_cancelled_turn_never_saw_is_in_the_next_ones_conversation(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([text("done")])]
        session = engine.session()
        turn = engine.turn(session)
        send(engine, session, "in French", "steer")
        cancel(engine.services, turn.key)
        go_on(engine, engine.turn(session))
        assert words(model) == ["go", "in French", "go"]

    def test_a_turn_that_waited_can_be_steered_too(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text(word)]) for word in ("one", "two", "three")]
        session = engine.session()
        first = engine.turn(session)
        second = send(engine, session, "second", "enqueue").turn
        third = send(engine, session, "third", "enqueue").turn
        go_on(engine, first)
        assert send(engine, session, "quickly", "steer").turn.key == second.key
        go_on(engine, engine.now(second))
        go_on(engine, engine.now(third))
        assert said(engine, session) == ["go", "one", "second", "quickly", "two", "third", "three"]


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


def queue(engine: Engine, session: SessionKey) -> list[str]:
    return [item.sk for item in engine.table.query(session.partition, after="QUEUE#", upto="QUEUE#~").items]


def told(engine: Engine) -> list[tuple[str, dict[str, Any]]]:
    """What the bus has been told, once it has passed it on."""
    engine.services.bus.close()  # type: ignore[attr-defined]
    return engine.told
