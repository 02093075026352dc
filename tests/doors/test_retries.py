"""A step against a model service in trouble: tried again, told, and given up in time."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import begun, go, of, run
from walkaway_core.doors import retries
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import ending, sending
from walkaway_core.models import anthropic as adapter
from walkaway_core.ports.model import ModelFailed
from walkaway_core.store import ticket as tickets
from walkaway_core.store.turns import Turn

BUSY = Reply(status=529, error="overloaded")
BROKEN = Reply(status=500, error="oh")
DONE = Reply([text("whole")])
THOUGHT = {"type": "thinking", "thinking": "Let me think about this", "signature": "sig"}


def waits(engine: Engine, turn: Turn) -> list[float]:
    return [data["wait"] for data in of(engine.events(turn), "step.retrying")]


def attempts(engine: Engine, turn: Turn) -> list[tuple[int, int]]:
    return [(data["step"], data["attempt"]) for data in of(engine.events(turn), "step.started")]


class TestTrouble:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(status=429, error="slow down", retry_after="7"),
            BUSY,
            BROKEN,
            Reply([text("never shown whole")], then="reset"),
            Reply([text("never shown whole")], then="error"),
        ],
        ids=["429", "529", "500", "reset", "error event"],
    )
    def test_passes_and_readers_are_told(self, engine: Engine, model: MessagesApi, reply: Reply) -> None:
        model.replies = [reply, reply, DONE]
        begin, turn = engine.clock.now(), engine.turn()
        events = run(engine, turn)
        assert events[-1].type == "message.completed"
        told = of(events, "step.started", "step.retrying", "step.completed")
        assert [data.get("attempt") for data in told] == [1, 1, 2, 2, 3, None]
        assert sum(waits(engine, turn)) == pytest.approx(engine.clock.now() - begin, abs=0.2)
        if reply.status == 429:
            assert all(7 <= wait <= 8 for wait in waits(engine, turn))

    def test_a_service_that_is_not_there_is_waited_for(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn()
        model.close()
        end = run(engine, turn)[-1]
        assert (end.type, end.data["code"]) == ("message.error", "model_failed")
        assert f"{retries.TRIES} attempts" in end.data["error"]
        assert len(waits(engine, turn)) == retries.TRIES - 1

    def test_silence_is_trouble_too(self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(adapter, "STALL_SECONDS", 0.3)
        model.replies = [Reply([text("and then noth")], then="stall"), DONE]
        turn = engine.turn()
        assert run(engine, turn)[-1].type == "message.completed"
        assert attempts(engine, turn) == [(1, 1), (1, 2)]

    def test_no_wait_goes_past_the_turns_deadline(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply(status=429, error="come back tomorrow", retry_after="80000")]
        state = go(engine, engine.turn())
        assert state["failure"][0] == "model_failed"
        assert "come back tomorrow" in state["failure"][1]
        assert "the 5400 seconds of the turn are over" in state["failure"][1]

    def test_a_bad_key_ends_the_turn_at_once_and_names_the_setting(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply(status=401, error="invalid x-api-key")]
        end = run(engine, engine.turn())[-1]
        assert (end.type, end.data["code"]) == ("message.error", "model_refused")
        assert "ANTHROPIC_API_KEY" in end.data["error"]
        assert len(model.requests) == 1

    def test_usage_is_counted_once_however_often_a_step_was_tried(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("x" * 50)], then="reset"), DONE]
        assert run(engine, engine.turn())[-1].data["usage"]["output_tokens"] == 5


class TestBusy:
    def test_is_waited_for_as_long_as_the_turn_has_time(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [BUSY] * 40 + [DONE]
        turn = engine.turn()
        assert run(engine, turn)[-1].type == "message.completed"
        assert len(model.requests) == 41
        told = waits(engine, turn)
        assert told[:5] == sorted(told[:5])
        assert all(60 <= wait <= 120 for wait in told[7:])

    def test_is_given_up_at_the_turns_deadline_and_not_before(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [BUSY]
        turn = engine.turn()
        end = run(engine, turn)[-1]
        assert (end.type, end.data["code"]) == ("message.error", "model_failed")
        assert "overloaded" in end.data["error"]
        assert "the 5400 seconds of the turn are over" in end.data["error"]
        assert turn.deadline - 121 < engine.clock.now() < turn.deadline

    def test_does_not_count_towards_the_ten_tries(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [*[BUSY] * 15, *[BROKEN] * (retries.TRIES - 1), DONE]
        assert run(engine, engine.turn())[-1].type == "message.completed"
        model.replies = [*[BUSY] * 15, BROKEN]
        end = run(engine, engine.turn())[-1]
        assert f"{15 + retries.TRIES} attempts" in end.data["error"]

    def test_what_one_step_has_met_is_not_held_against_the_next(self, engine: Engine, model: MessagesApi) -> None:
        look = Reply([call("list_files")])
        model.replies = [*[BUSY] * 15, look, *[BROKEN] * (retries.TRIES - 1), DONE]
        turn = engine.turn()
        assert run(engine, turn)[-1].type == "message.completed"
        assert attempts(engine, turn)[-1] == (2, retries.TRIES)
        model.replies = [*[BUSY] * 15, look, BROKEN]
        end = run(engine, engine.turn())[-1]
        assert f"after {retries.TRIES} attempts" in end.data["error"], "nor for it"

    def test_a_worker_that_died_forgets_none_of_it(self, engine: Engine, model: MessagesApi) -> None:
        """What it has met stands in the turn's record; its ticket is that of its beginning."""

        def dies_at_the_sixth(_: dict[str, Any]) -> Reply:
            if len(model.requests) == 6:
                engine.table.at(1, "crash before")
            return BUSY

        model.respond = dies_at_the_sixth
        turn = engine.turn()
        with pytest.raises(Crashed):
            go(engine, turn)
        engine.table.dead, model.respond = False, None
        assert len(waits(engine, turn)) == engine.now(turn).excused == 5
        model.replies = [*[BROKEN] * (retries.TRIES - 2), DONE]
        assert run(engine, turn)[-1].type == "message.completed"

    def test_asks_to_come_back_at_once_and_is_not_asked_for_ever_faster(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [*[Reply(status=429, error="slow down", retry_after="1")] * 12, DONE]
        turn = engine.turn()
        run(engine, turn)
        told = waits(engine, turn)
        assert 1 <= told[0] <= 2
        assert told[-1] >= 60

    def test_is_not_asked_more_often_than_a_log_can_tell(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retries, "LAST_ATTEMPT", 12)
        model.replies = [BUSY]
        end = run(engine, engine.turn())[-1]
        assert "given up after 12 attempts" in end.data["error"]


class TestLongWait:
    """A wait that the state machine does, with nothing running."""

    SOON, LATER = Reply(status=503, error="later", retry_after="29"), Reply(status=503, error="later", retry_after="31")

    def test_is_a_wait_state_in_whole_seconds(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.LATER, DONE]
        turn, begin = engine.turn(), engine.clock.now()
        state = go(engine, turn)
        assert (state["next"], state["step"]) == ("wait", 0)
        assert isinstance(state["seconds"], int)
        assert 32 <= state["seconds"] <= 33, "rounded up, and drawn by chance"
        assert engine.clock.now() == begin
        assert waits(engine, turn) == [state["seconds"]]
        after = engine.door("CallModel", state)
        assert after["next"] == "over"
        assert "seconds" not in after
        assert attempts(engine, turn) == [(1, 1), (1, 2)]

    def test_a_short_one_stays_in_the_invocation(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.SOON, DONE]
        begin = engine.clock.now()
        assert go(engine, engine.turn())["next"] == "over"
        assert engine.clock.now() >= begin + 29

    def test_an_invocation_that_has_tried_for_long_hands_over(self, engine: Engine, model: MessagesApi) -> None:
        def slow(_: dict[str, Any]) -> Reply:
            engine.clock.time += 250
            return Reply([text("never shown whole")], then="reset")

        model.respond = slow
        turn = engine.turn()
        state = go(engine, turn)
        assert (state["next"], len(model.requests)) == ("wait", 3)
        assert state["seconds"] <= 5
        assert waits(engine, turn)[-1] == state["seconds"]

    def test_it_counts_in_the_executions_history(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.LATER]
        turn = engine.turn()
        state = go(engine, turn)
        assert state["history"] == tickets.WAIT_HISTORY
        full = {**state, "history": tickets.HISTORY_BUDGET - 1}
        engine.clock.time += state["seconds"]
        full = engine.door("CallModel", full)
        assert full["next"] == "wait"
        engine.clock.time += full["seconds"]
        full = engine.door("CallModel", full)
        assert (full["next"], "seconds" in full) == ("continue", False)
        engine.door("ContinueTurn", full)
        model.replies = [DONE]
        assert go(engine, engine.now(turn))["next"] == "over"
        assert attempts(engine, turn) == [(1, 1), (1, 2), (1, 3)]

    @pytest.mark.parametrize("seconds", [100, 2000])
    def test_whoever_waits_is_not_taken_for_dead_and_who_does_not_come_back_is(
        self, engine: Engine, model: MessagesApi, seconds: int
    ) -> None:
        model.replies = [Reply(status=503, error="later", retry_after=str(seconds)), DONE]
        turn = engine.turn()
        state = go(engine, turn)
        engine.clock.time += state["seconds"] + 59
        sweep(engine.services)
        assert engine.now(turn).execution == 1
        engine.clock.time += 2
        sweep(engine.services)
        assert engine.now(turn).execution == 2, "nobody came back"
        assert engine.door("CallModel", state)["next"] == "over", "whoever still does is too late"
        assert go(engine, engine.now(turn))["next"] == "over"

    def test_a_cancel_in_it_is_the_end(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.LATER]
        turn = engine.turn()
        state = go(engine, turn)
        assert ending.cancel(engine.services, turn.key)
        assert engine.kinds(turn)[-1] == "message.cancelled"
        assert engine.due() == ["session"]
        assert engine.door("CallModel", state)["next"] == "over"
        assert len(model.requests) == 1

    def test_a_message_that_steers_in_it_is_heard(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.LATER, DONE, Reply([text("heard")])]
        turn = engine.turn()
        state = go(engine, turn)
        assert sending.send(engine.services, turn.key.owner, "faster", on_busy="steer").outcome == "steered"
        state = engine.door("CallModel", state)
        state = engine.door("FinishTurn", state)
        assert state["next"] == "call_model"
        assert engine.door("CallModel", state)["next"] == "over"
        assert model.requests[-1]["messages"][-1]["content"][-1]["text"] == "faster"

    def test_a_message_that_interrupts_in_it_has_its_place(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.LATER, DONE]
        turn = engine.turn()
        state = go(engine, turn)
        sent = sending.send(engine.services, turn.key.owner, "instead", on_busy="interrupt")
        assert engine.kinds(turn)[-1] == "message.cancelled"
        assert engine.door("CallModel", state)["next"] == "over"
        assert run(engine, sent.turn)[-1].type == "message.completed"

    def test_a_turn_of_an_older_release_waits_as_that_did(self, engine: Engine, model: MessagesApi) -> None:
        """Its execution's states would take `wait` for the end of the turn."""
        model.replies = [Reply(status=503, error="later", retry_after="300"), DONE]
        turn, begin = engine.turn(), engine.clock.now()
        assert engine.door("CallModel", turn.ticket.json())["next"] == "done"
        assert engine.clock.now() >= begin + 300, "in the invocation"
        model.replies = [Reply(status=503, error="later", retry_after="601"), DONE]
        turn = engine.turn()
        with pytest.raises(ModelFailed):
            engine.door("CallModel", turn.ticket.json())
        after = engine.door("CallModel", turn.ticket.json())
        assert (after["next"], "ways" in after) == ("done", False)
        assert attempts(engine, turn) == [(1, 1), (1, 2)]


class TestShortWait:
    def test_a_cancel_ends_it(self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
        model.replies = [Reply(status=529, error="busy", retry_after="20")]
        turn = engine.turn()
        slept = []

        def sleep(seconds: float) -> None:
            engine.clock.time += seconds
            slept.append(seconds)
            if len(slept) == 3:
                ending.cancel(engine.services, turn.key)

        monkeypatch.setattr(engine.clock, "sleep", sleep)
        assert go(engine, turn)["next"] == "over"
        assert len(slept) == 3


class TestNothingToKeep:
    """Answers that come to the end of their time with thoughts alone."""

    @pytest.fixture
    def thinks(self, engine: Engine, model: MessagesApi) -> Callable[..., None]:
        """Let the model think until its time is over, in each of these calls; before it, so many seconds pass."""

        def set_up(*before: float) -> None:
            held = [Reply([THOUGHT, text("unsaid")], gate=threading.Event()) for _ in before]
            model.replies = [*held, DONE]

            def pass_time() -> None:
                for reply in held:
                    assert reply.reached.wait(20)
                    engine.clock.time += retries.CUT_SECONDS

            threading.Thread(target=pass_time, daemon=True).start()

        return set_up

    def test_once_is_tried_again(self, engine: Engine, thinks: Callable[..., None]) -> None:
        thinks(0)
        turn = engine.turn(engine.session(thinking=True))
        state = go(engine, turn)
        assert (state["next"], state["seconds"]) == ("wait", 1)
        assert run(engine, turn)[-1].type == "message.completed"

    def test_twice_is_the_end_and_says_what_to_do(
        self, engine: Engine, model: MessagesApi, thinks: Callable[..., None]
    ) -> None:
        thinks(0, 0)
        end = run(engine, engine.turn(engine.session(thinking=True)))[-1]
        assert (end.type, end.data["code"]) == ("message.error", "model_silent")
        for word in ("2 times", "effort", "smaller task", "max_output_tokens"):
            assert word in end.data["error"]
        assert len(model.requests) == 2

    def test_a_call_that_came_late_in_its_invocation_says_nothing(
        self, engine: Engine, model: MessagesApi, thinks: Callable[..., None]
    ) -> None:
        """It had less time than a whole call."""
        thinks(0, 0)

        def slow(_: dict[str, Any]) -> Reply:
            model.respond = None
            engine.clock.time += 400
            return Reply(status=500, error="oh")

        model.respond = slow
        turn = engine.turn(engine.session(thinking=True))
        assert go(engine, turn)["next"] == "wait"
        assert attempts(engine, turn) == [(1, 1), (1, 2)]
        assert engine.now(turn).silent == 0
        assert go(engine, turn)["next"] == "wait"
        assert engine.now(turn).silent == 1
        assert run(engine, turn)[-1].type == "message.completed"


def test_tickets_of_an_execution_that_can_wait_say_so_on(engine: Engine, model: MessagesApi) -> None:
    model.replies = [Reply([call("list_files")]), DONE]
    turn = engine.turn()
    state = engine.door("CallModel", begun(turn))
    assert state["ways"]
    state = engine.door("CallModel", state)
    assert state["ways"]
    assert engine.door("FinishTurn", state)["ways"]
