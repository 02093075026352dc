"""The reader of the state machine file: what it carries out, what it refuses, and that it goes on after a crash."""

import copy
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clock import HeldClock
from walkaway_core.doors import DOORS
from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.items import Delete
from walkaway_core.store import keys
from walkaway_local.lived import LivedClock
from walkaway_local.machine import asl
from walkaway_local.machine.asl import Unsupported
from walkaway_local.machine.execution import Execution
from walkaway_local.machine.frames import Call, Effect, Over, Sleep, Watch
from walkaway_local.machine.machine import LocalMachine, TokenGone
from walkaway_local.stack import definition
from walkaway_local.table import SqliteTable

TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "${WorkFunctionArn}", "Payload.$": "$"},
    "OutputPath": "$.Payload",
}
PASS = {"Type": "Pass", "End": True}
DAY = 86_400


class Boom(Exception):
    pass


def machine(**states: Mapping[str, Any]) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def run(
    definition: dict[str, Any], ticket: Any, work: Any = lambda payload: payload
) -> tuple[Over, list[str], list[float]]:
    """Carry out a machine in this thread; give how it ended, the states entered, the seconds slept."""
    asl.check(definition)
    entered: list[str] = []
    slept: list[float] = []
    now = [1000.0]
    execution = Execution(definition, "x", ticket, lambda: now[0], entered=entered.append, chance=lambda: 0.5)
    todo: list[Effect] = execution.begin()
    while todo:
        effect = todo.pop(0)
        json.dumps(execution.root.json())
        if isinstance(effect, Over):
            assert not todo
            return effect, entered, slept
        if isinstance(effect, Sleep):
            slept.append(effect.until - now[0])
            now[0] = effect.until
            todo += execution.woken(effect.frame, effect.visit) or []
        elif isinstance(effect, Call):
            try:
                moved = execution.succeeded(effect.frame, effect.visit, {"Payload": work(effect.payload)})
            except Exception as error:  # noqa: BLE001
                moved = execution.failed(effect.frame, effect.visit, type(error).__name__, str(error))
            todo += moved or []
    raise AssertionError("nothing follows, and it is not over")


def test_the_deployed_machine_is_carried_out_and_names_the_doors() -> None:
    deployed = asl.load(definition())
    text = definition().read_text()
    assert set(re.findall(r"\$\{(\w+)FunctionArn\}", text)) == set(DOORS)
    inner = deployed["States"]["RunTools"]["ItemProcessor"]["States"]
    tasks = {
        name for states in (deployed["States"], inner) for name, state in states.items() if state["Type"] == "Task"
    }
    assert tasks == {*DOORS, "RunOneTool"}, "a call by itself, and those of a map, have the same door"


def test_tasks_choices_and_passes_hand_the_data_on() -> None:
    definition = machine(
        First={**TASK, "Next": "Which?"},
        **{
            "Which?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Big"}],
                "Default": "Small",
            }
        },
        Big={"Type": "Pass", "Result": "big", "ResultPath": "$.size", "Next": "Done"},
        Small={"Type": "Fail", "Error": "TooSmall", "Cause": "it was"},
        Done={"Type": "Succeed"},
    )
    over, entered, _ = run(definition, {"n": 1}, lambda payload: {"n": payload["n"] + 1})
    assert over == Over({"n": 2, "size": "big"})
    assert entered == ["First", "Which?", "Big", "Done"]
    over, _, _ = run(definition, {"n": 0}, lambda payload: payload)
    assert (over.error, over.cause) == ("TooSmall", "it was")


