"""A step against a model service in trouble: tried again, told, and given up in time."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.steps import of, run, step
from walkaway_core.doors import retries
from walkaway_core.models import anthropic as adapter
from walkaway_core.ports.model import ModelFailed


class TestTrouble:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(status=429, error="slow down", retry_after="7"),
            Reply(status=529, error="overloaded"),
            Reply(status=500, error="oh"),
            Reply([text("never shown whole")], then="reset"),
            Reply([text("never shown whole")], then="error"),
        ],
        ids=["429", "529", "500", "reset", "error event"],
    )
    def test_passes_and_readers_are_told(self, engine: Engine, model: MessagesApi, reply: Reply) -> None:
        model.replies = [reply, reply, Reply([text("whole")])]
        begin = engine.clock.now()
        events = run(engine, engine.turn())
        assert events[-1].type == "message.completed"
        told = of(events, "step.started", "step.retrying", "step.completed")
        assert [data.get("attempt") for data in told] == [1, 1, 2, 2, 3, None]
        waits = [data["wait"] for data in of(events, "step.retrying")]
        assert sum(waits) == pytest.approx(engine.clock.now() - begin, abs=0.2)
        if reply.status == 429:
            assert all(7 <= wait <= 8 for wait in waits)

    def test_a_service_that_is_not_there_is_waited_for(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn()
        model.close()
        state = step(engine, turn)
        assert state["failure"][0] == "model_failed"
        assert f"{retries.TRIES} attempts" in state["failure"][1]
        assert len(of(engine.events(turn), "step.retrying")) == retries.TRIES - 1

    def test_silence_is_trouble_too(self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(adapter, "STALL_SECONDS", 0.3)
        model.replies = [Reply([text("and then noth")], then="stall"), Reply([text("whole")])]
        events = run(engine, engine.turn())
        assert [data["attempt"] for data in of(events, "step.started")] == [1, 2]
        assert events[-1].type == "message.completed"

    def test_no_wait_goes_past_the_turns_deadline(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply(status=429, error="come back tomorrow", retry_after="80000")]
        state = step(engine, engine.turn())
        assert state["failure"][0] == "model_failed"
        assert "come back tomorrow" in state["failure"][1]

    def test_a_long_wait_is_left_to_the_next_invocation(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply(status=503, error="later", retry_after="601"), Reply([text("now")])]
        turn = engine.turn()
        with pytest.raises(ModelFailed):
            step(engine, turn)
        assert step(engine, turn)["next"] == "done"
        assert [data["attempt"] for data in of(engine.events(turn), "step.started")] == [1, 2]

    def test_a_cancel_ends_the_waiting(self, engine: Engine, model: MessagesApi, monkeypatch: Any) -> None:
        model.replies = [Reply(status=529, error="busy", retry_after="300")]
        turn = engine.turn()
        slept = []

        def sleep(seconds: float) -> None:
            engine.clock.time += seconds
            slept.append(seconds)
            if len(slept) == 3:
                from walkaway_core.engine.ending import cancel

                cancel(engine.services, turn.key)

        monkeypatch.setattr(engine.clock, "sleep", sleep)
        assert step(engine, turn)["next"] == "over"
        assert len(slept) == 3

    def test_a_bad_key_ends_the_turn_at_once_and_names_the_setting(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply(status=401, error="invalid x-api-key")]
        end = run(engine, engine.turn())[-1]
        assert (end.type, end.data["code"]) == ("message.error", "model_refused")
        assert "ANTHROPIC_API_KEY" in end.data["error"]
        assert len(model.requests) == 1

    def test_usage_is_counted_once_however_often_a_step_was_tried(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("x" * 50)], then="reset"), Reply([text("whole")])]
        assert run(engine, engine.turn())[-1].data["usage"]["output_tokens"] == 5
