"""Loads a state machine in the Amazon States Language and refuses whatever this interpreter would not carry out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from walkaway_local.machine import choices, paths, waits

State = Mapping[str, Any]

COMMON = {"Type", "Comment"}
FLOW = {"Next", "End"}
DATA = {"InputPath", "OutputPath"}
RESULT = {"Parameters", "ResultSelector", "ResultPath"}
ERRORS = {"Retry", "Catch"}
WAITS = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}
FIELDS: Mapping[str, set[str]] = {
    "Task": {"Resource", "TimeoutSeconds", "HeartbeatSeconds"} | FLOW | DATA | RESULT | ERRORS,
    "Map": {"ItemsPath", "ItemSelector", "ItemProcessor", "MaxConcurrency"}
    | FLOW
    | DATA
    | RESULT - {"Parameters"}
    | ERRORS,
    "Choice": {"Choices", "Default"} | DATA,
    "Pass": {"Result", "Parameters", "ResultPath"} | FLOW | DATA,
    "Wait": WAITS | FLOW | DATA,
    "Succeed": set(DATA),
    "Fail": {"Error", "Cause"},
}
RETRY = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"}
CATCH = {"ErrorEquals", "ResultPath", "Next", "Comment"}
PATHS = ("InputPath", "OutputPath", "ResultPath", "ItemsPath", "SecondsPath", "TimestampPath")
INVOKE = "arn:aws:states:::lambda:invoke"
WITH_TOKEN = f"{INVOKE}.waitForTaskToken"


class Unsupported(ValueError):
    """The file asks for something that this interpreter does not do; the message names state and field."""


def load(path: Path) -> State:
    """Load a state machine. Raises Unsupported."""
    machine: dict[str, Any] = json.loads(path.read_text())
    check(machine)
    return machine


def check(machine: State, where: str = "the machine") -> None:
    """Refuse a machine, or the processor of a Map, that cannot be carried out."""
    _only(machine, {"Comment", "StartAt", "States", "ProcessorConfig", "QueryLanguage"}, where)
    if machine.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise Unsupported(f"{where}: only JSONPath is read")
    if machine.get("ProcessorConfig", {}).get("Mode", "INLINE") != "INLINE":
        raise Unsupported(f"{where}: only inline Maps are carried out")
    states = machine["States"]
    _known(machine["StartAt"], states, where)
    for name, state in states.items():
        _check_state(f"state {name!r}", state, states)


def _check_state(where: str, state: State, states: Mapping[str, State]) -> None:
    kind = str(state.get("Type"))
    if kind not in FIELDS:
        raise Unsupported(f"{where}: states of type {kind!r} are not carried out")
    _only(state, FIELDS[kind] | COMMON, where)
    _check_data(where, state)
    if "Next" in FIELDS[kind] and ("Next" in state) == ("End" in state):
        raise Unsupported(f"{where}: needs either Next or End")
    for following in [state.get("Next"), state.get("Default"), *(c["Next"] for c in state.get("Catch", ()))]:
        _known(following, states, where)
    if kind == "Task":
        _check_task(where, state)
    elif kind == "Map":
        check(state["ItemProcessor"], f"{where}, ItemProcessor")
    elif kind == "Choice":
        for rule in state["Choices"]:
            _known(rule["Next"], states, where)
            _check_rule(where, rule)
    elif kind == "Wait":
        _check_wait(where, state)


def _check_data(where: str, state: State) -> None:
    for field in PATHS:
        if state.get(field) is not None:
            _path(state[field], where)
    for retry in state.get("Retry", ()):
        _only(retry, RETRY, f"{where}, Retry")
    for catch in state.get("Catch", ()):
        _only(catch, CATCH, f"{where}, Catch")
        _path(catch.get("ResultPath") or "$", where)
    for template in ("Parameters", "ResultSelector", "ItemSelector"):
        _template(state.get(template), where)


def _check_rule(where: str, rule: choices.Rule) -> None:
    try:
        choices.check(rule)
    except (ValueError, KeyError) as error:
        raise Unsupported(f"{where}: {error}") from None


def _check_task(where: str, state: State) -> None:
    if state.get("Resource") not in (INVOKE, WITH_TOKEN):
        raise Unsupported(f"{where}: the only Resource is {INVOKE}, or that with .waitForTaskToken")
    if "HeartbeatSeconds" in state and ("TimeoutSeconds" not in state or state["Resource"] == INVOKE):
        raise Unsupported(f"{where}: HeartbeatSeconds needs a task token and TimeoutSeconds")
    parameters = state.get("Parameters", {})
    _only(parameters, {"FunctionName", "Payload", "Payload.$"}, f"{where}, Parameters")
    function(parameters)


def _check_wait(where: str, state: State) -> None:
    given = WAITS & set(state)
    if len(given) != 1:
        raise Unsupported(f"{where}: needs one of {', '.join(sorted(WAITS))}")
    if "Timestamp" in state and waits.timestamp(state["Timestamp"]) is None:
        raise Unsupported(f"{where}: {state['Timestamp']!r} is no timestamp")


def function(parameters: Mapping[str, Any]) -> str:
    """Read `CallModel` out of a task's `${CallModelFunctionArn}`."""
    name = str(parameters.get("FunctionName"))
    if not (name.startswith("${") and name.endswith("FunctionArn}")):
        raise Unsupported(f"FunctionName must be a placeholder like ${{CallModelFunctionArn}}, not {name!r}")
    return name.removeprefix("${").removesuffix("FunctionArn}")


def _only(fields: Mapping[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(set(fields) - allowed):
        raise Unsupported(f"{where}: {', '.join(unknown)} not carried out")


def _known(name: str | None, states: Mapping[str, State], where: str) -> None:
    if name is not None and name not in states:
        raise Unsupported(f"{where}: there is no state {name!r}")


def _path(path: str, where: str) -> None:
    try:
        paths.parse(path)
    except ValueError as error:
        raise Unsupported(f"{where}: {error}") from None


def _template(template: Any, where: str) -> None:
    if isinstance(template, list):
        for value in template:
            _template(value, where)
    elif isinstance(template, dict):
        for name, value in template.items():
            if name.endswith(".$"):
                _path(value, where)
            else:
                _template(value, where)