@pytest.mark.parametrize(
    ("rule", "data", "holds"),
    [
        ({"Variable": "$.a", "StringEquals": "x"}, {"a": "x"}, True),
        ({"Variable": "$.a", "StringEquals": "x"}, {"a": 1}, False),
        ({"Variable": "$.a", "NumericEquals": 1}, {"a": True}, False),
        ({"Variable": "$.a", "BooleanEquals": True}, {"a": 1}, False),
        ({"Variable": "$.a", "IsPresent": False}, {}, True),
        ({"Variable": "$.a", "IsNull": True}, {"a": None}, True),
        ({"Not": {"Variable": "$.a", "IsString": True}}, {"a": 1}, True),
        (
            {"And": [{"Variable": "$.a", "NumericLessThan": 3}, {"Variable": "$.a", "NumericGreaterThan": 1}]},
            {"a": 2},
            True,
        ),
        (
            {"Or": [{"Variable": "$.a", "NumericLessThan": 1}, {"Variable": "$.a", "NumericGreaterThan": 2}]},
            {"a": 2},
            False,
        ),
        ({"Variable": "$.a.b[1]", "NumericGreaterThanEquals": 5}, {"a": {"b": [0, 5]}}, True),
    ],
)
def test_choice_rules(rule: dict[str, Any], data: dict[str, Any], holds: bool) -> None:  # noqa: FBT001
    definition = machine(
        C={"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        Yes={"Type": "Pass", "Result": True, "End": True},
        No={"Type": "Pass", "Result": False, "End": True},
    )
    assert run(definition, data)[0].output is holds


def test_a_choice_that_fits_nothing_or_looks_at_nothing_fails() -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "x", "Next": "End"}]}
    definition = machine(C=choice, End=PASS)
    assert run(definition, {"a": "y"})[0].error == "States.NoChoiceMatched"
    assert run(definition, {})[0].error == "States.Runtime"


def test_a_map_runs_its_items_and_gathers_their_outputs_in_order() -> None:
    processor = machine(Work={**TASK, "End": True})
    selector = {"value.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index", "from.$": "$.who", "fixed": [1]}
    definition = machine(
        M={
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": selector,
            "ItemProcessor": processor,
            "ResultPath": "$.out",
            "End": True,
        }
    )
    over, _, _ = run(definition, {"items": ["a", "b"], "who": "me"})
    assert over.output["out"] == [
        {"value": "a", "index": 0, "from": "me", "fixed": [1]},
        {"value": "b", "index": 1, "from": "me", "fixed": [1]},
    ]
    assert run(definition, {"items": [], "who": "me"})[0].output["out"] == []
    assert run(definition, {"items": "no", "who": "me"})[0].error == "States.Runtime"


@pytest.mark.parametrize("most", [1, 2, 5])
def test_a_map_keeps_its_concurrency(most: int) -> None:
    processor = machine(Work={**TASK, "End": True})
    definition = machine(M={"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": most, "End": True})
    execution = Execution(definition, "x", list(range(5)), lambda: 0.0)
    waiting = [effect for effect in execution.begin() if isinstance(effect, Call)]
    done = 0
    while waiting:
        assert len(waiting) <= most
        call = waiting.pop()
        done += 1
        follow = execution.succeeded(call.frame, call.visit, {"Payload": call.payload})
        waiting += [effect for effect in follow or [] if isinstance(effect, Call)]
    assert done == 5
    assert execution.root.output == [[0, 1, 2, 3, 4]]


def test_a_failing_item_fails_the_map_and_late_answers_are_ignored() -> None:
    processor = machine(Work={**TASK, "End": True})
    definition = machine(
        M={
            "Type": "Map",
            "ItemProcessor": processor,
            "Catch": [{"ErrorEquals": ["Boom"], "ResultPath": "$.e", "Next": "Caught"}],
            "ItemsPath": "$.items",
            "End": True,
        },
        Caught=PASS,
    )
    execution = Execution(definition, "x", {"items": [1, 2]}, lambda: 0.0)
    one, two = (effect for effect in execution.begin() if isinstance(effect, Call))
    assert execution.failed(one.frame, one.visit, "Boom", "why") == [
        Over({"items": [1, 2], "e": {"Error": "Boom", "Cause": "why"}})
    ]
    assert execution.succeeded(two.frame, two.visit, {"Payload": 2}) is None
    assert execution.failed(one.frame, one.visit, "Boom", "again") is None


