"""A step of a turn against a model service over a socket: every kind of answer, every kind of trouble."""

import threading
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import Block, MessagesApi, PromptCache, Reply, call, size, text
from walkaway_core.agent import prices
from walkaway_core.doors import retries
from walkaway_core.engine import sending
from walkaway_core.engine.ending import cancel
from walkaway_core.log import transcript
from walkaway_core.models import anthropic as adapter
from walkaway_core.ports.items import Put
from walkaway_core.ports.model import Answer, ModelFailed
from walkaway_core.store import sessions
from walkaway_core.store.turns import Turn
from walkaway_wire.events import Event

TRICKY = "\"quoted\" 'too' \\ back\r\nCR\rLF\n\n\u2028\u2029\x85\x00 😀 e\u0301 \ndata: {}\n\nevent: x\n\n: c\n\n[DONE]"
SEARCH: list[Block] = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tides"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [
            {"type": "web_search_result", "url": "https://a.example", "title": "A", "encrypted_content": "abc=="}
        ],
    },
]
CITATION = {
    "type": "web_search_result_location",
    "url": "https://a.example",
    "title": "A",
    "encrypted_index": "i",
    "cited_text": "tides",
}


def step(engine: Engine, turn: Turn, number: int = 1) -> dict[str, Any]:
    """Let the model have a step, after those before it."""
    ticket = {**turn.ticket.json(), "step": number - 1}
    return engine.door("CallModel", ticket)


def run(engine: Engine, turn: Turn) -> list[Event]:
    """Let a turn go to its end, as the state machine would."""
    state = engine.door("CallModel", turn.ticket.json())
    while state["next"] not in ("done", "over"):
        for index in state["calls"]:
            engine.door("RunTool", {**state, "call": index})
        state = engine.door("CallModel", state)
    engine.door("FinishTurn", state)
    return engine.events(turn)


def of(events: list[Event], *types: str) -> list[dict[str, Any]]:
    """The data of events of these types, unnumbered."""
    return [{k: v for k, v in e.data.items() if k != "sequence_number"} for e in events if e.type in types]


def asked(model: MessagesApi, index: int = -1) -> list[Block]:
    """The messages of a request, without the markers of the cache."""
    return [
        {**message, "content": [{k: v for k, v in b.items() if k != "cache_control"} for b in message["content"]]}
        for message in model.requests[index]["messages"]
    ]


class TestBlocks:
    def test_thinking_goes_back_as_it_came_with_its_signature(self, engine: Engine, model: MessagesApi) -> None:
        thought = {"type": "thinking", "thinking": TRICKY, "signature": "sig+/=="}
        hidden = {"type": "redacted_thinking", "data": "opaque=="}
        model.replies = [Reply([thought, hidden, text("I look."), call("list_files")]), Reply([text("done")])]
        turn = engine.turn(engine.session(thinking=True))
        events = run(engine, turn)
        assert "".join(data["content"] for data in of(events, "thinking.delta")) == TRICKY
        assert asked(model)[1]["content"][:2] == [thought, hidden]

    @pytest.mark.parametrize("pieces", [1, 2, 7, 10_000])
    def test_text_and_arguments_arrive_unchanged_however_they_are_cut(
        self, engine: Engine, model: MessagesApi, pieces: int
    ) -> None:
        model.replies = [
            Reply([text(TRICKY), call("write_file", path="a.txt", content=TRICKY)], pieces=pieces),
            Reply([text("done")]),
        ]
        events = run(engine, engine.turn())
        assert "".join(d["content"] for d in of(events, "text.delta")).startswith(TRICKY)
        stored = engine.services.workspace.read("t/files", "a.txt")
        assert stored
        assert b"".join(stored).decode() == TRICKY

    def test_a_tool_of_the_service_is_shown_and_kept_whole(self, engine: Engine, model: MessagesApi) -> None:
        cited = {**text("High at noon."), "citations": [CITATION]}
        model.replies = [Reply([*SEARCH, cited, call("list_files")], usage={"server_tool_use": SEARCHES}), Reply()]
        turn = engine.turn(engine.session(allowed_tools=("web_search", "list_files")))
        events = run(engine, turn)
        assert of(events, "server_tool.use") == [
            {"name": "web_search", "id": "srvtoolu_1", "input": {"query": "tides"}}
        ]
        assert of(events, "server_tool.result") == [{"id": "srvtoolu_1", "type": "web_search_tool_result"}]
        assert of(events, "text.citation") == [{"citation": CITATION}]
        assert asked(model)[1]["content"][:3] == [*SEARCH, cited]
        assert events[-1].data["usage"]["web_search_requests"] == 2
        names = [tool["name"] for tool in model.requests[0]["tools"]]
        assert names == ["list_files", "web_search"]


