"""Rules R1 to R5 and the journal, one door at a time. The number of a rule is that of docs/architecture.md."""

import asyncio
import dataclasses
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.agent.tools.tool import Result
from walkaway_core.doors import DOORS
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting, executions, sending
from walkaway_core.engine.ending import Ending, cancel, end_turn
from walkaway_core.errors import IdempotencyMismatch, SessionBusy, SessionNotFound
from walkaway_core.log import log, metadata, readers
from walkaway_core.log.deltas import DeltaWriter
from walkaway_core.log.log import Superseded, Writer
from walkaway_core.ports.items import Item, Key, Put, Write
from walkaway_core.store import outbox, sessions, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.turns import Turn

FAULTS = ["lost", "after effect"]


def ticket(turn: Turn, **changes: Any) -> dict[str, Any]:
    return {**turn.ticket.json(), **changes}


def finish(engine: Engine, turn: Turn) -> dict[str, Any]:
    return engine.door("FinishTurn", ticket(engine.now(turn)))


def test_a_free_session_takes_one_turn_and_refuses_the_next(engine: Engine) -> None:
    session = engine.session()
    turn = engine.turn(session)
    with pytest.raises(SessionBusy, match=turn.key.turn):
        engine.turn(session)
    assert engine.kinds(turn) == ["message.created"]
    assert engine.executions() == [turn.key.turn]
    assert engine.due() == ["session", "turn"]


def test_of_two_starts_at_the_same_moment_one_is_refused(engine: Engine) -> None:
    session = engine.session()
    won: list[Turn] = []
    engine.table.at(1, "", lambda: won.append(engine.turn(session)))
    with pytest.raises(SessionBusy, match="wait for its end"):
        engine.turn(session)
    assert engine.executions() == [won[0].key.turn]
    assert sessions.get(engine.services, session).turn == won[0].key.turn


def test_a_message_loses_against_a_deletion_at_the_last_moment(engine: Engine) -> None:
    session = engine.session()
    engine.table.at(1, "", lambda: deleting.delete(engine.services, session))
    with pytest.raises(SessionNotFound):
        engine.turn(session)
    assert engine.executions() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_start_of_unknown_outcome_starts_one_turn(engine: Engine, fault: str) -> None:
    session = engine.session()
    engine.table.at(1, fault)
    turn = engine.turn(session)
    listed, _ = turns.listing(engine.services, session, limit=10)
    assert [found.key for found in listed] == [turn.key]
    assert engine.executions() == [turn.key.turn]


def test_turns_of_a_session_sort_by_time_even_when_the_clock_goes_back(engine: Engine, monkeypatch: Any) -> None:
    session = engine.session()
    made = []
    for back in (0, 3600, 7200):
        monkeypatch.setattr("walkaway_core.ports.clock.time.time_ns", lambda back=back: (10**9 - back) * 10**9)
        turn = engine.turn(session)
        finish(engine, turn)
        made.append(turn.key.turn)
    assert made == sorted(made)


class TestOnce:
    """A request with an idempotency key."""

    @staticmethod
    def start(engine: Engine, session: SessionKey) -> sending.Sent:
        return sending.send(engine.services, session, "go", Once.of(session, "k", {"message": "go"}))

    def test_of_two_sessions_that_use_a_key_at_the_same_moment_one_is_refused(self, engine: Engine) -> None:
        one, two = engine.session(), engine.session()
        engine.table.at(1, before=lambda: self.start(engine, one))
        with pytest.raises(IdempotencyMismatch):
            self.start(engine, two)
        assert not sessions.get(engine.services, two).busy
        assert self.start(engine, one).again

    def test_the_same_request_at_the_same_moment_finds_the_turn_of_the_other(self, engine: Engine) -> None:
        session, other = engine.session(), []
        engine.table.at(1, before=lambda: other.append(self.start(engine, session)))
        mine = self.start(engine, session)
        assert (mine.again, mine.turn.key) == (True, other[0].turn.key)
        assert len(engine.executions()) == 1

    @pytest.mark.parametrize("fault", ["lost", "after effect"])
    def test_a_start_of_unknown_outcome_is_still_one_turn(self, engine: Engine, fault: str) -> None:
        session = engine.session()
        engine.table.at(1, fault)
        first = self.start(engine, session)
        assert self.start(engine, session).turn.key == first.turn.key
        assert len(engine.executions()) == 1