def test_retries_wait_longer_each_time_up_to_a_limit_then_the_error_is_caught() -> None:
    retry = {"ErrorEquals": ["Boom"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 3, "MaxDelaySeconds": 10}
    catch = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}
    definition = machine(Work={**TASK, "Retry": [retry], "Catch": [catch], "End": True}, Caught=PASS)

    def fail(_: Any) -> None:
        raise Boom("always")

    over, entered, slept = run(definition, {"id": 1}, fail)
    assert slept == [2, 6, 10]
    assert over.output == {"id": 1, "error": {"Error": "Boom", "Cause": "always"}}
    assert entered == ["Work", "Caught"]


def test_full_jitter_waits_a_part_of_the_interval() -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 8, "MaxAttempts": 1, "JitterStrategy": "FULL"}
    calls: list[int] = []

    def once(payload: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise Boom
        return payload

    over, _, slept = run(machine(Work={**TASK, "Retry": [retry], "End": True}), {}, once)
    assert (over.error, slept) == ("", [4.0])


@pytest.mark.parametrize(
    ("wait", "data", "seconds"),
    [
        ({"Seconds": 5}, {}, 5),
        ({"SecondsPath": "$.s"}, {"s": 2.5}, 2.5),
        ({"Timestamp": "1970-01-01T00:20:00Z"}, {}, 200),
        ({"TimestampPath": "$.at"}, {"at": "1970-01-01T01:20:00+01:00"}, 200),
    ],
    ids=str,
)
def test_a_wait_takes_its_time(wait: dict[str, Any], data: dict[str, Any], seconds: float) -> None:
    over, _, slept = run(machine(W={"Type": "Wait", **wait, "End": True}), data)
    assert (over, slept) == (Over(data), [seconds])


@pytest.mark.parametrize("data", [{}, {"s": "5"}, {"s": -1}, {"s": True}])
def test_a_wait_for_what_is_no_time_fails(data: dict[str, Any]) -> None:
    assert run(machine(W={"Type": "Wait", "SecondsPath": "$.s", "End": True}), data)[0].error == "States.Runtime"


@pytest.mark.parametrize(
    ("names", "error", "caught"),
    [
        (["Boom"], "Boom", True),
        (["Other"], "Boom", False),
        (["States.TaskFailed"], "Boom", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.ALL"], "States.Timeout", True),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
        (["States.TaskFailed"], "States.HeartbeatTimeout", False),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
    ],
)
def test_errors_are_caught_by_name(names: list[str], error: str, caught: bool) -> None:  # noqa: FBT001
    definition = machine(Work={**TASK, "Catch": [{"ErrorEquals": names, "Next": "Caught"}], "End": True}, Caught=PASS)
    execution = Execution(definition, "x", {}, lambda: 0.0)
    (call,) = execution.begin()
    assert isinstance(call, Call)
    moved = execution.failed(call.frame, call.visit, error, "")
    assert moved
    (over,) = moved
    assert isinstance(over, Over)
    assert (over.error == "") is caught


def test_a_result_goes_where_its_path_says() -> None:
    definition = machine(
        Work={**TASK, "OutputPath": "$", "ResultSelector": {"got.$": "$.Payload.n"}, "ResultPath": "$.a.b", "End": True}
    )
    assert run(definition, {"n": 1})[0].output == {"n": 1, "a": {"b": {"got": 1}}}
    definition = machine(Work={**TASK, "OutputPath": "$.n", "ResultPath": None, "InputPath": "$.in", "End": True})
    assert run(definition, {"in": {"n": 2}})[0].output == 2


GOOD = machine(Work={**TASK, "End": True})


def refuse(change: Any) -> str:
    broken = copy.deepcopy(GOOD)
    change(broken, broken["States"]["Work"])
    with pytest.raises(Unsupported) as refusal:
        asl.check(broken)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda m, s: s.update(Type="Parallel"), "Parallel"),
        (lambda m, s: m["States"].update(W={"Type": "Wait", "Next": "Work"}), "Seconds"),
        (lambda m, s: m["States"].update(W={"Type": "Wait", "Timestamp": "soon", "Next": "Work"}), "soon"),
        (lambda m, s: s.update(HeartbeatSeconds=5), "HeartbeatSeconds"),
        (lambda m, s: s.update(Resource="arn:aws:states:::sqs:sendMessage"), "Resource"),
        (lambda m, s: s["Parameters"].update(InvocationType="Event"), "InvocationType"),
        (lambda m, s: s["Parameters"].update(FunctionName="plain"), "plain"),
        (lambda m, s: s.update(Next="Work"), "Next or End"),
        (lambda m, s: s.pop("End"), "Next or End"),
        (lambda m, s: (s.pop("End"), s.update(Next="Nowhere")), "Nowhere"),
        (lambda m, s: s.update(Retry=[{"ErrorEquals": ["X"], "Wait": 1}]), "Wait"),
        (lambda m, s: s.update(Catch=[{"ErrorEquals": ["X"], "Next": "Nowhere"}]), "Nowhere"),
        (lambda m, s: s.update(ResultPath="$.a[?(@.b)]"), "reference path"),
        (lambda m, s: s.update(ResultSelector={"x.$": "States.UUID()"}), "reference path"),
        (lambda m, s: m.update(StartAt="Nowhere"), "Nowhere"),
        (lambda m, s: m.update(TimeoutSeconds=5), "TimeoutSeconds"),
        (lambda m, s: m.update(QueryLanguage="JSONata"), "JSONPath"),
        (
            lambda m, s: m["States"].update(
                C={"Type": "Choice", "Choices": [{"Variable": "$.a", "StringSounds": "x*", "Next": "Work"}]}
            ),
            "StringSounds",
        ),
    ],
)
def test_whatever_is_not_carried_out_is_refused_when_the_file_is_loaded(change: Any, word: str) -> None:
    assert word in refuse(change)


