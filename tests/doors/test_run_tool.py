"""The journal: a call is claimed before and recorded after, and runs twice only where that is harmless."""

import dataclasses
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from tests.kit.busy import send
from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import begun, go, of, run
from tests.kit.tickets import ticket
from walkaway_core.agent.tools import TOOLS
from walkaway_core.agent.tools.files import WriteFile
from walkaway_core.agent.tools.tool import Result
from walkaway_core.doors import DOORS
from walkaway_core.doors.call_words import NOT_KEPT
from walkaway_core.engine.ending import cancel
from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports.items import Item, Present
from walkaway_core.ports.shares import NoPlace, Shares, Unshared
from walkaway_core.store import keys, sessions, turns
from walkaway_core.store.places import TablePlaces
from walkaway_core.store.ticket import Ticket
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn

FAULTS = ["lost", "after effect"]


class TestByItself:
    """The only call of a step that is not light has a state of its own, which goes on with what RunTool gives."""

    SEARCH = (Reply([call("search_files", "call_0", pattern="x")]), Reply([text("done")]))

    def test_it_says_where_the_log_ends_and_nobody_looks(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model.replies = list(self.SEARCH)
        turn = engine.turn()
        state = go(engine, turn)
        assert (state["next"], state["call"], state["number"]) == ("tool", 0, len(engine.events(turn)))
        looked: list[int] = []
        monkeypatch.setattr(log, "end", lambda *_: looked.append(1))
        state = engine.door("RunTool", state)
        assert (state["next"], state["number"]) == ("call_model", len(engine.events(turn)))
        assert engine.door("CallModel", state)["next"] == "over"
        assert looked == []

    @pytest.mark.parametrize("behind", ["RunTool", "CallModel"])
    def test_what_came_meanwhile_is_met(self, engine: Engine, model: MessagesApi, behind: str) -> None:
        model.replies = list(self.SEARCH)
        turn = engine.turn()
        state = go(engine, turn)
        if behind == "CallModel":
            state = engine.door("RunTool", state)
        drafts: list[Draft] = [("tool_use.progress", {"id": "call_0", "content": "so far"})]
        log.append(engine.services, Writer(turn.key, log.tools_era(1), "another"), state["number"], drafts)
        if behind == "RunTool":
            state = engine.door("RunTool", state)
        assert engine.door("CallModel", state)["next"] == "over"
        assert engine.kinds(turn).count("tool_use.progress") == 1
        assert engine.kinds(turn).count("tool_result") == 1
        assert engine.kinds(turn)[-1] == "message.completed"
        assert len(model.requests) == 2

    def test_a_state_that_is_tried_again_takes_over_the_step(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = [self.SEARCH[0], Reply([text("half")]), self.SEARCH[1]]
        turn = engine.turn()
        state = engine.door("RunTool", go(engine, turn))
        engine.table.picks = lambda _, __: len(model.requests) == 2
        engine.table.fault = "crash before"
        with pytest.raises(Crashed):
            engine.door("CallModel", state)
        engine.table.dead = False
        assert engine.door("CallModel", state)["next"] == "over"
        started = of(engine.events(turn), "step.started")
        assert [(s["step"], s["attempt"]) for s in started] == [(1, 1), (2, 1), (2, 2)]

    def test_states_that_do_not_know_it_get_a_list_of_one(self, engine: Engine, model: MessagesApi) -> None:
        model.replies = list(self.SEARCH)
        state = engine.door("CallModel", {**begun(engine.turn()), "ways": 2})
        assert (state["next"], state["calls"]) == ("tools", [0])
        assert {"call", "line", "number"}.isdisjoint(state)

    def test_a_turn_that_has_waited_is_found(self, engine: Engine, model: MessagesApi) -> None:
        """What was said in it stands at a place that only its record tells."""
        model.replies = list(self.SEARCH)
        first = engine.turn()
        second = send(engine, first.key.owner, "second", "enqueue").turn
        cancel(engine.services, first.key)
        turn = engine.now(second)
        assert turn.key.order != turn.key.turn
        run(engine, turn)
        assert engine.kinds(turn).count("tool_result") == 1


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
        assert engine.kinds(turn)[-3:] == ["tool_use.executing", "file.changed", "tool_result"]
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
        assert engine.clock.time - begin >= WriteFile.lease()
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


HALF = "\\ud83c"
WRONG = {
    "deep": ('{"metadata": {"a": %s}}' % ("[" * 64 + "]" * 64), "`metadata.a.0` is nested deeper than 64 levels"),
    "very deep": ('{"metadata": {"a": %s}}' % ("[" * 100_000 + "]" * 100_000), "is nested deeper than 64 levels"),
    "not finite": ('{"metadata": {"percent": 1e999}}', "`metadata.percent` holds a number that JSON does not have"),
    "NaN": ('{"metadata": {"percent": NaN}}', "`metadata.percent` holds a number that JSON does not have"),
    "half": (f'{{"metadata": {{"a": "{HALF}"}}}}', "`metadata.a` holds half of a surrogate pair"),
    "a half name": (
        f'{{"metadata": {{"{HALF}": 1}}}}',
        "`metadata` holds half of a surrogate pair, which is no text, in",
    ),
    "no object": ("[]", "are not a JSON object: []"),
    "no JSON": ("{", "are not a JSON object: {"),
}


class TestArguments:
    @pytest.mark.parametrize("wrong", WRONG)
    @pytest.mark.parametrize("inline", [True, False])
    def test_arguments_that_are_not_taken_go_back_with_the_reason(
        self, engine: Engine, model: MessagesApi, wrong: str, *, inline: bool
    ) -> None:
        raw, why = WRONG[wrong]
        session = engine.session(inline_tools=inline)
        model.replies = [Reply([{**call("report_progress"), "raw": raw}], pieces=10_000), Reply([text("done")])]
        turn = engine.turn(session)
        events = run(engine, turn)
        assert of(events, "tool_result")[0] == {
            "id": "toolu_1",
            "content": of(events, "tool_result")[0]["content"],
            "is_error": True,
        }
        assert why in of(events, "tool_result")[0]["content"]
        assert engine.now(turn).status == "completed"
        assert sessions.get(engine.services, session).metadata == {}

    @pytest.mark.parametrize("half", ["\ud83c", "a\udf89b", "\ud83c" * 3])
    def test_whatever_a_tool_gives_is_whole_text(
        self, engine: Engine, model: MessagesApi, monkeypatch: Any, half: str
    ) -> None:
        monkeypatch.setattr("walkaway_core.agent.tools.use", lambda *_: Result(f"x{half}y"))
        model.replies = [Reply([call("list_files")]), Reply([text("done")])]
        turn = engine.turn()
        events = run(engine, turn)
        content = of(events, "tool_result")[0]["content"]
        assert content.encode()
        assert content.startswith("x")
        assert "\ufffd" in content
        assert engine.now(turn).status == "completed"
        assert model.requests[-1]["messages"][-1]["content"][0]["content"] == content

    def test_arguments_that_do_not_fit_are_named_in_few_words(self, engine: Engine, model: MessagesApi) -> None:
        unknown = {f"{number}" * 200: "x" for number in range(1000)}
        model.replies = [Reply([call("list_files", **unknown)], pieces=100_000), Reply([text("done")])]
        content = of(run(engine, engine.turn()), "tool_result")[0]["content"]
        assert content.endswith("; and 990 more")
        assert len(content.encode()) < 4096


class TestAlong:
    """What a call has done, which counts with its result or not at all."""

    @pytest.mark.parametrize("refusals", [0, 1, 2])
    def test_it_is_tried_again_once_and_the_model_is_told_where_it_was_not_kept(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch, refusals: int
    ) -> None:
        tried: list[Transaction] = []

        def along(tx: Transaction) -> None:
            tried.append(tx)
            tx.put(Item("kept", "here"), *([Present()] if len(tried) <= refusals else []))

        def untidy() -> None:
            raise OSError("the disk is gone")

        monkeypatch.setattr("walkaway_core.agent.tools.use", lambda *_: Result("done", along=along, afterwards=untidy))
        model.replies = [Reply([call("search_files", pattern="x")]), Reply([text("done")])]
        turn = engine.turn()
        [result] = of(run(engine, turn), "tool_result")
        kept = engine.table.get(("kept", "here"))[0] is not None
        assert (kept, len(tried)) == (refusals < 2, min(refusals + 1, 2))
        assert (result["content"], result["is_error"]) == (("done", False) if kept else (NOT_KEPT, True))
        assert engine.now(turn).status == "completed"


class TestPlaces:
    """A call whose tenant has as many under way as it may does not begin, and is tried again by the machine."""

    @pytest.fixture
    def shared(self, engine: Engine) -> TablePlaces:
        shared = TablePlaces(engine.table, engine.clock, 1)
        engine.services = dataclasses.replace(engine.services, shares=Shares(tools=shared))
        return shared

    @pytest.fixture
    def tool(self, engine: Engine, model: MessagesApi) -> dict[str, Any]:
        model.replies = [Reply([call("search_files", pattern="x")])]
        return {**engine.door("CallModel", ticket(engine.turn())), "call": 0, "line": True}

    def kept(self, engine: Engine) -> int:
        return len(engine.table.query(keys.places("t")).items)

    def test_it_waits_unbegun(self, engine: Engine, shared: TablePlaces, tool: dict[str, Any]) -> None:
        with shared.place("t", 60), pytest.raises(NoPlace):
            engine.door("RunTool", tool)
        turn = turns.load(engine.services, Ticket.read(tool).key)
        assert turn
        assert "tool_use.executing" not in engine.kinds(turn)
        engine.door("RunTool", tool)
        assert engine.kinds(turn)[-2:] == ["tool_use.executing", "tool_result"]
        assert self.kept(engine) == 0

    def test_other_tenants_are_none_of_its_line(
        self, engine: Engine, shared: TablePlaces, tool: dict[str, Any]
    ) -> None:
        with shared.place("other", 60):
            engine.door("RunTool", tool)

    @pytest.mark.parametrize("tool_name", ["search_files", "bash"])
    def test_one_that_is_lost_has_it_no_longer_than_it_could_need_it(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch, tool_name: str
    ) -> None:
        """For another invocation that has the same call, and for itself; and no longer than a function lives."""
        asked: list[tuple[str, float]] = []

        def place(_: Unshared, tenant: str, seconds: float) -> AbstractContextManager[None]:
            asked.append((tenant, seconds))
            return nullcontext()

        monkeypatch.setattr(Unshared, "place", place)
        model.replies = [Reply([call(tool_name, pattern="x", command="true")])]
        engine.door("RunTool", {**engine.door("CallModel", ticket(engine.turn())), "call": 0, "line": True})
        assert asked == [("t", min(2 * TOOLS[tool_name].lease(), 905.0))]

    @pytest.mark.usefixtures("shared")
    def test_a_turn_that_is_over_waits_for_none(self, engine: Engine, tool: dict[str, Any]) -> None:
        cancel(engine.services, Ticket.read(tool).key)
        with engine.services.shares.tools.place("t", 60):
            assert engine.door("RunTool", tool)["next"] == "over"

    def test_states_of_an_older_release_have_no_line(
        self, engine: Engine, shared: TablePlaces, tool: dict[str, Any]
    ) -> None:
        """They would take it for an error, and fail the turn after a few tries."""
        del tool["line"]
        with shared.place("t", 60):
            engine.door("RunTool", tool)