SEARCHES = {"web_search_requests": 2, "web_fetch_requests": 0}


class TestWhyItStopped:
    def test_an_answer_cut_at_its_limit_goes_on_in_the_next_step(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("first half, ")], stop_reason="max_tokens"), Reply([text("second half")])]
        events = run(engine, engine.turn())
        assert [e["stop_reason"] for e in of(events, "step.completed")] == ["max_tokens", "end_turn"]
        assert [message["role"] for message in asked(model)] == ["user", "assistant", "user"]
        assert "stopped" in asked(model)[2]["content"][0]["text"]

    def test_a_call_cut_at_the_limit_goes_back_as_an_error(self, engine: Engine, model: MessagesApi) -> None:
        cut = {**call("write_file"), "raw": '{"path": "a.txt", "cont'}
        model.replies = [Reply([cut], stop_reason="max_tokens"), Reply([text("again, shorter")])]
        events = run(engine, engine.turn())
        assert [data["is_error"] for data in of(events, "tool_result")] == [True]
        assert events[-1].type == "message.completed"

    def test_a_search_cut_at_the_limit_does_not_break_the_step(self, engine: Engine, model: MessagesApi) -> None:
        cut = {**SEARCH[0], "raw": '{"query": "ti'}
        model.replies = [Reply([text("I search."), cut], stop_reason="max_tokens"), Reply([text("well")])]
        events = run(engine, engine.turn())
        assert of(events, "server_tool.use")[0]["input"] == {}
        assert events[-1].type == "message.completed"

    def test_a_pause_is_answered_with_what_was_said(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply(SEARCH, stop_reason="pause_turn"), Reply([text("found")])]
        events = run(engine, engine.turn())
        assert asked(model)[-1] == {"role": "assistant", "content": SEARCH}
        assert events[-1].type == "message.completed"

    def test_what_the_user_says_in_a_pause_interrupts_it(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("Let me see."), SEARCH[0]], stop_reason="pause_turn"), Reply([text("well")])]
        turn = engine.turn()
        step(engine, turn)
        sending.send(engine.services, turn.key.owner, "never mind", on_busy="steer")
        step(engine, turn, 2)
        assert [message["role"] for message in asked(model)] == ["user", "assistant", "user"]
        assert asked(model)[1]["content"] == [text("Let me see.")]

    def test_a_turn_that_was_cancelled_in_a_pause_leaves_the_session_usable(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([text("Let me see."), SEARCH[0]], stop_reason="pause_turn"), Reply([text("well")])]
        turn = engine.turn()
        step(engine, turn)
        cancel(engine.services, turn.key)
        assert run(engine, engine.turn(turn.key.owner))[-1].type == "message.completed"

    def test_a_refusal_is_an_honest_end_and_leaves_the_session_usable(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("I would ra")], stop_reason="refusal"), Reply([text("gladly")])]
        key = engine.session()
        end = run(engine, engine.turn(key))[-1]
        assert (end.type, end.data["code"]) == ("message.error", "refusal")
        assert "declined" in end.data["error"]
        assert run(engine, engine.turn(key))[-1].type == "message.completed"
        assert [message["role"] for message in asked(model)] == ["user"]

    def test_a_stop_sequence_is_an_end(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("so far")], stop_reason="stop_sequence")]
        assert run(engine, engine.turn())[-1].type == "message.completed"