class TestAfterACrash:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Any:
        table = SqliteTable(tmp_path / "table.db", SystemClock())
        yield table
        table.close()

    def test_every_state_is_entered_again_where_it_was(self, table: SqliteTable) -> None:
        processor = machine(Inner={**TASK, "End": True})
        definition = machine(
            First={**TASK, "Next": "Each"},
            Each={
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": processor,
                "ResultPath": None,
                "Next": "Last",
            },
            Last={**TASK, "End": True},
        )
        calls: list[Any] = []
        lives: list[LocalMachine] = []
        over = threading.Event()

        def work(_: str, payload: Any) -> Any:
            """Die at every second call: the machine is closed under it, and another one takes up what is stored."""
            calls.append(payload)
            if len(calls) % 2:
                reborn()
                raise SystemExit
            if payload == {"items": [1, 2, 3]} and len(calls) > 8:
                over.set()
            return payload

        def reborn() -> None:
            lives[-1].close()
            table.write(Delete("p", "what is written behind goes first"))
            lives.append(LocalMachine(definition, work, table, SystemClock(), workers=1))
            lives[-1].go_on()

        lives.append(LocalMachine(definition, work, table, SystemClock(), workers=1))
        lives[-1].start("x", {"items": [1, 2, 3]})
        assert over.wait(20), calls
        assert [call for call in calls if isinstance(call, int)].count(3) >= 1
        assert {1, 2, 3} <= {call for call in calls if isinstance(call, int)}
        lives[-1].close()

    def test_a_retry_that_was_waited_for_is_waited_for_again(self, table: SqliteTable) -> None:
        retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
        definition = machine(Work={**TASK, "Retry": [retry], "End": True})
        failed, done = threading.Event(), threading.Event()

        def fail(*_: Any) -> None:
            failed.set()
            raise Boom

        first = LocalMachine(definition, fail, table, SystemClock())
        first.start("x", {})
        assert failed.wait(20)
        first._pools.close(wait=True)
        first.close()
        table.write(Delete("p", "what is written behind goes first"))
        second = LocalMachine(definition, lambda *_: done.set(), table, SystemClock())
        assert second.go_on() == 1
        assert done.wait(20)
        second.close()

    def test_what_is_over_is_not_taken_up(self, table: SqliteTable) -> None:
        done = threading.Event()
        first = LocalMachine(GOOD, lambda *_: done.set(), table, SystemClock())
        first.start("x", {})
        assert done.wait(20)
        first._pools.close(wait=True)
        table.write(Delete("p", "what is written behind goes first"))
        assert LocalMachine(GOOD, lambda *_: None, table, SystemClock()).go_on() == 0


