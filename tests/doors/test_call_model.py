"""Rule R3: a step is committed once, and what is committed is not asked again."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.tickets import ticket
from walkaway_core.engine.ending import cancel
from walkaway_core.log import log
from walkaway_core.ports.items import Put, Write

FAULTS = ["lost", "after effect"]


class TestOneCommit:
    """R3."""

    def test_a_step_commits_entry_usage_and_last_event_together(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("said")])]
        turn = engine.turn()
        after = engine.door("CallModel", ticket(turn))
        assert (after["next"], after["step"], after["calls"]) == ("done", 1, [])
        assert engine.kinds(turn)[-1] == "step.completed"
        assert engine.now(turn).step == 1
        assert engine.now(turn).usage["output_tokens"] == 5

    def test_a_step_delivered_again_calls_no_model_and_gives_the_same_ticket(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([call("list_files")])]
        turn = engine.turn()
        first = engine.door("CallModel", ticket(turn))
        events = engine.events(turn)
        assert engine.door("CallModel", ticket(turn)) == first
        assert first["next"] == "tools"
        assert len(model.requests) == 1
        assert engine.events(turn) == events
        assert engine.now(turn).usage["output_tokens"] == 5

    def test_a_step_that_was_committed_between_two_looks_is_not_begun_again(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any
    ) -> None:
        model.replies = [Reply([text("once")])]
        turn = engine.turn()
        real = log.end

        def end(*arguments: Any) -> log.End:
            monkeypatch.setattr(log, "end", real)
            engine.door("CallModel", ticket(turn))  # between the look at the conversation and that at the log
            return real(*arguments)

        monkeypatch.setattr(log, "end", end)
        assert engine.door("CallModel", ticket(turn))["next"] == "done"
        assert engine.kinds(turn).count("step.started") == 1
        assert len(model.requests) == 1

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("at", range(1, 9))
    def test_whatever_write_fails_the_step_is_there_once(
        self, engine: Engine, model: MessagesApi, fault: str, at: int
    ) -> None:
        model.replies = [Reply([text("four little words here")], pieces=11)]
        turn = engine.turn()
        engine.table.at(at, fault)
        assert engine.door("CallModel", ticket(turn))["next"] == "done"
        kinds = engine.kinds(turn)
        assert kinds.count("step.completed") == 1
        assert [event.number for event in engine.events(turn)] == list(range(len(kinds)))
        last = max(i for i, kind in enumerate(kinds) if kind == "step.started")
        said = "".join(e.data["content"] for e in engine.events(turn)[last:] if e.type == "text.delta")
        assert said == "four little words here"
        assert engine.now(turn).usage["output_tokens"] == 5
        assert [kind for kind in engine.due() if kind != "outbox"] == ["session", "turn"]

    def test_a_zombie_cannot_commit_after_its_successor_began(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("the zombie's")]), Reply([text("the successor's")])]
        turn = engine.turn()
        inner: list[dict[str, Any]] = []

        def succeed() -> None:
            inner.append(engine.door("CallModel", ticket(turn)))

        # step.started, text.start and deltas come first; the successor works while the zombie is about to commit
        def commits(_: object, writes: tuple[Write, ...]) -> bool:
            return any(isinstance(write, Put) and b"step.completed" in write.item.body for write in writes)

        engine.table.picks = commits
        engine.table.before = succeed
        outer = engine.door("CallModel", ticket(turn))
        assert outer["next"] in ("over", "done")
        assert inner[0]["next"] == "done"
        assert engine.kinds(turn).count("step.completed") == 1
        said = engine.services.table.get(turn.key.entry(1))[0]
        assert said
        assert b"the successor's" in said.body

    def test_a_worker_that_dies_leaves_the_step_open_for_a_second_attempt(
        self, engine: Engine, model: MessagesApi
    ) -> None:
        model.replies = [Reply([text("half")]), Reply([text("whole")])]
        turn = engine.turn()
        engine.table.at(3, "crash after")
        with pytest.raises(Crashed):
            engine.door("CallModel", ticket(turn))
        engine.table.dead = False
        assert engine.door("CallModel", ticket(turn))["next"] == "done"
        attempts = [event.data["attempt"] for event in engine.events(turn) if event.type == "step.started"]
        assert attempts == [1, 2]

    def test_a_turn_that_is_over_is_over_at_every_door(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("list_files")])]
        turn = engine.turn()
        tools = engine.door("CallModel", ticket(turn))
        cancel(engine.services, turn.key)
        events = engine.events(turn)
        assert engine.door("CallModel", ticket(turn))["next"] == "over"
        assert engine.door("RunTool", {**tools, "call": 0})["next"] == "over"
        assert engine.door("FinishTurn", ticket(turn))["next"] == "over"
        assert engine.door("ContinueTurn", ticket(turn))["next"] == "over"
        assert engine.events(turn) == events
        assert len(model.requests) == 1