class TestOneEnding:
    """R1."""

    def test_a_turn_ends_with_its_session_due_items_and_outbox_at_once(self, engine: Engine) -> None:
        turn = engine.turn()
        seen: list[set[Key]] = []

        def look(_: str, writes: tuple[Write, ...]) -> bool:
            seen.extend([{write.key for write in writes}] if writes else [])
            return False

        engine.table.picks = look
        ended = end_turn(engine.services, turn.key, Ending("completed"))
        assert ended.now
        log_item = engine.table.query(turn.key.log, reverse=True, limit=1).items[0]
        assert seen[0] > {log_item.key, turn.key.item, turn.key.owner.item}
        assert sorted(sk.split("#")[1] for pk, sk in seen[0] if pk.startswith("SYS#DUE#")) == [
            "outbox",
            "session",
            "session",
            "turn",
        ]
        assert engine.kinds(turn) == ["message.created", "message.completed"]
        assert engine.now(turn).status == "completed"
        assert not sessions.get(engine.services, turn.key.owner).busy
        assert engine.due() == ["session"]

    def test_only_the_first_of_two_endings_counts(self, engine: Engine) -> None:
        turn = engine.turn()
        assert end_turn(engine.services, turn.key, Ending("cancelled")).now
        assert not end_turn(engine.services, turn.key, Ending("completed")).now
        assert engine.kinds(turn) == ["message.created", "message.cancelled"]
        assert engine.now(turn).status == "cancelled"

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_ending_of_unknown_outcome_happens_once(self, engine: Engine, fault: str) -> None:
        turn = engine.turn()
        engine.table.at(1, fault)
        assert end_turn(engine.services, turn.key, Ending("completed")).now
        assert engine.kinds(turn) == ["message.created", "message.completed"]
        engine.services.bus.close()  # type: ignore[attr-defined]
        assert [kind for kind, _ in engine.told] == ["turn.completed"]

    def test_an_ending_that_loses_the_number_to_an_event_comes_after_it(self, engine: Engine) -> None:
        turn = engine.turn()

        def append() -> None:
            log.append(engine.services, Writer(turn.key, 1001, "other"), 1, [("text.delta", {"content": "late"})])

        engine.table.at(1, "", append)
        end_turn(engine.services, turn.key, Ending("completed"))
        assert engine.kinds(turn) == ["message.created", "text.delta", "message.completed"]

    def test_a_cancel_that_comes_first_keeps_a_finish_from_saying_completed(self, engine: Engine) -> None:
        turn = engine.turn()
        engine.table.at(1, "", lambda: cancel(engine.services, turn.key))
        finish(engine, turn)
        assert engine.kinds(turn) == ["message.created", "message.cancelled"]

    def test_nothing_can_be_appended_behind_the_end(self, engine: Engine) -> None:
        turn = engine.turn()
        end_turn(engine.services, turn.key, Ending("completed"))
        with pytest.raises(Superseded):
            log.append(engine.services, Writer(turn.key, 10**8, "zombie"), 1, [("text.delta", {})])
        with pytest.raises(Superseded):
            log.open_end(engine.services, turn.key)
        assert engine.kinds(turn)[-1] == "message.completed"

    def test_whoever_comes_from_an_earlier_step_finds_no_place_in_the_log(self, engine: Engine) -> None:
        turn = engine.turn()
        log.append(engine.services, Writer(turn.key, 2001, "later"), 1, [("step.started", {"step": 2, "attempt": 1})])
        with pytest.raises(Superseded):
            log.open_end(engine.services, turn.key, 1999)
        assert log.open_end(engine.services, turn.key, 2999).number == 2

    def test_a_session_that_was_changed_meanwhile_is_released_all_the_same(self, engine: Engine) -> None:
        turn = engine.turn()
        key = turn.key.owner
        engine.table.at(1, "", lambda: metadata.merge(engine.services, key, {"a": 1}))
        finish(engine, turn)
        session = sessions.get(engine.services, key)
        assert (session.busy, session.metadata) == (False, {"a": 1})

    def test_the_bus_is_told_after_a_crash_between_the_end_and_the_bus(self, engine: Engine, monkeypatch: Any) -> None:
        turn = engine.turn()

        def crash(*_: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(outbox, "send", crash)
            with pytest.raises(SystemExit):
                finish(engine, turn)
        assert engine.due() == ["outbox", "session"]
        engine.clock.time += 11
        sweep(engine.services)
        engine.services.bus.close()  # type: ignore[attr-defined]
        assert [(kind, detail["response_id"]) for kind, detail in engine.told] == [("turn.completed", turn.key.turn)]
        assert engine.due() == ["session"]

    def test_a_reader_sees_the_end_only_when_the_session_is_free(self, engine: Engine, monkeypatch: Any) -> None:
        turn = engine.turn()
        busy = engine.table.get(turn.key.owner.item)
        finish(engine, turn)
        looks: list[int] = []
        real = engine.table.get

        def late(*asked: Any) -> Any:
            """Show the session as it was for a while, as a table may whose items become visible one by one."""
            if asked != (turn.key.owner.item,):
                return real(*asked)
            looks.append(1)
            return busy if len(looks) < 4 else real(*asked)

        monkeypatch.setattr(engine.table, "get", late)

        async def follow() -> list[str]:
            at = readers.Cursor(-1, "", done=False)
            return [
                e.type for events in [e async for e in readers.follow(engine.services, turn.key, at)] for e in events
            ]

        assert asyncio.run(follow())[-1] == "message.completed"
        assert len(looks) == 4
        looks.clear()
        page = readers.read(engine.services, turn.key, readers.Cursor(-1, "", done=False), limit=10, timeout=0)
        assert asyncio.run(page)[0][-1].type == "message.completed"
        assert len(looks) == 4


class TestOneWriter:
    """R2."""

    def test_a_zombie_stops_at_its_successors_step(self, engine: Engine) -> None:
        turn = engine.turn()
        old, new = Writer(turn.key, 1001, "old"), Writer(turn.key, 1002, "new")
        at = log.append(engine.services, old, 1, [("step.started", {"step": 1, "attempt": 1})])
        log.append(engine.services, new, at, [("step.started", {"step": 1, "attempt": 2})])
        with pytest.raises(Superseded):
            log.append(engine.services, old, at, [("text.delta", {"content": "ghost"})])
        assert engine.kinds(turn) == ["message.created", "step.started", "step.started"]

    def test_tools_of_one_step_interleave_whole_events(self, engine: Engine) -> None:
        turn = engine.turn()
        for name in "abc":
            writer = Writer(turn.key, 1999, name)
            log.append(engine.services, writer, 1, [("tool_use.executing", {"id": name}), ("x", {"id": name})])
        assert [event.data.get("id") for event in engine.events(turn)[1:]] == ["a", "a", "b", "b", "c", "c"]
        assert [event.number for event in engine.events(turn)] == list(range(7))

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_append_of_unknown_outcome_is_there_once(self, engine: Engine, fault: str) -> None:
        turn = engine.turn()
        engine.table.at(1, fault)
        number = log.append(engine.services, Writer(turn.key, 1001, "n"), 1, [("a", {}), ("b", {})])
        assert number == 3
        assert engine.kinds(turn) == ["message.created", "a", "b"]

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("at", range(1, 6))
    def test_deltas_are_in_order_and_there_once_whatever_append_fails(
        self, engine: Engine, fault: str, at: int
    ) -> None:
        turn = engine.turn()
        out = DeltaWriter(engine.services, Writer(turn.key, 1001, "n"), 1)
        engine.table.at(at, fault)
        for number in range(40):
            out.push("text.delta", {"content": str(number)})
            if number % 5 == 0:
                out.flush()
        assert out.flush() == 41
        assert [event.data.get("content") for event in engine.events(turn)[1:]] == [str(n) for n in range(40)]
        assert [event.number for event in engine.events(turn)] == list(range(41))

    def test_deltas_stop_when_the_turn_is_cancelled(self, engine: Engine) -> None:
        turn = engine.turn()
        out = DeltaWriter(engine.services, Writer(turn.key, 1001, "n"), 1)
        out.push("text.delta", {"content": "a"})
        out.flush()
        cancel(engine.services, turn.key)
        out.push("text.delta", {"content": "b"})
        for _ in range(2):
            with pytest.raises(Superseded):
                out.flush()
        assert engine.kinds(turn) == ["message.created", "text.delta", "message.cancelled"]

    def test_deltas_that_wait_are_put_together_up_to_a_size(self, engine: Engine) -> None:
        turn = engine.turn()
        out = DeltaWriter(engine.services, Writer(turn.key, 1001, "n"), 1)
        with out._changed:  # nothing can be sent meanwhile: all of it waits
            out._flying = [("text.delta", {"content": "first"})]
            for number in range(200):
                out.push("text.delta", {"content": f"{number:050}"})
            out._flying = []
            out._send()
        out.flush()
        items = engine.table.query(turn.key.log).items
        assert 3 < len(items) < 12
        assert all(len(item.body) < 8_000 for item in items)
        assert len(engine.events(turn)) == 201


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
        engine.table.picks = lambda _, writes: len(writes) > 3 and b"step.completed" in writes[0].item.body  # type: ignore[union-attr]
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


class TestJournal:
    def begin(self, engine: Engine, model: MessagesApi, name: str, **arguments: Any) -> tuple[Turn, dict[str, Any]]:
        model.replies = [Reply([call(name, **arguments)]), Reply([text("done")])]
        turn = engine.turn()
        after = engine.door("CallModel", ticket(turn))
        return turn, {**after, "call": 0}

    def test_a_tool_delivered_again_runs_once(self, engine: Engine, model: MessagesApi) -> None:
        turn, tool = self.begin(engine, model, "report_progress", metadata={"n": 1})
        for _ in range(2):
            engine.door("RunTool", tool)
        assert engine.kinds(turn).count("tool_use.executing") == 1
        assert engine.kinds(turn).count("tool_result") == 1
        assert sessions.get(engine.services, turn.key.owner).metadata_version == 1

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("at", range(1, 4))
    def test_whatever_write_fails_there_is_one_result(
        self, engine: Engine, model: MessagesApi, fault: str, at: int
    ) -> None:
        turn, tool = self.begin(engine, model, "write_file", path="a", content="b")
        engine.table.at(at, fault)
        engine.door("RunTool", tool)
        assert engine.kinds(turn)[-2:] == ["tool_use.executing", "tool_result"]
        assert engine.kinds(turn).count("tool_result") == 1

    def crash(self, engine: Engine, tool: dict[str, Any], monkeypatch: Any) -> None:
        """Die between the start of the call and its end."""

        def die(*_: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr("walkaway_core.agent.tools.use", die)
            with pytest.raises(SystemExit):
                engine.door("RunTool", tool)

    def test_a_repeatable_call_whose_owner_is_lost_runs_again_after_its_deadline(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any
    ) -> None:
        turn, tool = self.begin(engine, model, "write_file", path="a", content="b")
        self.crash(engine, tool, monkeypatch)
        begin = engine.clock.time
        engine.door("RunTool", tool)
        assert engine.clock.time - begin >= 60
        assert engine.events(turn)[-1].data["is_error"] is False

    def test_the_calls_of_a_process_that_is_known_to_be_dead_are_not_waited_for(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any
    ) -> None:
        turn, tool = self.begin(engine, model, "write_file", path="a", content="b")
        self.crash(engine, tool, monkeypatch)
        begin = engine.clock.time
        DOORS["RunTool"](dataclasses.replace(engine.services, process="the next"), tool)
        assert engine.clock.time == begin
        assert engine.events(turn)[-1].data["is_error"] is False

    def test_a_call_that_may_not_run_twice_is_told_to_the_model_as_unknown(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any
    ) -> None:
        turn, tool = self.begin(engine, model, "edit_file", path="a", old_text="b", new_text="c")
        self.crash(engine, tool, monkeypatch)
        engine.door("RunTool", tool)
        result = engine.events(turn)[-1]
        assert result.data["is_error"] is True
        assert "not known whether" in result.data["content"]

    def test_a_cancel_while_a_tool_runs_keeps_its_result_out_of_the_log(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any
    ) -> None:
        turn, tool = self.begin(engine, model, "write_file", path="a", content="b")

        def slow(*_: Any) -> Result:
            cancel(engine.services, turn.key)
            return Result("too late")

        monkeypatch.setattr("walkaway_core.agent.tools.use", slow)
        assert engine.door("RunTool", tool)["next"] == "over"
        assert engine.kinds(turn)[-2:] == ["tool_use.executing", "message.cancelled"]

    def test_whoever_lost_the_journal_cannot_write_a_result(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any
    ) -> None:
        turn, tool = self.begin(engine, model, "edit_file", path="a", old_text="b", new_text="c")
        real, calls = __import__("walkaway_core.agent.tools", fromlist=["use"]).use, []

        def slow(*arguments: Any) -> Any:
            calls.append(1)
            if len(calls) == 1:
                engine.clock.time += 61
                engine.door("RunTool", tool)
            return real(*arguments)

        monkeypatch.setattr("walkaway_core.agent.tools.use", slow)
        assert engine.door("RunTool", tool)["next"] == "over"
        assert engine.kinds(turn).count("tool_result") == 1

    def test_whoever_was_taken_over_cannot_write_while_the_other_works(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any
    ) -> None:
        turn, tool = self.begin(engine, model, "write_file", path="a", content="b")
        calls: list[int] = []

        def slow(*_: Any) -> Result:
            calls.append(1)
            if len(calls) == 2:
                raise SystemExit  # the second owner is at work, or dead: nobody knows yet
            engine.clock.time += 61
            with pytest.raises(SystemExit):
                engine.door("RunTool", tool)
            return Result("from the first owner")

        monkeypatch.setattr("walkaway_core.agent.tools.use", slow)
        assert engine.door("RunTool", tool)["next"] == "over"
        assert "tool_result" not in engine.kinds(turn)


class TestDue:
    """R4."""

    def test_a_turn_that_was_never_started_is_started_by_the_sweep(self, engine: Engine, monkeypatch: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(engine.services.machine, "start", lambda *_: 1 / 0)
            turn = engine.turn()
        assert engine.executions() == []
        sweep(engine.services)
        assert engine.executions() == []
        engine.clock.time += 11
        sweep(engine.services)
        assert engine.executions() == [turn.key.turn]

    def test_a_reader_starts_it_too(self, engine: Engine, monkeypatch: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(engine.services.machine, "start", lambda *_: 1 / 0)
            turn = engine.turn()
        engine.clock.time += 11
        executions.get(engine.services, turn.key)
        assert engine.executions() == [turn.key.turn]

    def test_a_step_that_disappeared_goes_on_in_another_execution(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([text("half")]), Reply([text("whole")])]
        turn = engine.turn()
        engine.table.at(3, "crash after")
        with pytest.raises(Crashed):
            engine.door("CallModel", ticket(turn))
        engine.table.dead = False
        engine.clock.time += 16 * 60 + 1
        sweep(engine.services)
        assert engine.executions() == [turn.key.turn, f"{turn.key.turn}-2"]
        sweep(engine.services)
        assert len(engine.executions()) == 2
        assert engine.door("CallModel", ticket(turn))["next"] == "over"
        assert engine.door("CallModel", ticket(engine.now(turn)))["next"] == "done"

    @pytest.mark.parametrize(
        ("options", "seconds"), [({}, 5400), ({"turn_timeout": 60}, 60), ({"turn_timeout": 9000}, 9000)]
    )
    def test_a_turn_beyond_its_deadline_fails_and_says_so(
        self, engine: Engine, options: dict[str, int], seconds: int
    ) -> None:
        turn = engine.turn(engine.session(**options))
        engine.clock.time += seconds - 1
        sweep(engine.services)
        assert engine.now(turn).status == "running"
        engine.clock.time += 62
        sweep(engine.services)
        last = engine.events(turn)[-1]
        assert (last.type, last.data["code"]) == ("message.error", "timeout")
        assert f"{seconds} seconds" in last.data["error"]
        assert engine.now(turn).status != "running"

    def test_a_session_that_is_not_persistent_ends_five_minutes_after_its_response(self, engine: Engine) -> None:
        key = engine.session()
        engine.clock.time += 3600
        finish(engine, engine.turn(key))
        engine.clock.time += 299
        assert sessions.get(engine.services, key)
        engine.clock.time += 2
        with pytest.raises(SessionNotFound):
            sessions.get(engine.services, key)

    def test_a_new_turn_keeps_it_alive(self, engine: Engine) -> None:
        key = engine.session()
        finish(engine, engine.turn(key))
        engine.clock.time += 200
        turn = engine.turn(key)
        engine.clock.time += 1000
        sweep(engine.services)
        assert sessions.get(engine.services, key).busy
        finish(engine, turn)
        assert not sessions.get(engine.services, key).busy

    def test_a_persistent_session_ends_at_its_ttl_busy_or_not(self, engine: Engine) -> None:
        free, busy = engine.session(persistent=True, ttl=1000), engine.session(persistent=True, ttl=1000)
        finish(engine, engine.turn(free))
        turn = engine.turn(busy)
        engine.clock.time += 999
        sweep(engine.services)
        assert sessions.get(engine.services, free)
        engine.clock.time += 2
        sweep(engine.services)
        assert engine.kinds(turn)[-1] == "message.cancelled"
        assert engine.due() == ["purge", "purge"]

    def test_what_a_deleted_session_held_goes_after_twenty_minutes(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [Reply([call("list_files"), text("x" * 300_000)], pieces=10_000)]
        key = engine.session()
        turn = engine.turn(key)
        after = engine.door("CallModel", ticket(turn))
        engine.door("RunTool", {**after, "call": 0})
        deleting.delete(engine.services, key)
        other = engine.turn()
        engine.clock.time += 19 * 60
        sweep(engine.services)
        assert engine.events(turn)
        engine.clock.time += 2 * 60
        sweep(engine.services)
        left = [item for pk in ("T#t", key.partition, turn.key.log) for item in engine.table.query(pk).items]
        assert [item.key for item in left] == [other.key.owner.item]
        assert engine.services.workspace.listing("t/bodies", key.session) is None

    def test_a_run_is_bounded_and_the_next_one_goes_on(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("walkaway_core.doors.sweep.MOST", 3)
        made = [engine.session(persistent=True, ttl=100) for _ in range(8)]
        engine.clock.time += 101
        assert [sweep(engine.services) for _ in range(4)] == [3, 3, 2, 0]
        assert engine.due() == ["purge"] * len(made)

    def test_a_run_out_of_time_leaves_the_rest_to_the_next(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            engine.session(persistent=True, ttl=100)
        engine.clock.time += 101
        real = deleting.bury

        def slow(*of: Any, **how: Any) -> bool:
            engine.clock.time += 60
            return real(*of, **how)

        monkeypatch.setattr(deleting, "bury", slow)
        assert [sweep(engine.services) for _ in range(3)] == [2, 1, 0]
        assert engine.due() == ["purge"] * 3

    def test_contents_of_the_deleted_come_last_and_piece_by_piece(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = engine.session()
        turns_ = []
        for _ in range(3):
            turns_.append(engine.turn(key))
            finish(engine, turns_[-1])
        deleting.delete(engine.services, key)
        waiting = engine.turn()
        engine.clock.time += 6000
        monkeypatch.setattr("walkaway_core.doors.sweep.SECONDS", 0.5)
        real = engine.table.sweep_out

        def slow(*of: Any) -> int:
            engine.clock.time += 1
            return real(*of)

        monkeypatch.setattr(engine.table, "sweep_out", slow)
        assert sweep(engine.services) == 2
        assert engine.now(waiting).status == "failed", "a turn waits for nobody's broom"
        left = [len(engine.events(turn)) > 0 for turn in turns_]
        assert left == [False, True, True]
        for _ in range(20):
            sweep(engine.services)
        assert not any(engine.events(turn) for turn in turns_)
        assert "purge" not in engine.due()

    def test_a_due_item_that_was_left_behind_is_swept_away(self, engine: Engine) -> None:
        turn = engine.turn()
        pk, sk = f"SYS#DUE#{0:02}", f"{int(engine.clock.time * 1000):013}#turn#{turn.key.turn}"
        body = f'{{"tenant":"t","session":"{turn.key.session}","turn":"{turn.key.turn}"}}'.encode()
        engine.table.write(Put(Item(pk, sk, {"kind": "turn"}, body)))
        assert engine.due() == ["session", "turn", "turn"]
        sweep(engine.services)
        assert engine.due() == ["session", "turn"]
        assert engine.now(turn).status == "running"

    def test_one_bad_due_item_does_not_stop_the_sweep(self, engine: Engine) -> None:
        turn = engine.turn()
        bad = Item("SYS#DUE#00", "0000000000001#turn#x", {"kind": "turn"}, b'{"tenant":"t"}')
        engine.table.write(Put(bad))
        engine.clock.time += 90 * 60 + 1
        sweep(engine.services)
        assert engine.kinds(turn)[-1] == "message.error"


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