def test_a_task_that_takes_too_long_is_a_timeout_and_its_answer_is_ignored(tmp_path: Path) -> None:
    table = SqliteTable(tmp_path / "table.db", SystemClock())
    catch = [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "Late"}]
    definition = machine(Work={**TASK, "TimeoutSeconds": 0.2, "Catch": catch, "End": True}, Late={**TASK, "End": True})
    asked: list[Any] = []
    go, late = threading.Event(), threading.Event()

    def work(_: str, payload: Any) -> Any:
        asked.append(payload)
        if len(asked) == 1:
            go.wait(20)
            return {"too": "late"}
        late.set()
        return payload

    made = LocalMachine(definition, work, table, SystemClock())
    made.start("x", {"id": 1})
    assert late.wait(20)
    go.set()
    made._pools.close(wait=True)
    made.close()
    assert asked[1]["error"]["Error"] == "States.Timeout"
    assert len(asked) == 2
    table.close()


@pytest.mark.parametrize("limit", ["TimeoutSeconds", "HeartbeatSeconds"])
@pytest.mark.parametrize("by", [-DAY, -3600, 3600, DAY])
def test_a_limit_is_of_what_was_lived_whatever_the_clock_is_set_to(tmp_path: Path, by: int, limit: str) -> None:
    held = HeldClock()
    clock = LivedClock(held, tmp_path / "clock")
    waits = {**TASK, "Resource": asl.WITH_TOKEN, "TimeoutSeconds": 2000, limit: 900, "End": True}
    execution = Execution(machine(Work=waits), "x", {}, clock.now, lived=clock.lived)
    _, watch = execution.begin()
    assert isinstance(watch, Watch)
    held.time += 890
    held.set += by
    again = execution.looked(watch.frame, watch.visit)
    assert again
    assert isinstance(again[0], Watch)
    assert again[0].until - clock.now() == pytest.approx(10)
    held.time += 10
    over = execution.looked(watch.frame, watch.visit)
    assert over
    assert isinstance(over[0], Over)
    assert over[0].error in ("States.Timeout", "States.HeartbeatTimeout")


@pytest.mark.parametrize(("by", "left"), [(-DAY, 500), (-3600, 500), (-60, 500), (60, 440), (3600, None)])
@pytest.mark.parametrize("retried", [True, False])
def test_what_sleeps_when_the_server_ends_sleeps_no_longer_than_it_was_to(
    tmp_path: Path, by: int, left: float | None, *, retried: bool
) -> None:
    held = HeldClock()
    clock = LivedClock(held, tmp_path / "clock")
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 600}]
    state = {**TASK, "Retry": retry, "End": True} if retried else {"Type": "Wait", "Seconds": 600, "End": True}
    execution = Execution(machine(Work=state), "x", {}, clock.now, lived=clock.lived)
    first = execution.begin()[0]
    sleep = (execution.failed(first.frame, first.visit, "Boom", "") or [])[0] if isinstance(first, Call) else first
    assert isinstance(sleep, Sleep)
    held.time += 100
    clock.mark()
    held.set += by
    clock = LivedClock(held, tmp_path / "clock")
    execution = Execution(machine(Work=state), "x", {}, clock.now, lived=clock.lived)
    (effect, *_) = execution.restore(sleep.frame.json())
    if left is None:
        assert not isinstance(effect, Sleep)
    else:
        assert isinstance(effect, Sleep)
        assert effect.until - clock.now() == pytest.approx(left, abs=0.1)


def test_a_failed_execution_is_told(tmp_path: Path) -> None:
    table = SqliteTable(tmp_path / "table.db", SystemClock())
    told: list[tuple[Any, ...]] = []
    heard = threading.Event()

    def hear(*what: Any) -> None:
        told.append(what)
        heard.set()

    def fail(*_: Any) -> None:
        raise Boom("no")

    made = LocalMachine(GOOD, fail, table, SystemClock(), on_failure=hear)
    made.start("x", {"id": 1})
    assert heard.wait(20)
    made.close()
    assert told == [({"id": 1}, "Boom", '{"errorMessage":"no","errorType":"Boom"}')]
    table.close()


