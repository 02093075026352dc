"""One execution of a state machine: where it is, and what has to happen next. Does nothing itself.

Every move returns *effects*, which the driver carries out after it has stored where the execution now is.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

from walkaway_local.machine import asl, choices, paths
from walkaway_local.machine.asl import State
from walkaway_local.machine.frames import Call, Effect, Frame, Over, Sleep

UNCATCHABLE = ("States.Runtime", "States.DataLimitExceeded")
"""Errors that States.ALL does not match (Step Functions developer guide, error handling)."""


class Execution:
    """An execution, held under a lock by its driver."""

    def __init__(
        self,
        machine: State,
        name: str,
        ticket: Any,
        now: Callable[[], float],
        *,
        entered: Callable[[str], None] = lambda _: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.root = Frame(machine["States"], machine["StartAt"], ticket)
        self.name = name
        self._input = ticket
        self._now = now
        self._entered = entered
        self._chance = chance

    def restore(self, stored: Mapping[str, Any]) -> list[Effect]:
        """Go on from what was stored; whatever was under way is done again."""
        self.root = Frame.read(self.root.states, stored)
        return self._resume(self.root)

    def begin(self) -> list[Effect]:
        """Enter the first state."""
        return self._enter(self.root)

    def succeeded(self, frame: Frame, visit: int, result: Any) -> list[Effect]:
        """Take a call's result; nothing follows from one that comes too late."""
        return self._guarded(frame, lambda: self._leave(frame, result)) if self._current(frame, visit) else []

    def failed(self, frame: Frame, visit: int, error: str, cause: str) -> list[Effect]:
        """Take a call's error."""
        return self._error(frame, error, cause) if self._current(frame, visit) else []

    def woken(self, frame: Frame, visit: int) -> list[Effect]:
        """Try a state again after its retrier's interval."""
        return self._enter(frame) if self._current(frame, visit) else []

    def stop(self) -> None:
        """Let nothing follow from whatever is under way."""
        _bury(self.root)

    def _current(self, frame: Frame, visit: int) -> bool:
        return frame.alive and frame.visit == visit

    def _resume(self, frame: Frame) -> list[Effect]:
        frame.entered = bool(frame.wake or frame.branches)
        if frame.output:
            return []
        if frame.wake > self._now():
            return [Sleep(frame, frame.visit, frame.wake)]
        if frame.branches:
            return self._spawn(frame, self._resume)
        return self._enter(frame)

    def _go(self, frame: Frame, state: str, data: Any) -> list[Effect]:
        frame.state, frame.data, frame.retries = state, data, {}
        return self._enter(frame)

    def _enter(self, frame: Frame) -> list[Effect]:
        frame.visit += 1
        frame.wake = 0.0
        frame.entered = True
        self._entered(frame.state)
        return self._guarded(frame, lambda: self._do(frame))

    def _guarded(self, frame: Frame, move: Callable[[], list[Effect]]) -> list[Effect]:
        try:
            return move()
        except paths.Missing as missing:
            return self._error(frame, "States.Runtime", f"{frame.state}: there is nothing at {missing}")

    def _do(self, frame: Frame) -> list[Effect]:  # noqa: PLR0911 - a return for each type of state
        state, data, context = frame.here, self._data(frame), self._context(frame)
        kind = state["Type"]
        if kind == "Task":
            asked = state["Parameters"]
            payload = paths.fill({k: v for k, v in asked.items() if k != "FunctionName"}, data, context).get("Payload")
            return [Call(frame, frame.visit, asl.function(asked), payload, state.get("TimeoutSeconds"))]
        if kind == "Map":
            return self._map(frame, data)
        if kind == "Choice":
            rule = next((rule for rule in state["Choices"] if choices.holds(rule, data, context)), None)
            to = rule["Next"] if rule else state.get("Default")
            if to is None:
                return self._error(frame, "States.NoChoiceMatched", f"{frame.state}: no rule matches")
            return self._go(frame, to, self._out(frame, data))
        if kind == "Fail":
            return self._error(frame, state.get("Error", ""), state.get("Cause", ""))
        if kind == "Succeed":
            return self._end(frame, self._out(frame, data))
        given = paths.fill(state["Parameters"], data, context) if "Parameters" in state else data
        return self._leave(frame, state.get("Result", given))

    def _map(self, frame: Frame, data: Any) -> list[Effect]:
        processor = frame.here["ItemProcessor"]
        items = paths.find(frame.here.get("ItemsPath", "$"), data, self._context(frame))
        if not isinstance(items, list):
            return self._error(frame, "States.Runtime", f"{frame.state}: ItemsPath does not lead to a list")
        frame.branches = []
        for index, value in enumerate(items):
            branch = Frame(processor["States"], processor["StartAt"], value, frame, (index, value))
            if "ItemSelector" in frame.here:
                branch.data = paths.fill(frame.here["ItemSelector"], data, self._context(branch))
            frame.branches.append(branch)
        return self._spawn(frame, self._enter) if items else self._leave(frame, [])

    def _spawn(self, frame: Frame, enter: Callable[[Frame], list[Effect]]) -> list[Effect]:
        """Let as many branches run as MaxConcurrency allows; join when all have ended."""
        most = frame.here.get("MaxConcurrency", 0) or len(frame.branches)
        effects: list[Effect] = []
        for branch in list(frame.branches):
            running = sum(1 for other in frame.branches if other.entered and not other.output)
            if frame.branches and branch.alive and not branch.entered and running < most:
                effects += enter(branch)
        if frame.branches and all(branch.output for branch in frame.branches):
            effects += self._join(frame)
        return effects

    def _join(self, frame: Frame) -> list[Effect]:
        outputs = [branch.output[0] for branch in frame.branches]
        frame.branches = []
        return self._guarded(frame, lambda: self._leave(frame, outputs))

    def _leave(self, frame: Frame, result: Any) -> list[Effect]:
        """Put a state's result where it belongs and go on."""
        frame.visit += 1
        state = frame.here
        if "ResultSelector" in state:
            result = paths.fill(state["ResultSelector"], result, self._context(frame))
        data = self._out(frame, paths.place(result, state.get("ResultPath", "$"), self._data(frame)))
        return self._go(frame, state["Next"], data) if "Next" in state else self._end(frame, data)

    def _end(self, frame: Frame, output: Any) -> list[Effect]:
        frame.output = [output]
        if frame.parent is None:
            return [Over(output)]
        return self._spawn(frame.parent, self._enter)

    def _error(self, frame: Frame, error: str, cause: str) -> list[Effect]:
        """Retry, catch, or fail, and with it what this is a part of."""
        frame.visit += 1
        for branch in frame.branches:
            _bury(branch)
        frame.branches = []
        for number, retrier in enumerate(frame.here.get("Retry", ())):
            if _matches(retrier, error):
                used = frame.retries.get(str(number), 0)
                if used < retrier.get("MaxAttempts", 3):
                    frame.retries[str(number)] = used + 1
                    frame.wake = self._now() + self._delay(retrier, used)
                    return [Sleep(frame, frame.visit, frame.wake)]
                break
        for catcher in frame.here.get("Catch", ()):
            if _matches(catcher, error):
                caught = {"Error": error, "Cause": cause}
                return self._go(frame, catcher["Next"], paths.place(caught, catcher.get("ResultPath", "$"), frame.data))
        if frame.parent is None:
            return [Over(error=error, cause=cause)]
        return self._error(frame.parent, error, cause)

    def _delay(self, retrier: Mapping[str, Any], used: int) -> float:
        seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used
        seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
        return float(seconds * self._chance() if retrier.get("JitterStrategy") == "FULL" else seconds)

    def _data(self, frame: Frame) -> Any:
        path = frame.here.get("InputPath", "$")
        return {} if path is None else paths.find(path, frame.data, self._context(frame))

    def _out(self, frame: Frame, data: Any) -> Any:
        path = frame.here.get("OutputPath", "$")
        return {} if path is None else paths.find(path, data, self._context(frame))

    def _context(self, frame: Frame) -> dict[str, Any]:
        context: dict[str, Any] = {
            "Execution": {"Id": self.name, "Name": self.name, "Input": self._input},
            "State": {"Name": frame.state},
        }
        if frame.item is not None:
            context["Map"] = {"Item": {"Index": frame.item[0], "Value": frame.item[1]}}
        return context


def _matches(rule: Mapping[str, Any], error: str) -> bool:
    for name in rule["ErrorEquals"]:
        if name == error or (name == "States.ALL" and error not in UNCATCHABLE):
            return True
        if name == "States.TaskFailed" and error not in (*UNCATCHABLE, "States.Timeout"):
            return True
    return False


def _bury(frame: Frame) -> None:
    frame.alive = False
    for branch in frame.branches:
        _bury(branch)
