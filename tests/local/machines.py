"""Small state machines, what their tasks do, and how each must end: in the local machine and in any other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TASK: Mapping[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {
        "FunctionName": "${WorkFunctionArn}",
        "Payload": {"execution.$": "$$.Execution.Name", "state.$": "$$.State.Name", "data.$": "$"},
    },
    "OutputPath": "$.Payload",
}
TOKEN: Mapping[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {
        "FunctionName": "${WorkFunctionArn}",
        "Payload": {
            "execution.$": "$$.Execution.Name",
            "state.$": "$$.State.Name",
            "data.$": "$",
            "token.$": "$$.Task.Token",
        },
    },
}
END = {"End": True}
DONE: Mapping[str, Any] = {"Type": "Succeed"}
CAUGHT: Mapping[str, Any] = {"Type": "Pass", "Result": "caught", "ResultPath": "$.how", "End": True}
RETRY = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1.0}


class Answers:
    """How a task answers the token that it was given; the driver of a machine fills it in."""

    def __init__(
        self,
        succeed: Callable[[str, Any], object],
        fail: Callable[[str, str, str], object],
        beat: Callable[[str], object],
    ) -> None:
        self.succeed = succeed
        self.fail = fail
        self.beat = beat


Work = Callable[[Any, Mapping[str, Any], int, Answers], Any]
"""What a task does with its data, its whole payload, how often it was called before, and the way to answer a token."""


def failure(name: str, message: str = "no") -> Exception:
    """Make an error of this name, as a task raises it."""
    made: Exception = type(name, (Exception,), {})(message)
    return made


def echo(data: Any, *_: Any) -> Any:
    return data


def count(data: Any, *_: Any) -> Any:
    return {**data, "n": data["n"] + 1}


def fails(name: str, times: int = 10**9, then: Work = echo) -> Work:
    def work(data: Any, payload: Mapping[str, Any], before: int, answers: Answers) -> Any:
        if before < times:
            raise failure(name)
        return then(data, payload, before, answers)

    return work


def fails_on(value: Any, name: str) -> Work:
    def work(data: Any, *_: Any) -> Any:
        if data == value:
            raise failure(name)
        return data

    return work


def answers_at_once(data: Any, payload: Mapping[str, Any], _: int, answers: Answers) -> None:
    answers.succeed(payload["token"], {"said": data})


def refuses_at_once(_: Any, payload: Mapping[str, Any], __: int, answers: Answers) -> None:
    answers.fail(payload["token"], "Declined", "because")


def refuses_once(data: Any, payload: Mapping[str, Any], before: int, answers: Answers) -> None:
    if before == 0:
        answers.fail(payload["token"], "Declined", "because")
    else:
        answers.succeed(payload["token"], {"said": data, "attempt": before})


def beats_then_answers(data: Any, payload: Mapping[str, Any], _: int, answers: Answers) -> None:
    """Send a heartbeat each half second, for longer than the state's interval; then answer. Does not hold the task."""
    import threading

    def run() -> None:
        for _ in range(9):
            threading.Event().wait(0.5)
            answers.beat(payload["token"])
        answers.succeed(payload["token"], data)

    threading.Thread(target=run).start()


def is_silent(*_: Any) -> None:
    pass


@dataclass(frozen=True)
class Machine:
    """A row: the states, the input, and how it ends. `moto` says how moto ends otherwise, and `why`."""

    name: str
    states: Mapping[str, Mapping[str, Any]]
    input: Mapping[str, Any]
    order: tuple[str, ...]
    output: Any = None
    error: str = ""
    work: Work = echo
    moto: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def definition(self) -> dict[str, Any]:
        return {"StartAt": next(iter(self.states)), "States": dict(self.states)}


def choice(rule: Mapping[str, Any], data: Mapping[str, Any], *, yes: bool, name: str = "") -> Machine:
    """A machine that judges one rule."""
    kind = name or next(key for key in rule if key != "Variable")
    states = {
        "Which": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": DONE,
        "No": DONE,
    }
    return Machine(f"choice {kind} {'yes' if yes else 'no'}", states, data, ("Which", "Yes" if yes else "No"), data)


