"""Messages that steer the turn that runs."""

from tests.kit.busy import go_on, said, send, words
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.engine.ending import cancel


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