class TestTimeLimit:
    """An answer that takes nearly as long as an invocation may."""

    @staticmethod
    def run(engine: Engine, turn: Turn, held: Reply) -> list[Event]:
        """Let a turn go to its end; when the held answer has come so far, the time of its invocation passes."""

        def pass_time() -> None:
            assert held.reached.wait(10)
            engine.clock.time += retries.CUT_SECONDS

        threading.Thread(target=pass_time).start()
        return run(engine, turn)

    def test_it_is_cut_off_kept_and_gone_on_with(self, engine: Engine, model: MessagesApi) -> None:
        held = Reply([text("The first half, and the second")], gate=threading.Event())
        model.replies = [held, Reply([text(" half.")])]
        turn = engine.turn()
        events = self.run(engine, turn, held)
        assert [e["stop_reason"] for e in of(events, "step.completed")] == ["time_limit", "end_turn"]
        assert events[-1].type == "message.completed"
        said = asked(model)
        assert [message["role"] for message in said] == ["user", "assistant", "user"]
        assert "Go on" in said[2]["content"][0]["text"]
        kept = said[1]["content"][0]["text"]
        assert kept
        assert "The first half, and the second".startswith(kept)
        assert kept == "".join(data["content"] for data in of(events, "text.delta")).removesuffix(" half.")
        assert of(events, "step.completed")[0]["usage"]["output_tokens"] > 1
        held.gate.set()  # type: ignore[union-attr]

    def test_whole_calls_are_carried_out_and_a_broken_one_goes_back(self, engine: Engine, model: MessagesApi) -> None:
        calls = [call("list_files", "whole"), call("write_file", "broken", path="a.txt", content="x" * 50)]
        held = Reply([text("I look."), *calls], gate=threading.Event(), middle=2)
        model.replies = [held, Reply([text("done")])]
        events = self.run(engine, engine.turn(), held)
        results = {data["id"]: data["is_error"] for data in of(events, "tool_result")}
        assert results == {"whole": False, "broken": True}
        assert events[-1].type == "message.completed"
        held.gate.set()  # type: ignore[union-attr]

    def test_thoughts_alone_cannot_be_kept_and_the_step_is_tried_again(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        thought = {"type": "thinking", "thinking": "Let me think about this", "signature": "sig"}
        held = Reply([thought, text("unsaid")], gate=threading.Event())
        model.replies = [held, Reply([text("done")])]
        turn = engine.turn(engine.session(thinking=True))
        ticket = turn.ticket.json()
        threading.Thread(target=lambda: held.reached.wait(10) and self.late(engine)).start()
        with pytest.raises(ModelFailed, match="nothing that can be kept"):
            engine.door("CallModel", ticket)
        assert "step.retrying" in engine.kinds(turn)
        assert run(engine, turn)[-1].type == "message.completed"
        held.gate.set()  # type: ignore[union-attr]

    @staticmethod
    def late(engine: Engine) -> None:
        engine.clock.time += retries.CUT_SECONDS


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


class TestTools:
    def test_a_tool_that_is_not_allowed_is_not_there(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("write_file", path="a", content="b")]), Reply([text("well")])]
        turn = engine.turn(engine.session(disallowed_tools=("write_file",)))
        result = of(run(engine, turn), "tool_result")[0]
        assert "no tool 'write_file'" in result["content"]
        assert "write_file" not in [tool["name"] for tool in model.requests[0]["tools"]]
        assert engine.services.workspace.read("t/files", "a") is None

    def test_settings_reach_the_service(self, engine: Engine, model: MessagesApi) -> None:
        options = {"max_output_tokens": 300, "effort": "low", "temperature": 0.5, "allowed_tools": ()}
        run(engine, engine.turn(engine.session(**options)))
        sent = model.requests[0]
        assert (sent["max_tokens"], sent["output_config"], sent["temperature"]) == (300, {"effort": "low"}, 0.5)
        assert sent["tools"] == []