def each(states: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A Map over the items of the input."""
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": next(iter(states)), "States": dict(states)}
    return {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, **fields}


LOOP = {"Variable": "$.n", "NumericLessThan": 5, "Next": "Add"}
ITEM = {"Each": {**TASK, **END}}
ONE_BY_ONE = {"MaxConcurrency": 1}

MACHINES: list[Machine] = [
    Machine("one task", {"A": {**TASK, **END}}, {"a": 1}, ("A",), {"a": 1}),
    Machine(
        "tasks in a row",
        {"A": {**TASK, "Next": "B"}, "B": {**TASK, "Next": "C"}, "C": DONE},
        {"n": 0},
        ("A", "B", "C"),
        {"n": 2},
        work=count,
    ),
    Machine(
        "a loop",
        {
            "Add": {**TASK, "Next": "Again"},
            "Again": {"Type": "Choice", "Choices": [LOOP], "Default": "Out"},
            "Out": DONE,
        },
        {"n": 0},
        ("Add", "Again") * 5 + ("Out",),
        {"n": 5},
        work=count,
    ),
    Machine("a failure by hand", {"F": {"Type": "Fail", "Error": "Nope", "Cause": "no"}}, {}, ("F",), error="Nope"),
    Machine("a failing task", {"A": {**TASK, **END}}, {}, ("A",), error="Boom", work=fails("Boom")),
    # ── what a state is given and gives ──
    Machine("a pass with a result", {"P": {"Type": "Pass", "Result": {"x": 1}, **END}}, {"a": 1}, ("P",), {"x": 1}),
    Machine(
        "a result below a new path",
        {"P": {"Type": "Pass", "Result": 7, "ResultPath": "$.deep.er", **END}},
        {"a": 1},
        ("P",),
        {"a": 1, "deep": {"er": 7}},
    ),
    Machine(
        "a result over an old one",
        {"P": {"Type": "Pass", "Result": 7, "ResultPath": "$.a", **END}},
        {"a": 1, "b": 2},
        ("P",),
        {"a": 7, "b": 2},
    ),
    Machine(
        "a result dropped", {"A": {**TASK, "OutputPath": "$", "ResultPath": None, **END}}, {"a": 1}, ("A",), {"a": 1}
    ),
    Machine(
        "parameters",
        {"P": {"Type": "Pass", "Parameters": {"x.$": "$.a.b", "y": [1]}, **END}},
        {"a": {"b": 2}},
        ("P",),
        {"x": 2, "y": [1]},
    ),
    Machine("an input path", {"P": {"Type": "Pass", "InputPath": "$.a", **END}}, {"a": {"b": 2}}, ("P",), {"b": 2}),
    Machine("an output path", {"P": {"Type": "Pass", "OutputPath": "$.a", **END}}, {"a": {"b": 2}}, ("P",), {"b": 2}),
    Machine("no input", {"P": {"Type": "Pass", "InputPath": None, **END}}, {"a": 1}, ("P",), {}),
    Machine(
        "a result selector",
        {"A": {**TASK, "OutputPath": "$", "ResultSelector": {"got.$": "$.Payload.a"}, "ResultPath": "$.r", **END}},
        {"a": 1},
        ("A",),
        {"a": 1, "r": {"got": 1}},
    ),
    Machine(
        "an index in a path",
        {"P": {"Type": "Pass", "Parameters": {"x.$": "$.l[1]"}, **END}},
        {"l": [1, 2]},
        ("P",),
        {"x": 2},
    ),
    Machine(
        "a path that leads nowhere",
        {"P": {"Type": "Pass", "Parameters": {"x.$": "$.no"}, **END}},
        {"a": 1},
        ("P",),
        error="States.Runtime",
    ),
    # ── errors ──
    Machine(
        "a retry that helps",
        {"A": {**TASK, "Retry": [RETRY], **END}},
        {"a": 1},
        ("A",),
        {"a": 1},
        work=fails("Boom", 2),
    ),
    Machine(
        "a retry that does not", {"A": {**TASK, "Retry": [RETRY], **END}}, {}, ("A",), error="Boom", work=fails("Boom")
    ),
    Machine(
        "a retry for another error",
        {"A": {**TASK, "Retry": [{**RETRY, "ErrorEquals": ["Other"]}], **END}},
        {},
        ("A",),
        error="Boom",
        work=fails("Boom", 1),
    ),
    Machine(
        "no attempt allowed",
        {"A": {**TASK, "Retry": [{**RETRY, "MaxAttempts": 0}], **END}},
        {},
        ("A",),
        error="Boom",
        work=fails("Boom", 1),
    ),
    Machine(
        "a retry with backoff, then a catch",
        {
            "A": {
                **TASK,
                "Retry": [{**RETRY, "MaxAttempts": 2, "BackoffRate": 2.0, "MaxDelaySeconds": 2}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "C"}],
                **END,
            },
            "C": {"Type": "Pass", "Parameters": {"error.$": "$.error.Error", "a.$": "$.a"}, **END},
        },
        {"a": 1},
        ("A", "C"),
        {"error": "Boom", "a": 1},
        work=fails("Boom"),
    ),
    Machine(
        "a catch by name",
        {"A": {**TASK, "Catch": [{"ErrorEquals": ["Boom"], "ResultPath": None, "Next": "C"}], **END}, "C": CAUGHT},
        {"a": 1},
        ("A", "C"),
        {"a": 1, "how": "caught"},
        work=fails("Boom"),
    ),
    Machine(
        "the first catch that fits",
        {
            "A": {
                **TASK,
                "Catch": [
                    {"ErrorEquals": ["Other"], "Next": "X"},
                    {"ErrorEquals": ["Boom", "More"], "ResultPath": None, "Next": "C"},
                    {"ErrorEquals": ["States.ALL"], "Next": "X"},
                ],
                **END,
            },
            "C": CAUGHT,
            "X": DONE,
        },
        {"a": 1},
        ("A", "C"),
        {"a": 1, "how": "caught"},
        work=fails("More"),
    ),
    Machine(
        "a catch for another error",
        {"A": {**TASK, "Catch": [{"ErrorEquals": ["Other"], "Next": "C"}], **END}, "C": DONE},
        {},
        ("A",),
        error="Boom",
        work=fails("Boom"),
    ),
    Machine(
        "a catch of task failures",
        {
            "A": {**TASK, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": None, "Next": "C"}], **END},
            "C": CAUGHT,
        },
        {"a": 1},
        ("A", "C"),
        {"a": 1, "how": "caught"},
        work=fails("Boom"),
    ),
    Machine(
        "no choice fits",
        {"W": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "x", "Next": "D"}]}, "D": DONE},
        {"a": "y"},
        ("W",),
        error="States.NoChoiceMatched",
        moto={"error": "States.Runtime"},
        why="moto reports a Choice in which nothing fits as States.Runtime",
    ),
    # ── Map ──
    Machine(
        "a map", {"M": each(ITEM, **ONE_BY_ONE, **END)}, {"items": [1, 2, 3]}, ("M", "Each", "Each", "Each"), [1, 2, 3]
    ),
    Machine(
        "a map all at once", {"M": each(ITEM, **END)}, {"items": [1, 2, 3]}, ("M", "Each", "Each", "Each"), [1, 2, 3]
    ),
    Machine(
        "a map of nothing",
        {"M": each(ITEM, ResultPath="$.out", **END)},
        {"items": []},
        ("M",),
        {"items": [], "out": []},
    ),
    Machine(
        "a map that selects",
        {
            "M": each(
                {"P": {"Type": "Pass", **END}},
                ItemSelector={"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "who.$": "$.who"},
                ResultPath="$.out",
                **ONE_BY_ONE,
                **END,
            )
        },
        {"items": ["a", "b"], "who": "me"},
        ("M", "P", "P"),
        {"items": ["a", "b"], "who": "me", "out": [{"v": "a", "i": 0, "who": "me"}, {"v": "b", "i": 1, "who": "me"}]},
    ),
    Machine(
        "a map with a failing item",
        {"M": each(ITEM, **ONE_BY_ONE, **END)},
        {"items": [1, 2, 3]},
        ("M", "Each", "Each"),
        error="Boom",
        work=fails_on(2, "Boom"),
    ),
    Machine(
        "a map whose failure is caught",
        {
            "M": each(ITEM, Catch=[{"ErrorEquals": ["Boom"], "ResultPath": None, "Next": "C"}], **ONE_BY_ONE, **END),
            "C": CAUGHT,
        },
        {"items": [1, 2]},
        ("M", "Each", "C"),
        {"items": [1, 2], "how": "caught"},
        work=fails_on(1, "Boom"),
    ),
    Machine(
        "an item that is retried",
        {"M": each({"Each": {**TASK, "Retry": [RETRY], **END}}, **ONE_BY_ONE, **END)},
        {"items": [1, 2]},
        ("M", "Each", "Each"),
        [1, 2],
        work=fails("Boom", 1),
    ),
    Machine(
        "an item that catches for itself",
        {
            "M": each(
                {
                    "Each": {**TASK, "Catch": [{"ErrorEquals": ["Boom"], "Next": "Sorry"}], **END},
                    "Sorry": {"Type": "Pass", "Result": "sorry", **END},
                },
                **ONE_BY_ONE,
                **END,
            )
        },
        {"items": [1, 2]},
        ("M", "Each", "Each", "Sorry"),
        [1, "sorry"],
        work=fails_on(2, "Boom"),
    ),
    # ── waits ──
    Machine(
        "a wait of seconds",
        {"W": {"Type": "Wait", "Seconds": 1, "Next": "D"}, "D": DONE},
        {"a": 1},
        ("W", "D"),
        {"a": 1},
    ),
    Machine("a wait by a path", {"W": {"Type": "Wait", "SecondsPath": "$.s", **END}}, {"s": 1}, ("W",), {"s": 1}),
    Machine(
        "a wait for the past",
        {"W": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", **END}},
        {"a": 1},
        ("W",),
        {"a": 1},
    ),
    Machine(
        "a wait for a time in the input",
        {"W": {"Type": "Wait", "TimestampPath": "$.at", **END}},
        {"at": "2020-01-01T00:00:00Z"},
        ("W",),
        {"at": "2020-01-01T00:00:00Z"},
    ),
    # ── task tokens ──
    Machine("a token answered", {"T": {**TOKEN, **END}}, {"a": 1}, ("T",), {"said": {"a": 1}}, work=answers_at_once),
    Machine(
        "a token answered below a path",
        {"T": {**TOKEN, "ResultPath": "$.r", **END}},
        {"a": 1},
        ("T",),
        {"a": 1, "r": {"said": {"a": 1}}},
        work=answers_at_once,
    ),
    Machine("a token refused", {"T": {**TOKEN, **END}}, {}, ("T",), error="Declined", work=refuses_at_once),
    Machine(
        "a refused token caught",
        {"T": {**TOKEN, "Catch": [{"ErrorEquals": ["Declined"], "ResultPath": None, "Next": "C"}], **END}, "C": CAUGHT},
        {"a": 1},
        ("T", "C"),
        {"a": 1, "how": "caught"},
        work=refuses_at_once,
    ),
    Machine(
        "a refused token retried",
        {"T": {**TOKEN, "Retry": [RETRY], **END}},
        {"a": 1},
        ("T",),
        {"said": {"a": 1}, "attempt": 1},
        work=refuses_once,
    ),
    Machine(
        "a task that fails to take its token", {"T": {**TOKEN, **END}}, {}, ("T",), error="Boom", work=fails("Boom")
    ),
    Machine(
        "heartbeats keep a task waiting",
        {"T": {**TOKEN, "TimeoutSeconds": 30, "HeartbeatSeconds": 4, **END}},
        {"a": 1},
        ("T",),
        {"a": 1},
        work=beats_then_answers,
    ),
    Machine(
        "no heartbeat",
        {
            "T": {
                **TOKEN,
                "TimeoutSeconds": 30,
                "HeartbeatSeconds": 1,
                "Catch": [
                    {"ErrorEquals": ["States.HeartbeatTimeout", "States.Timeout"], "ResultPath": None, "Next": "C"}
                ],
                **END,
            },
            "C": CAUGHT,
        },
        {"a": 1},
        ("T", "C"),
        {"a": 1, "how": "caught"},
        work=is_silent,
    ),
    Machine(
        "no heartbeat, uncaught",
        {"T": {**TOKEN, "TimeoutSeconds": 30, "HeartbeatSeconds": 1, **END}},
        {},
        ("T",),
        error="States.HeartbeatTimeout",
        work=is_silent,
        moto={"error": "States.Timeout"},
        why="moto reports a missed heartbeat as States.Timeout",
    ),
    Machine(
        "a token that nobody answers in time",
        {
            "T": {
                **TOKEN,
                "TimeoutSeconds": 1,
                "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": "C"}],
                **END,
            },
            "C": CAUGHT,
        },
        {"a": 1},
        ("T", "C"),
        {"a": 1, "how": "caught"},
        work=is_silent,
    ),
    Machine(
        "a token in each item of a map",
        {"M": each({"T": {**TOKEN, **END}}, **ONE_BY_ONE, **END)},
        {"items": [1, 2]},
        ("M", "T", "T"),
        [{"said": 1}, {"said": 2}],
        work=answers_at_once,
    ),
    # ── choice operators ──
    choice({"Variable": "$.a", "StringEquals": "x"}, {"a": "x"}, yes=True),
    choice({"Variable": "$.a", "StringEqualsPath": "$.b"}, {"a": "x", "b": "x"}, yes=True),
    choice({"Variable": "$.a", "StringLessThan": "b"}, {"a": "a"}, yes=True),
    choice({"Variable": "$.a", "StringGreaterThanEquals": "b"}, {"a": "a"}, yes=False),
    choice({"Variable": "$.a", "StringMatches": "log-*.txt"}, {"a": "log-1.txt"}, yes=True),
    choice({"Variable": "$.a", "StringMatches": "log-*.txt"}, {"a": "a-log.txt"}, yes=False),
    choice({"Variable": "$.a", "NumericEquals": 1}, {"a": 1.0}, yes=True),
    choice({"Variable": "$.a", "NumericGreaterThan": 1}, {"a": 1}, yes=False),
    choice({"Variable": "$.a", "NumericLessThanEqualsPath": "$.b"}, {"a": 1, "b": 1}, yes=True),
    choice({"Variable": "$.a", "NumericEquals": 1}, {"a": "1"}, yes=False, name="NumericEquals of a text"),
    choice({"Variable": "$.a", "BooleanEquals": True}, {"a": True}, yes=True),
    choice({"Variable": "$.a", "TimestampLessThan": "2026-01-01T00:00:00Z"}, {"a": "2025-12-31T23:59:59Z"}, yes=True),
    choice(
        {"Variable": "$.a", "TimestampGreaterThanEquals": "2026-01-01T00:00:00Z"},
        {"a": "2025-12-31T23:59:59Z"},
        yes=False,
    ),
    choice({"Variable": "$.a", "IsNull": True}, {"a": None}, yes=True),
    choice({"Variable": "$.a", "IsPresent": True}, {}, yes=False),
    choice({"Variable": "$.a", "IsString": True}, {"a": 1}, yes=False),
    choice({"Variable": "$.a", "IsNumeric": True}, {"a": 1}, yes=True),
    choice({"Variable": "$.a", "IsBoolean": True}, {"a": False}, yes=True),
    choice({"Variable": "$.a", "IsTimestamp": True}, {"a": "2026-01-01T00:00:00Z"}, yes=True),
    choice(
        {"And": [{"Variable": "$.a", "NumericGreaterThan": 0}, {"Variable": "$.a", "NumericLessThan": 2}]},
        {"a": 1},
        yes=True,
    ),
    choice(
        {"Or": [{"Variable": "$.a", "NumericGreaterThan": 5}, {"Variable": "$.a", "NumericLessThan": 0}]},
        {"a": 1},
        yes=False,
    ),
    choice({"Not": {"Variable": "$.a", "StringEquals": "x"}}, {"a": "y"}, yes=True),
]
