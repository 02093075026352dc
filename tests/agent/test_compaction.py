"""What outgrows the model's window becomes a summary."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, size, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import of, run, step
from tests.log import test_conversation as said
from walkaway_core.agent import compaction, room
from walkaway_core.engine import sending
from walkaway_core.log import spoken, transcript
from walkaway_core.log.said import Said
from walkaway_core.ports.items import Put
from walkaway_core.ports.model import Answer
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_wire.events import Event


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
        said = spoken.newest(engine.services, key, limit=100)[0]
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

    @pytest.mark.parametrize("steps", [100, pytest.param(300, marks=pytest.mark.deep)])
    def test_the_rehearsal_goes_on_from_its_summaries(self, engine: Engine, steps: int) -> None:
        engine.compacts_at(9_000)
        key = engine.session(model="rehearsal", max_steps=400)
        turn = sending.send(engine.services, key, f"Write a report on rain to rain.md in {steps} steps").turn
        events = run(engine, turn)
        assert events[-1].type == "message.completed"
        kinds = [event.type for event in events]
        assert kinds.count("step.completed") == steps
        assert kinds.count("turn.compacted") >= steps // 100
        assert all(f"in {steps} steps" in data["summary"] for data in of(events, "turn.compacted"))

    @pytest.mark.deep
    def test_a_late_step_writes_no_more_than_an_early_one(self, engine: Engine) -> None:
        engine.compacts_at(9_000)
        key = engine.session(model="rehearsal", max_steps=400)
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

    @pytest.mark.parametrize("counted", ["many", -7, None, [1]])
    def test_what_is_no_count_is_none(self, engine: Engine, model: MessagesApi, counted: object) -> None:
        model.counts = lambda _: counted
        key, _ = self.talk(engine, model, 7)
        model.replies = [Reply([text("in short")]), Reply([text("answer")])]
        events = run(engine, sending.send(engine.services, key, "Question 7").turn)
        assert model.counted, "it was asked, and the estimate holds"
        assert events[-1].type == "message.completed"


@pytest.mark.parametrize("approved", [True, False])
def test_a_call_is_not_parted_from_what_a_later_turn_brings_for_it(engine: Engine, *, approved: bool) -> None:
    asks = said.answer(1, 2, text("x" * 99_000), call("list_files"), stop="tool_use")
    told, brings = said.user(1, "faster", 3, "-.00000"), said.user(2)
    body = {"content": [], "approved": [call("list_files")]} if approved else {}
    brings.body.update(body or {"content": [said.result(1, 2, 0).body, text("so?")]})
    talk = [said.user(1), said.answer(1, 1, text("x")), asks, told, brings]
    cut = compaction.needed(engine.services, talk, "t", AgentSettings(model="test-model"), forced=True)
    assert cut
    assert [entry.id for entry in cut.kept] == [asks.id, told.id, brings.id]


def test_attachments_make_a_request_too_large_however_few_tokens_they_take(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BYTES", 8_000)
    services, key, settings = engine.services, engine.session(), AgentSettings(model="test-model")
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 2_800}
    cuts = []
    for number in range(1, 5):
        turn = key.turn(f"msg_{number}")
        services.table.write(
            Put(transcript.user_entry(services, turn, Said([text("look"), {"type": "image", "source": source}]))),
            Put(transcript.answer_entry(services, turn, 1, Answer([text("seen")], "end_turn", {}, {}), "n")),
        )
        cuts.append(compaction.needed(services, transcript.entries(services, key), key.tenant, settings))
    assert cuts[:2] == [None, None]
    assert [len(cut.kept) for cut in cuts[2:] if cut] == [1, 1], "a quarter of the room is less than a picture here"