WAITS = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "${AskFunctionArn}", "Payload": {"token.$": "$$.Task.Token"}},
    "TimeoutSeconds": 60,
}


class TestTaskTokens:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Any:
        table = SqliteTable(tmp_path / "table.db", SystemClock())
        yield table
        table.close()

    class Asked:
        """Takes tokens, and what the state after the waiting one is given."""

        def __init__(self) -> None:
            self.tokens: list[str] = []
            self.given: list[Any] = []
            self.asked, self.done = threading.Event(), threading.Event()

        def __call__(self, function: str, payload: Any) -> None:
            if function == "Ask":
                self.tokens.append(payload["token"])
                self.asked.set()
            else:
                self.given.append(payload)
                self.done.set()

    def make(self, table: SqliteTable, tasks: "TestTaskTokens.Asked", **fields: Any) -> LocalMachine:
        definition = machine(Ask={**WAITS, "Next": "Work", **fields}, Work={**TASK, "End": True})
        return LocalMachine(definition, tasks, table, SystemClock())

    def stored(self, table: SqliteTable) -> None:
        """Wait until the store knows that the token was taken."""
        for _ in range(500):
            item = table.get((keys.MACHINE, "x"))[0]
            if item and b'"handed":true' in item.body:
                return
            threading.Event().wait(0.01)
        raise AssertionError("the token was never taken")

    def test_a_token_is_good_after_a_crash_and_its_task_is_not_asked_again(self, table: SqliteTable) -> None:
        tasks = self.Asked()
        first = self.make(table, tasks)
        first.start("x", {})
        assert tasks.asked.wait(20)
        self.stored(table)
        first.close()
        second = self.make(table, tasks)
        assert second.go_on() == 1
        second.succeed(tasks.tokens[0], {"yes": True})
        assert tasks.done.wait(20)
        second.close()
        assert (len(tasks.tokens), tasks.given) == (1, [{"yes": True}])

    def test_a_token_is_good_once_and_a_strange_one_never(self, table: SqliteTable) -> None:
        tasks = self.Asked()
        made = self.make(table, tasks)
        made.start("x", {})
        assert tasks.asked.wait(20)
        for strange in ("", "x:", "y:1", f"{tasks.tokens[0]}0"):
            with pytest.raises(TokenGone):
                made.heartbeat(strange)
        made.succeed(tasks.tokens[0], 1)
        with pytest.raises(TokenGone):
            made.succeed(tasks.tokens[0], 2)
        with pytest.raises(TokenGone):
            made.fail(tasks.tokens[0], "No")
        assert tasks.done.wait(20)
        made.close()
        assert tasks.given == [1]

    def test_a_retried_task_gets_a_new_token_and_the_old_one_is_gone(self, table: SqliteTable) -> None:
        tasks = self.Asked()
        made = self.make(table, tasks, Retry=[{"ErrorEquals": ["No"], "IntervalSeconds": 1, "MaxAttempts": 1}])
        made.start("x", {})
        assert tasks.asked.wait(20)
        tasks.asked.clear()
        made.fail(tasks.tokens[0], "No")
        with pytest.raises(TokenGone):
            made.succeed(tasks.tokens[0], "too early")
        assert tasks.asked.wait(20)
        made.succeed(tasks.tokens[1], "now")
        assert tasks.done.wait(20)
        made.close()
        assert tasks.given == ["now"]

    def test_a_deadline_outlives_a_crash(self, table: SqliteTable) -> None:
        tasks = self.Asked()
        catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Work"}]
        first = self.make(table, tasks, TimeoutSeconds=1, Catch=catch)
        first.start("x", {})
        assert tasks.asked.wait(20)
        self.stored(table)
        first.close()
        second = self.make(table, tasks, TimeoutSeconds=1, Catch=catch)
        second.go_on()
        assert tasks.done.wait(20)
        second.close()
        assert (len(tasks.tokens), tasks.given[0]["Error"]) == (1, "States.Timeout")
