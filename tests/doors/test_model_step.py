"""A step against a model service over a socket: every kind of answer, and why it stopped."""

import threading

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import Block, MessagesApi, Reply, call, text
from tests.kit.steps import asked, of, run, step
from walkaway_core.doors import retries
from walkaway_core.engine import sending
from walkaway_core.engine.ending import cancel
from walkaway_core.log import spoken
from walkaway_core.ports.model import ModelFailed
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


class TestAttempts:
    def test_an_answer_says_at_which_attempt_it_was_given(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [
            Reply([call("list_files")]),
            Reply([text("x")], then="reset"),
            Reply([text("Half a")], then="reset"),
            Reply([text("Done.")]),
        ]
        turn = engine.turn()
        run(engine, turn)
        run(engine, engine.turn(turn.key.owner))
        said = spoken.of_turn(engine.services, turn.key)
        assert [(entry.step, entry.call, entry.body.get("attempt")) for entry in said] == [
            (0, None, None),
            (1, None, None),
            (1, 0, None),
            (2, None, 3),
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

    @pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
    @pytest.mark.parametrize("raw", ["", "{}", '{"path": "a.txt", "cont', '{"path": "a.txt", "content": "x"}'])
    @pytest.mark.parametrize("approve", [(), ("write_file",)])
    def test_a_call_cut_at_the_limit_is_neither_carried_out_nor_asked_for(
        self, engine: Engine, model: MessagesApi, reason: str, raw: str, approve: tuple[str, ...]
    ) -> None:
        cut = {**call("write_file", "cut"), "raw": raw}
        model.replies = [Reply([call("list_files", "whole"), cut], stop_reason=reason), Reply([text("in parts")])]
        turn = engine.turn(engine.session(approve=approve))
        assert step(engine, turn)["waits"] is False
        events = run(engine, turn)
        results = {data["id"]: (data["is_error"], data["content"]) for data in of(events, "tool_result")}
        assert [results["whole"][0], results["cut"][0]] == [False, True]
        assert "cut off" in results["cut"][1]
        assert engine.services.workspace.read("t/files", "a.txt") is None
        assert [block["content"] for block in asked(model)[-1]["content"]][-1] == results["cut"][1]
        assert events[-1].type == "message.completed"

    def test_only_the_last_block_was_cut(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("list_files"), text("And n")], stop_reason="max_tokens"), Reply([text("ow")])]
        events = run(engine, engine.turn())
        assert [data["is_error"] for data in of(events, "tool_result")] == [False]

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

    def test_a_refusal_says_why_if_the_service_does(self, engine: Engine, model: MessagesApi) -> None:
        details = {"type": "refusal", "category": "cyber", "explanation": "This could harm a network."}
        message: Block = {"id": "m", "content": []}
        delta = {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
        end = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 0}}
        model.replies = [Reply(raw=[{"type": "message_start", "message": message}, end, {"type": "message_stop"}])]
        end_of_turn = run(engine, engine.turn())[-1]
        assert end_of_turn.data["code"] == "refusal"
        assert "(cyber)" in end_of_turn.data["error"]
        assert end_of_turn.data["error"].endswith("This could harm a network.")

    def test_an_answer_without_a_word_is_asked_for_once_more(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("list_files")]), Reply([]), Reply([text("The folder is empty.")])]
        turn = engine.turn()
        assert run(engine, turn)[-1].type == "message.completed"
        assert len(model.requests) == 3
        assert "Say what the result is" in asked(model)[-1]["content"][-1]["text"]
        model.replies = [Reply([])]
        assert run(engine, engine.turn())[-1].type == "message.completed"
        assert len(model.requests) == 5, "twice, and then it has nothing to say"

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

    def test_calls_are_carried_out_but_for_the_one_that_was_cut(self, engine: Engine, model: MessagesApi) -> None:
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
        options |= {"model": "claude-sonnet-4-6"}  # of those that take a temperature
        run(engine, engine.turn(engine.session(**options)))
        sent = model.requests[0]
        assert (sent["max_tokens"], sent["output_config"], sent["temperature"]) == (300, {"effort": "low"}, 0.5)
        assert sent["tools"] == []