class TestCost:
    def test_a_growing_conversation_is_read_from_the_cache(self, engine: Engine, model: MessagesApi) -> None:
        model.cache = PromptCache()
        steps = [Reply([text(f"Part {i}. " * 40), call("list_files", f"toolu_{i}")]) for i in range(29)]
        model.replies = [*steps, Reply([text("done")])]
        usage = run(engine, engine.turn())[-1].data["usage"]
        assert len(model.requests) == 30
        whole = sum(usage[name] for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"))
        assert usage["cache_read_input_tokens"] / whole >= 0.9
        assert usage["input_tokens"] < whole / 1000

    def test_is_told_by_the_price_table_and_summed_for_the_session(self, engine: Engine, model: MessagesApi) -> None:
        usage = {"output_tokens": 1_000_000, "cache_read_input_tokens": 1_000_000, "server_tool_use": SEARCHES}
        model.replies = [Reply([text("dear")], usage=usage)]
        key = engine.session(model="claude-haiku-4-5")
        for _ in range(2):
            assert run(engine, engine.turn(key))[-1].data["cost_usd"] == pytest.approx(5 + 0.1 + 0.02 + 10e-6)
        assert sessions.get(engine.services, key).cost == 2 * (5_120_000 + 10)

    def test_of_a_model_without_a_price_is_unknown(self, engine: Engine, model: MessagesApi) -> None:
        assert run(engine, engine.turn())[-1].data["cost_usd"] is None

    @pytest.mark.parametrize("limit", ["max_cost_usd", "max_turn_cost_usd"])
    def test_over_its_limit_no_model_is_called(self, engine: Engine, model: MessagesApi, limit: str) -> None:
        model.replies = [Reply([call("list_files")], usage={"output_tokens": 100_000}), Reply([text("never")])]
        key = engine.session(model="claude-haiku-4-5", **{limit: 0.4})
        end = run(engine, engine.turn(key))[-1]
        assert (end.data["code"], len(model.requests)) == ("max_cost", 1)
        assert limit in end.data["error"]
        model.replies = [Reply([text("hello")])]
        again = run(engine, engine.turn(key))[-1]
        assert again.type == ("message.error" if limit == "max_cost_usd" else "message.completed")

    def test_a_summary_that_uses_it_up_is_the_last_call(self, engine: Engine, model: MessagesApi) -> None:
        key = engine.session(model="claude-haiku-4-5", max_cost_usd=0.4)
        model.replies = [Reply([text("first")])]
        run(engine, sending.send(engine.services, key, "One").turn)
        over = Reply([text("cut")], stop_reason="model_context_window_exceeded")
        model.replies = [over, Reply([text("dear")], usage={"output_tokens": 500_000}), Reply([text("never")])]
        end = run(engine, sending.send(engine.services, key, "Two").turn)[-1]
        assert (end.data["code"], len(model.requests)) == ("max_cost", 3)

    def test_no_limit_is_promised_that_cannot_be_kept(self, engine: Engine) -> None:
        with pytest.raises(Exception, match=r"prices\.json"):
            engine.session(max_cost_usd=1.0)

    @pytest.mark.parametrize(
        ("model_name", "priced"),
        [
            ("claude-haiku-4-5", True),
            ("claude-haiku-4-5-20251001", True),
            ("bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0", True),
            ("rehearsal", True),
            ("claude-opus-4-55", False),
            ("claude-opus-4-8", False),
            ("my-rehearsal", False),
        ],
    )
    def test_a_price_is_for_a_model_and_not_for_names_that_begin_like_it(self, model_name: str, priced: bool) -> None:  # noqa: FBT001
        assert prices.known(model_name) is priced


class TestCompaction:
    """The window is 40,000 tokens here, of which an answer may have 16,000."""

    LONG = "tide " * 2_450
    """More than 3,000 tokens."""

    def talk(self, engine: Engine, model: MessagesApi, exchanges: int) -> tuple[Any, list[Event]]:
        """Fill a conversation; give its session and the last turn's events."""
        model.cache = PromptCache()
        key, events = engine.session(), []
        for number in range(exchanges):
            model.replies = [Reply([text(f"{number}: {self.LONG}")], pieces=20_000)]
            events = run(engine, sending.send(engine.services, key, f"Question {number}").turn)
            assert events[-1].type == "message.completed"
        return key, events

    def test_what_is_old_becomes_a_summary_and_what_is_new_stays(self, engine: Engine, model: MessagesApi) -> None:
        key, _ = self.talk(engine, model, 7)
        assert model.counted == 0
        model.replies = [Reply([text("They asked seven questions.")]), Reply([text("answer")])]
        before = len(model.requests)
        events = run(engine, sending.send(engine.services, key, "Question 7").turn)
        assert of(events, "turn.compacted") == [{"step": 1, "summary": "They asked seven questions."}]
        assert model.counted, "near the window the service counts"
        summing, answering = model.requests[before:]
        assert "do not call a tool" in summing["messages"][-1]["content"][-1]["text"]
        shown = str(answering["messages"])
        assert "They asked seven questions." in shown
        assert "Question 7" in shown
        assert "6: tide" in shown
        assert "0: tide" not in shown
        assert size(answering) < size(summing) / 2
        said = transcript.newest(engine.services, key, limit=100)[0]
        assert len(said) == 16, "nothing is taken out of the conversation that users read"
        model.replies = [Reply([text("more")])]
        run(engine, sending.send(engine.services, key, "Question 8").turn)
        assert len(model.requests) == before + 3, "the summary is made once"
        assert "They asked seven questions." in str(model.requests[-1]["messages"])
        assert events[-1].data["usage"]["output_tokens"] == 10, "the summary counts"

    def test_a_long_turn_keeps_its_task_and_its_newest_calls_whole(self, engine: Engine, model: MessagesApi) -> None:
        model.cache = PromptCache()
        made = [Reply([text(self.LONG), call("list_files", f"toolu_{i}")], pieces=20_000) for i in range(7)]
        model.replies = [*made, Reply([text("the files are listed")]), Reply([text("done")])]
        events = run(engine, sending.send(engine.services, engine.session(), "List them all, please").turn)
        assert [e.type for e in events].count("turn.compacted") == 1
        assert events[-1].type == "message.completed"
        last = model.requests[-1]["messages"]
        assert "List them all, please" in last[0]["content"][0]["text"]
        assert last[1]["role"] == "assistant"
        assert last[-1]["content"][-1]["type"] == "tool_result"

    def test_a_window_that_was_exceeded_is_made_room_in(self, engine: Engine, model: MessagesApi) -> None:
        key = engine.session()
        model.replies = [Reply([text("first")])]
        run(engine, sending.send(engine.services, key, "One").turn)
        over = Reply([text("I was about to")], stop_reason="model_context_window_exceeded")
        model.replies = [over, Reply([text("in short")]), Reply([text("done")])]
        events = run(engine, sending.send(engine.services, key, "Two").turn)
        assert of(events, "turn.compacted")[0]["step"] == 2
        assert events[-1].type == "message.completed"

    def test_a_worker_that_dies_over_a_summary_leaves_it_to_the_next(self, engine: Engine, model: MessagesApi) -> None:
        key, _ = self.talk(engine, model, 7)
        model.replies = [Reply([text("a summary")]), Reply([text("answer")])]
        turn = sending.send(engine.services, key, "Question 7").turn
        engine.table.picks = lambda _, writes: any(write.key[1].endswith("#!") for write in writes)
        engine.table.fault = "crash after"
        with pytest.raises(Crashed):
            step(engine, turn)
        engine.table.dead = False
        assert step(engine, turn)["next"] == "done"
        assert [e.type for e in engine.events(turn)].count("turn.compacted") == 1

    def test_the_rehearsal_goes_on_from_its_summaries(self, engine: Engine) -> None:
        key = engine.session(model="rehearsal", max_steps=400, max_output_tokens=37_500)
        turn = sending.send(engine.services, key, "Write a report on rain to rain.md in 300 steps").turn
        events = run(engine, turn)
        assert events[-1].type == "message.completed"
        kinds = [event.type for event in events]
        assert kinds.count("step.completed") == 300
        assert kinds.count("turn.compacted") >= 2
        assert all("in 300 steps" in data["summary"] for data in of(events, "turn.compacted"))

    @pytest.mark.deep
    def test_a_late_step_writes_no_more_than_an_early_one(self, engine: Engine) -> None:
        key = engine.session(model="rehearsal", max_steps=400, max_output_tokens=30_000)
        state = sending.send(engine.services, key, "Write a report on rain to rain.md in 200 steps").turn.ticket.json()
        writes: list[int] = []
        while state["next"] != "done":
            before = engine.table.counts["transaction"]
            state = engine.door("CallModel", state)
            for index in state["calls"]:
                engine.door("RunTool", {**state, "call": index})
            writes.append(engine.table.counts["transaction"] - before)
        assert len(writes) == 200
        assert set(writes[20:198]) <= {5, 6}, "begin, commit, claim, report, result; and a summary now and then"
        assert writes.count(6) < 10

    def test_only_what_the_summary_leaves_is_read(self, engine: Engine, model: MessagesApi) -> None:
        turn = engine.turn()
        for number in range(1, 2301):
            answer = Answer([text(f"answer {number}")], "end_turn", {}, {})
            engine.table.write(Put(transcript.answer_entry(engine.services, turn.key, number, answer, "n")))
        owner = turn.key.owner
        found = transcript.entries(engine.services, owner)
        assert [entry.step for entry in found] == list(range(2301))
        summary = ("so far", found[2200].id)
        engine.table.write(Put(transcript.summary_entry(engine.services, turn.key, 2210, summary, "n")))
        found = transcript.entries(engine.services, owner)
        assert [entry.step for entry in found] == [*range(2200, 2210), 2210, *range(2210, 2301)]
        upto = transcript.entries(engine.services, owner, upto=turn.key.entry(1500)[1])
        assert [entry.step for entry in upto] == list(range(1501))

    def test_little_is_not_counted_and_not_summed_up(self, engine: Engine, model: MessagesApi) -> None:
        _, events = self.talk(engine, model, 2)
        assert (model.counted, of(events, "turn.compacted")) == (0, [])
