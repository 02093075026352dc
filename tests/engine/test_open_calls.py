"""Turns that end with calls for the caller, and what the turn behind one brings for them."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import Block, MessagesApi, Reply, call, text
from tests.kit.steps import asked, begun, of, run
from walkaway_core.agent import client_tools
from walkaway_core.agent.tools.files import WriteFile
from walkaway_core.dialects.native import records
from walkaway_core.doors.call_words import CUT_OFF, UNKNOWN
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import open_calls, sending
from walkaway_core.engine.ending import Ending, cancel, end_turn
from walkaway_core.engine.open_calls import Answer, Approval
from walkaway_core.engine.pause.answering import DENIED
from walkaway_core.errors import Invalid, SessionBusy
from walkaway_core.log import spoken
from walkaway_core.log.conversation import UNANSWERED
from walkaway_core.store import changes, due, sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.tools import FunctionTool

CLOCK = FunctionTool(name="clock", parameters={"type": "object"})
DONE = Reply([text("Done.")])
WRITE = call("write_file", "toolu_w", path="a.md", content="x")


def session(engine: Engine, **options: Any) -> SessionKey:
    """A session whose caller has a clock, and lets nobody write unasked."""
    stored = client_tools.store(engine.services, "t", "sess_1", [CLOCK])
    stored.keep(tx := Transaction(engine.services.table))
    tx.commit()
    return engine.session(**{"approve": ("write_file",), **stored.settings, **options})


def send(engine: Engine, key: SessionKey, message: str = "go", **options: Any) -> Turn:
    return sending.send(engine.services, key, message, ends_with_calls=True, **options).turn


def ended(engine: Engine, model: MessagesApi, *blocks: Block, key: SessionKey | None = None, **about: Any) -> Turn:
    """A turn that has ended with these calls."""
    model.replies[:] = [Reply(list(blocks), **about), DONE]
    turn = send(engine, key or session(engine))
    run(engine, turn)
    return engine.now(turn)


def results(model: MessagesApi) -> list[Any]:
    """What the model was told of calls in the last message of the last request, in their order; then the texts."""
    blocks = asked(model)[-1]["content"]
    assert [block["type"] for block in blocks] == sorted((block["type"] for block in blocks), reverse=True)
    return [block.get("content", block.get("text")) for block in blocks]


def refusal(engine: Engine, turn: Turn, *answers: Answer | Approval) -> str:
    """Why nothing begins with these answers."""
    before = engine.executions()
    with pytest.raises(Invalid) as refused:
        send(engine, turn.key.owner, answers=answers)
    assert engine.executions() == before
    assert not sessions.get(engine.services, turn.key.owner).busy
    return str(refused.value)


class TestEnd:
    def test_calls_of_the_callers_end_the_turn_in_the_transaction_of_its_answer(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        turn = ended(engine, model, text("I ask."), call("clock"))
        assert (turn.status, turn.pause.token, turn.step) == ("completed", "", 1)
        assert engine.kinds(turn)[-2:] == ["step.completed", "message.completed"]
        assert [kind for kind, _ in engine.told] == ["session.created", "turn.started", "turn.completed"]
        assert engine.due() == ["session"]
        assert len(model.requests) == 1
        (left,) = open_calls.open_calls(engine.services, turn)
        assert (left.id, left.name, left.arguments, left.needs, left.must) == ("toolu_1", "clock", {}, "output", True)

    @pytest.mark.parametrize("inline", [True, False])
    @pytest.mark.parametrize("count", [1, 2])
    def test_the_servers_calls_of_the_step_run_first(
        self, engine: Engine, model: MessagesApi, count: int, *, inline: bool
    ) -> None:
        key = session(engine, inline_tools=inline, approve=())
        calls = [call("write_file", f"toolu_{n}", path=f"{n}.md", content="x") for n in range(count)]
        turn = ended(engine, model, *calls, call("clock", "toolu_c"), key=key)
        kinds = engine.kinds(turn)
        assert (kinds.count("tool_result"), kinds[-1], turn.step) == (count, "message.completed", 1)
        assert [each.id for each in open_calls.open_calls(engine.services, turn)] == ["toolu_c"]
        shown = of(engine.events(turn), "message.completed")[0]["files"]
        assert {file["path"] for file in shown} == {f"{n}.md" for n in range(count)}
        assert turn.files == count

    def test_one_that_was_cut_off_is_none_to_answer(self, engine: Engine, model: MessagesApi) -> None:
        calls = call("clock", "toolu_1"), call("clock", "toolu_2")
        turn = ended(engine, model, *calls, stop_reason="max_tokens")
        assert [each.id for each in open_calls.open_calls(engine.services, turn)] == ["toolu_1"]
        assert [result["content"] for result in of(engine.events(turn), "tool_result")] == [CUT_OFF]
        turn = ended(engine, model, call("clock", "toolu_3"), stop_reason="max_tokens", key=session(engine))
        assert (turn.step, open_calls.open_calls(engine.services, turn)) == (2, [])

    def test_the_last_step_may_have_them(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, call("clock"), key=session(engine, max_steps=1))
        assert turn.status == "completed"

    @pytest.mark.parametrize("own", [True, False])
    def test_the_turn_that_waits_begins(self, engine: Engine, model: MessagesApi, *, own: bool) -> None:
        key = session(engine)
        turn = send(engine, key)
        model.replies[:] = [Reply([call("clock")]), DONE]
        model.respond = None
        waits = sending.send(engine.services, key, "then", on_busy="enqueue", ends_with_calls=own).turn
        run(engine, turn)
        assert engine.now(turn).status == "completed"
        run(engine, engine.now(waits))
        assert engine.now(waits).status == "completed"
        assert results(model) == [UNANSWERED, "then"], "nobody can be told any more that something is missing"

    def test_what_the_turn_was_told_meanwhile_is_heard_with_what_comes(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        key = session(engine)
        turn = send(engine, key)

        def respond(_: Any) -> Reply:
            if len(model.requests) == 1:
                sending.send(engine.services, key, "faster", on_busy="steer")
                return Reply([call("clock")])
            return DONE

        model.respond = respond
        run(engine, turn)
        assert engine.now(turn).status == "completed"
        assert len(model.requests) == 1
        run(engine, send(engine, key, "and", answers=[Answer("toolu_1", "noon")]))
        assert results(model) == ["noon", "faster", "and"]

    def test_a_turn_of_another_kind_waits_as_ever(self, engine: Engine, model: MessagesApi) -> None:
        model.replies[:] = [Reply([WRITE, call("list_files", "toolu_l", path=""), call("clock")])]
        turn = sending.send(engine.services, session(engine), "go").turn
        state = engine.door("CallModel", begun(turn))
        assert state["next"] == "ask"
        assert engine.now(turn).open == 0

    def test_whoever_takes_over_behind_the_servers_calls_ends_it(self, engine: Engine, model: MessagesApi) -> None:
        model.replies[:] = [Reply([call("list_files", "toolu_l", path=""), call("clock")])]
        turn = send(engine, session(engine, inline_tools=False))
        engine.door("CallModel", begun(turn))  # and nobody comes back
        engine.clock.time += due.STEP_WITHIN + 60
        sweep(engine.services)
        turn = engine.now(turn)
        assert turn.execution == 2
        assert run(engine, turn)[-1].type == "message.completed"
        assert len(model.requests) == 1


class TestOutputs:
    def test_they_stand_with_the_servers_results_in_the_models_order_and_before_the_rest(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        calls = call("clock", "toolu_1"), call("list_files", "toolu_l", path=""), call("clock", "toolu_2")
        turn = ended(engine, model, *calls)
        picture = [text("a picture"), text("of a clock")]
        answers = [Answer("toolu_2", [text(" "), *picture]), Answer("toolu_1", "no", is_error=True)]
        after = send(engine, turn.key.owner, "So?", answers=answers)
        run(engine, after)
        assert [message["role"] for message in asked(model)] == ["user", "assistant", "user"]
        assert results(model) == ["no", "There are no such files.", picture, "So?"]
        assert [block.get("is_error") for block in asked(model)[-1]["content"]] == [True, False, False, None]
        entry = spoken.of_turn(engine.services, after.key)[0]
        assert [block["type"] for block in entry.body["content"]] == ["tool_result", "tool_result", "text"]
        old = spoken.of_turn(engine.services, turn.key)
        assert [entry.body.get("tool_use_id") for entry in old if entry.call is not None] == ["toolu_l"]

    def test_they_may_come_without_a_word_and_stay_as_they_were_sent(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, call("clock"))
        run(engine, send(engine, turn.key.owner, "", answers=[Answer("toolu_1", "noon")]))
        first = asked(model)
        run(engine, send(engine, turn.key.owner, "more"))
        assert asked(model)[:3] == first
        assert results(model) == ["more"]

    @pytest.mark.parametrize("tool", ["clock", "write_file"])
    def test_what_does_not_answer_each_call_once_is_refused_before_anything_begins(
        self, engine: Engine, model: MessagesApi, tool: str
    ) -> None:
        turn = ended(engine, model, call("clock", "toolu_1"), call("clock", "toolu_2"))
        one, two = Answer("toolu_1", "a"), Answer("toolu_2", "b")
        missing = "No tool output found for function call toolu_2."
        assert refusal(engine, turn) == "No tool output found for function call toolu_1."
        assert refusal(engine, turn, one) == missing
        assert "exactly one" in refusal(engine, turn, one, two, one)
        unknown = "No tool call found for function call output with call_id toolu_3."
        assert refusal(engine, turn, one, two, Answer("toolu_3", "c")) == unknown
        assert "needs an output" in refusal(engine, turn, one, Approval("toolu_2", approve=True))
        assert "toolu_9" in refusal(engine, turn, one, two, Approval("toolu_9", approve=True))
        run(engine, send(engine, turn.key.owner, answers=[one, two]))
        assert refusal(engine, turn, one, two).endswith("toolu_1."), "they are answered"

    def test_they_are_for_a_turn_that_is_over(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, call("clock"))
        send(engine, turn.key.owner, answers=[Answer("toolu_1", "noon")])
        with pytest.raises(SessionBusy):
            send(engine, turn.key.owner, answers=[Answer("toolu_1", "noon")])
        for way in ("enqueue", "steer", "interrupt"):
            with pytest.raises(Invalid, match="once it is over"):
                send(engine, turn.key.owner, answers=[Answer("toolu_1", "noon")], on_busy=way)

    def test_a_session_that_is_gone_on_with_otherwise_needs_none(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, call("clock"))
        run(engine, sending.send(engine.services, turn.key.owner, "Well?").turn)
        assert results(model) == [UNANSWERED, "Well?"]
        assert "No tool call found" in refusal(engine, turn, Answer("toolu_1", "noon"))

    @pytest.mark.parametrize("answers", [[], [Answer("toolu_1", "noon")]])
    def test_behind_a_turn_that_was_cancelled_they_may_come(
        self, engine: Engine, model: MessagesApi, answers: Sequence[Answer]
    ) -> None:
        model.replies[:] = [Reply([call("list_files", "toolu_l", path=""), call("clock")]), DONE]
        turn = send(engine, session(engine, inline_tools=False))
        engine.door("CallModel", begun(turn))
        assert open_calls.open_calls(engine.services, engine.now(turn)) == [], "it is not over"
        cancel(engine.services, turn.key)
        run(engine, send(engine, turn.key.owner, "Well?", answers=answers))
        assert results(model) == [UNANSWERED, "noon" if answers else UNANSWERED, "Well?"]

    def test_a_long_one_is_shortened_and_a_conversation_is_not_cut_before_it(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        key = session(engine)
        for _ in range(7):
            ended(engine, model, text("tide " * 2_450), key=key, pieces=20_000)
        turn = ended(engine, model, call("clock"), key=key, usage={"input_tokens": 20_000})
        long = Answer("toolu_1", [text("tick " * 40_000)])
        model.replies[:] = [Reply([text("They talked.")]), DONE]
        after = send(engine, key, "So?", answers=[long])
        run(engine, after)
        assert "turn.compacted" in engine.kinds(after)
        assert engine.now(after).status == "completed"
        assert [message["role"] for message in asked(model)][-2:] == ["assistant", "user"]
        assert "were left out here" in results(model)[-2][0]["text"]
        assert turn.key != after.key


class TestApprovals:
    def test_a_yes_has_the_call_run_before_the_first_step(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, WRITE, call("clock", "toolu_c"))
        assert engine.kinds(turn)[-2:] == ["step.completed", "message.completed"]
        assert [each.needs for each in open_calls.open_calls(engine.services, turn)] == ["approval", "output"]
        assert not engine.services.workspace.listing("t/files", "")
        answers = [Answer("toolu_c", "noon"), Approval("toolu_w", approve=True)]
        after = send(engine, turn.key.owner, "", answers=answers)
        events = run(engine, after)
        assert [event.type for event in events][1:5] == [
            "tool_use.executing",
            "file.changed",
            "tool_result",
            "step.started",
        ]
        assert results(model) == ["Wrote 1 bytes to a.md", "noon"]
        journals = [entry for entry in spoken.of_turn(engine.services, after.key) if entry.call is not None]
        assert [(entry.step, entry.call, entry.body["tool_use_id"]) for entry in journals] == [(0, 0, "toolu_w")]
        assert events[-1].data["files"][0]["call_id"] == "toolu_w"
        assert changes.at_end(engine.services, [after.key])[0][0]["path"] == "a.md"
        run(engine, send(engine, turn.key.owner, "more"))
        assert results(model) == ["more"], "it stays what it was"

    def test_a_no_is_told_with_its_reason(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, WRITE)
        answer = Approval("toolu_w", approve=False, reason="Not now.")
        events = run(engine, send(engine, turn.key.owner, "", answers=[answer]))
        assert results(model) == [f"{DENIED} Not now."]
        assert asked(model)[-1]["content"][0]["is_error"]
        assert not of(events, "tool_use.executing")

    def test_it_must_be_one_or_the_other(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, WRITE)
        assert refusal(engine, turn) == "No yes or no found for the call toolu_w."
        assert "no output" in refusal(engine, turn, Answer("toolu_w", "x"))

    def test_several_are_numbered_in_the_models_order(self, engine: Engine, model: MessagesApi) -> None:
        calls = [call("write_file", f"toolu_{n}", path=f"{n}.md", content="x") for n in range(3)]
        turn = ended(engine, model, *calls)
        answers = [Approval(f"toolu_{n}", approve=n != 1) for n in (2, 1, 0)]
        after = send(engine, turn.key.owner, "", answers=answers)
        run(engine, after)
        journals = [entry for entry in spoken.of_turn(engine.services, after.key) if entry.call is not None]
        assert [(entry.call, entry.body["tool_use_id"]) for entry in journals] == [(0, "toolu_0"), (1, "toolu_2")]
        assert engine.now(after).approved == 2

    def test_one_that_was_lost_is_not_run_twice(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(WriteFile, "repeatable", False)
        turn = ended(engine, model, WRITE)
        after = send(engine, turn.key.owner, "", answers=[Approval("toolu_w", approve=True)])
        state = engine.door("CallModel", begun(after))
        assert (state["next"], state["call"], state["step"]) == ("tool", 0, 0)
        engine.table.at(2, "crash before", kind="write")
        with pytest.raises(Crashed):
            engine.door("RunTool", state)
        engine.table.revive()
        engine.clock.time += due.STEP_WITHIN + 60
        sweep(engine.services)
        after = engine.now(after)
        assert after.execution == 2
        run(engine, after)
        assert results(model) == [UNKNOWN]

    def test_a_long_one_is_not_taken_for_a_turn_that_has_not_begun(self, engine: Engine, model: MessagesApi) -> None:
        turn = ended(engine, model, WRITE)
        after = send(engine, turn.key.owner, "", answers=[Approval("toolu_w", approve=True)])
        engine.door("CallModel", begun(after))
        assert [kind for kind, _ in engine.told][-1] == "turn.started"
        engine.clock.time += due.STEP_WITHIN - 60
        sweep(engine.services)
        assert engine.now(after).execution == 1

    @pytest.mark.parametrize("end", ["cancelled", "failed"])
    def test_a_turn_that_ends_before_it_has_run_leaves_it_unanswered(
        self, engine: Engine, model: MessagesApi, end: Any
    ) -> None:
        turn = ended(engine, model, WRITE)
        after = send(engine, turn.key.owner, "Please", answers=[Approval("toolu_w", approve=True)])
        state = engine.door("CallModel", begun(after))
        end_turn(engine.services, after.key, Ending(end))
        assert engine.door("RunTool", state)["next"] == "over"
        run(engine, send(engine, turn.key.owner, "Well?"))
        assert results(model) == [UNANSWERED, "Please", "Well?"]

    @pytest.mark.parametrize("cancelled", [True, False])
    def test_what_it_has_changed_is_told_whatever_becomes_of_the_turn(
        self, engine: Engine, model: MessagesApi, *, cancelled: bool
    ) -> None:
        turn = ended(engine, model, WRITE)
        answers = [Approval("toolu_w", approve=True)]
        after = sending.send(engine.services, turn.key.owner, "", answers=answers).turn  # of the kind that waits
        engine.door("RunTool", engine.door("CallModel", begun(after)))
        shown = records.responses(engine.services, [engine.now(after)])[0]
        assert [file.path for file in shown.files] == ["a.md"]
        if cancelled:
            cancel(engine.services, after.key)
        else:
            run(engine, after)
        assert engine.now(after).files == 1
