"""Rule R5: a turn names its execution, and another one counts for nothing."""

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi
from tests.kit.tickets import ticket


class TestNamedExecutions:
    """R5."""

    def test_a_full_history_hands_over_once(self, engine: Engine) -> None:
        turn = engine.turn()
        full = engine.door("CallModel", ticket(turn, history=15_000))
        assert full["next"] == "continue"
        for _ in range(2):
            assert engine.door("ContinueTurn", full)["next"] == "over"
        assert engine.now(turn).execution == 2
        assert engine.executions() == [turn.key.turn, f"{turn.key.turn}-2"]

    def test_an_error_ends_a_turn_only_from_the_execution_that_it_names(self, engine: Engine) -> None:
        turn = engine.turn()
        engine.door("ContinueTurn", ticket(turn))
        failed = {"Error": "States.Timeout", "Cause": ""}
        engine.door("FinishTurn", ticket(turn, error=failed))
        assert engine.now(turn).status == "running"
        engine.door("FinishTurn", ticket(engine.now(turn), error=failed))
        assert engine.now(turn).status == "failed"
        assert "States.Timeout" in engine.events(turn)[-1].data["error"]

    def test_an_error_loses_against_a_hand_over_at_the_last_moment(self, engine: Engine) -> None:
        turn = engine.turn()
        engine.table.at(1, "", lambda: engine.door("ContinueTurn", ticket(turn)))
        engine.door("FinishTurn", ticket(turn, error={"Error": "States.Timeout", "Cause": ""}))
        assert engine.now(turn).status == "running"
        assert engine.kinds(turn) == ["message.created"]

    def test_the_old_execution_takes_no_step_any_more(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn()
        engine.door("ContinueTurn", ticket(turn))
        assert engine.door("CallModel", ticket(turn))["next"] == "over"
        assert model.requests == []
