"""Light calls, with which a turn goes on in one go: as many steps as need nothing else; the rest is the machine's."""

import importlib
import threading
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import Block, MessagesApi, Reply, call, text
from tests.kit.steps import asked, begun, go, of
from walkaway_core.agent import client_tools, tools
from walkaway_core.agent.tools import tool
from walkaway_core.agent.tools.files import ListFiles, WriteFile
from walkaway_core.doors import light
from walkaway_core.doors.call_model import GO_SECONDS
from walkaway_core.engine import sending
from walkaway_core.log import transcript
from walkaway_core.store import session_facts
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.tools import FunctionTool

DONE = Reply([text("Done.")])


def write(number: int) -> Reply:
    """A step that writes a file of its own."""
    return Reply([call("write_file", f"call_{number}", path=f"{number}.txt", content="x")])


def _budget(engine: Engine, turn: Turn, most: int) -> None:
    """Say what the session of a turn may cost, in millionths of a US dollar."""
    tx = Transaction(engine.services.table)
    tx.change(turn.key.owner.item, set=session_facts.budgeted(most))
    tx.commit()


class TestOneGo:
    def test_a_turn_whose_tools_are_light_is_over_with_one_invocation(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [write(1), write(2), DONE]
        turn = engine.turn()
        after = go(engine, turn)
        assert (after["next"], after["calls"]) == ("over", [])
        assert engine.kinds(turn)[-2:] == ["step.completed", "message.completed"]
        assert [r["id"] for r in of(engine.events(turn), "tool_result")] == ["call_1", "call_2"]
        now = engine.now(turn)
        assert (now.status, now.step, now.usage["output_tokens"]) == ("completed", 3, 15)
        assert of(engine.events(turn), "message.completed")[0]["usage"]["output_tokens"] == 15
        assert engine.due() == ["session"]
        assert [kind for kind, _ in engine.told] == ["session.created", "turn.started", "turn.completed"]

    def test_the_model_sees_each_result_and_what_came_meanwhile(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn()
        replies = iter([write(1), write(2), DONE])

        def respond(_: Any) -> Reply:
            if len(model.requests) == 2:
                sending.send(engine.services, turn.key.owner, "faster", on_busy="steer")
            return next(replies)

        model.respond = respond
        state = go(engine, turn)
        last = asked(model)[-1]["content"]
        assert last[0]["tool_use_id"] == "call_2"
        assert last[1]["text"] == "faster"
        assert state["next"] == "done"  # it was told something: who ends it makes sure that the model has heard
        assert engine.door("FinishTurn", state)["next"] == "over"

    def test_a_budget_that_was_raised_meanwhile_is_the_one_that_holds(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn(engine.session(model="claude-sonnet-5"))
        _budget(engine, turn, 1)
        replies = iter([write(1), DONE])

        def respond(_: Any) -> Reply:
            if len(model.requests) == 1:
                _budget(engine, turn, 10**9)
            return next(replies)

        model.respond = respond
        state = go(engine, turn)
        assert state["next"] == "call_model"  # what this invocation knows of the budget is what it was
        assert engine.door("CallModel", state)["next"] == "over"
        assert engine.now(turn).status == "completed"

    def test_a_budget_that_is_used_up_ends_the_turn(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn(engine.session(model="claude-sonnet-5"))
        _budget(engine, turn, 1)
        model.replies = [write(1), DONE]
        state = engine.door("CallModel", go(engine, turn))
        engine.door("FinishTurn", state)
        now = engine.now(turn)
        assert (now.status, now.code, len(model.requests)) == ("failed", "max_cost", 1)
        assert "its budget" in now.error

    def test_behind_the_last_step_a_message_is_heard(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn()

        def respond(_: Any) -> Reply:
            if len(model.requests) == 1:
                sending.send(engine.services, turn.key.owner, "and that", on_busy="steer")
            return DONE

        model.respond = respond
        state = go(engine, turn)
        assert state["next"] == "done"  # it could not end the turn
        state = engine.door("FinishTurn", state)
        assert state["next"] == "call_model"
        assert engine.door("CallModel", state)["next"] == "over"
        assert len(model.requests) == 2

    def test_a_message_that_waits_is_left_to_the_end_of_the_machine(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn()

        def respond(_: Any) -> Reply:
            sending.send(engine.services, turn.key.owner, "then that", on_busy="enqueue")
            return DONE

        model.respond = respond
        state = go(engine, turn)
        assert state["next"] == "done"
        assert len(engine.executions()) == 1
        assert engine.door("FinishTurn", state)["next"] == "over"
        assert len(engine.executions()) == 2  # the next turn's

    def test_a_limit_in_the_middle_loses_no_result(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [write(1)]
        turn = engine.turn(engine.session(max_steps=1))
        after = go(engine, turn)
        assert (after["next"], after["failure"][0]) == ("done", "max_steps")
        assert len(of(engine.events(turn), "tool_result")) == 1

    def test_an_old_invocation_begins_no_step(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model.replies = [write(1), DONE]
        turn = engine.turn()
        run = WriteFile.run

        def slowly(tool: WriteFile, context: Any) -> str:
            engine.clock.time += GO_SECONDS
            return run(tool, context)

        monkeypatch.setattr(WriteFile, "run", slowly)
        state = go(engine, turn)
        assert (state["next"], state["step"], state["calls"]) == ("call_model", 1, [])
        assert len(of(engine.events(turn), "tool_result")) == 1
        assert engine.door("CallModel", state)["next"] == "over"

    def test_it_goes_on_although_something_else_was_written_to_the_log(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([call("report_progress", "call_1", metadata={"percent": 50})]), DONE]
        turn = engine.turn()
        assert go(engine, turn)["next"] == "over"
        assert [event.number for event in engine.events(turn)] == list(range(len(engine.events(turn))))


class TestWhatNeedsTheMachine:
    MIXED = Reply(
        [
            call("write_file", "call_0", path="a.txt", content="x"),
            call("search_files", "call_1", pattern="x"),
            call("list_files", "call_2"),
        ]
    )

    def test_heavy_calls_are_left_to_it_and_light_ones_are_not(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.MIXED, DONE]
        turn = engine.turn()
        state = go(engine, turn)
        assert (state["next"], state["call"]) == ("tool", 1)
        assert [r["id"] for r in of(engine.events(turn), "tool_result")] == ["call_0", "call_2"]
        state = engine.door("RunTool", state)
        assert engine.door("CallModel", state)["next"] == "over"

    def test_a_session_can_say_that_no_tool_is_light(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.MIXED]
        turn = engine.turn(engine.session(inline_tools=False))
        state = go(engine, turn)
        assert (state["next"], state["calls"]) == ("tools", [0, 1, 2])
        assert of(engine.events(turn), "tool_result") == []

    def test_of_many_calls_the_machine_has_the_rest(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("list_files", f"call_{n}") for n in range(light.MOST + 2)])]
        state = go(engine, turn := engine.turn())
        assert (state["next"], state["calls"]) == ("tools", [light.MOST, light.MOST + 1])
        assert len(of(engine.events(turn), "tool_result")) == light.MOST

    def test_calls_that_nobody_could_carry_out_are_answered_here(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("no_such_tool")]), DONE]
        turn = engine.turn()
        assert go(engine, turn)["next"] == "over"
        (result,) = of(engine.events(turn), "tool_result")
        assert result["is_error"]
        assert "no_such_tool" in result["content"]

    @pytest.mark.parametrize("heavy", [[], [call("search_files", "call_2", pattern="x")]], ids=["light", "heavy"])
    def test_the_caller_is_asked_last(self, engine: Engine, model: MessagesApi, heavy: list[Block]) -> None:
        model.replies = [Reply([call("ask", "call_0"), call("list_files", "call_1"), *heavy])]
        tools = [FunctionTool.model_validate({"name": "ask"})]
        stored = client_tools.store(engine.services, "t", "sess_1", tools)
        tx = Transaction(engine.services.table)
        stored.keep(tx)
        tx.commit()
        turn = engine.turn(engine.session(**stored.settings))
        state = go(engine, turn)
        if heavy:
            assert (state["next"], state["call"], state["waits"]) == ("tool", 2, True)
            state = engine.door("RunTool", state)
            state = engine.door("CallModel", state)
        assert (state["next"], state["step"], len(model.requests)) == ("ask", 1, 1)
        engine.door("RequestClientTools", {"ticket": state, "token": f"{turn.execution_name}:1"})
        assert engine.now(turn).parked


class TestTimeOfATool:
    def test_a_call_that_takes_too_long_is_given_up_and_changes_nothing_afterwards(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tool, "LIGHT_SECONDS", 0.2)
        goes_on, over = threading.Event(), threading.Event()
        run = WriteFile.run

        def stuck(tool: WriteFile, context: Any) -> str:
            goes_on.wait(20)
            try:
                return run(tool, context)
            finally:
                over.set()

        monkeypatch.setattr(WriteFile, "run", stuck)
        model.replies = [write(1), DONE]
        turn = engine.turn()
        assert go(engine, turn)["next"] == "over"
        (result,) = of(engine.events(turn), "tool_result")
        assert (result["content"], result["is_error"]) == (tools.TOO_SLOW.format(0.2), True)
        events = engine.events(turn)
        goes_on.set()
        assert over.wait(20)
        assert engine.services.workspace.read("t/files", "1.txt") is None
        assert engine.events(turn) == events


class TestRetry:
    def test_of_one_that_had_got_far_asks_and_runs_nothing_again(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        steps = 10
        model.replies = [*(Reply([call("list_files", f"call_{n}")]) for n in range(steps)), DONE]
        ran: list[object] = []
        run = ListFiles.run

        def counted(tool: ListFiles, context: Any) -> str:
            ran.append(tool)
            return run(tool, context)

        monkeypatch.setattr(ListFiles, "run", counted)
        turn = engine.turn()
        stops = importlib.import_module("walkaway_core.doors.beginning")
        behind = stops.behind

        def dies(services: Any, results: Any) -> Any:
            if results.step.step == steps:
                raise Crashed
            return behind(services, results)

        monkeypatch.setattr(stops, "behind", dies)
        with pytest.raises(Crashed):
            go(engine, turn)
        monkeypatch.setattr(stops, "behind", behind)
        assert (len(model.requests), len(ran)) == (steps, steps)
        state = go(engine, turn)  # the machine's Retry: the same ticket
        assert (state["next"], state["step"], state["call"]) == ("tool", steps, 0)
        state = engine.door("RunTool", state)
        assert engine.door("CallModel", state)["next"] == "over"
        assert len(model.requests) == steps + 1
        texts = [transcript.text(m["content"]) for m in asked(model) if m["role"] == "assistant"]
        assert len(texts) == steps
        assert engine.kinds(turn).count("tool_result") == steps

    def test_takes_over_the_step_that_had_begun(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [write(1), Reply([text("half")]), Reply([text("whole")])]
        turn = engine.turn()
        engine.table.picks = lambda _, __: len(model.requests) == 2
        engine.table.fault = "crash before"
        with pytest.raises(Crashed):
            go(engine, turn)
        engine.table.dead = False
        assert engine.door("CallModel", begun(turn))["next"] == "over"
        started = of(engine.events(turn), "step.started")
        assert [(s["step"], s["attempt"]) for s in started] == [(1, 1), (2, 1), (2, 2)]
        assert len(of(engine.events(turn), "tool_result")) == 1
