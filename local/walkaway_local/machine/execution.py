"""One execution of a state machine: where it is, and what has to happen next. Does nothing itself.

Every move returns *effects*, which the driver carries out after it has stored where the execution now is.
"""

import random
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from walkaway_local.machine import asl, choices, errors, paths, waits
from walkaway_local.machine.frames import Call, Effect, Frame, Lived, Over, Sleep, Watch

Moved = list[Effect] | None
"""What follows from a move; None when it came too late and nothing has changed."""


class Execution:
    """An execution, held under a lock by its driver."""

    def __init__(
        self,
        machine: asl.State,
        name: str,
        ticket: Any,
        now: Callable[[], float],
        *,
        lived: Lived | None = None,
        entered: Callable[[str], None] = lambda _: None,
        chance: Callable[[], float] = random.random,
        token: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.root = Frame(machine["States"], machine["StartAt"], ticket)
        self.name = name
        self._input = ticket
        self._now = now
        self._lived = lived or (lambda since: max(0.0, now() - since))
        self._entered = entered
        self._chance = chance
        self._token = token

    def restore(self, stored: Mapping[str, Any]) -> list[Effect]:
        """Go on from what was stored; whatever was under way is done again."""
        self.root = Frame.read(self.root.states, stored)
        return self._resume(self.root)

    def begin(self) -> list[Effect]:
        """Enter the first state."""
        return self._enter(self.root)

    def succeeded(self, frame: Frame, visit: int, result: Any) -> Moved:
        """Take a call's result; a call that took a token has none."""
        if not frame.current(visit):
            return None
        frame.handed = bool(frame.token)
        if frame.handed:
            return []
        return self._guarded(frame, lambda: self._leave(frame, result))

    def failed(self, frame: Frame, visit: int, error: str, cause: str) -> Moved:
        """Take a call's error."""
        return self._error(frame, error, cause) if frame.current(visit) else None

    def resumed(self, frame: Frame, output: Any) -> list[Effect]:
        """Take the output that a task waited for."""
        return self._guarded(frame, lambda: self._leave(frame, output))

    def refused(self, frame: Frame, error: str, cause: str) -> list[Effect]:
        """Take the error that came in place of that output."""
        return self._error(frame, error, cause)

    def beat(self, frame: Frame) -> list[Effect]:
        """Give a waiting task its full heartbeat interval again."""
        if frame.heartbeat:
            frame.heartbeat = self._now() + frame.here["HeartbeatSeconds"]
        return []

    def looked(self, frame: Frame, visit: int) -> Moved:
        """See whether a task has taken too long, or has not been heard of for too long."""
        if not frame.current(visit):
            return None
        over = {name: frame.here[name] for name, left in frame.left(self._lived).items() if left <= 0}
        if seconds := over.get("TimeoutSeconds"):
            return self._error(frame, errors.TIMEOUT, f"{frame.state} took more than {seconds} s")
        for seconds in over.values():
            return self._error(frame, errors.HEARTBEAT, f"no heartbeat of {frame.state} for {seconds} s")
        return self._watch(frame)

    def woken(self, frame: Frame, visit: int) -> Moved:
        """Leave a Wait, or try a state again after its retrier's interval."""
        return self._wake(frame) if frame.current(visit) else None

    def _wake(self, frame: Frame) -> list[Effect]:
        if frame.here["Type"] == "Wait":
            return self._guarded(frame, lambda: self._leave(frame, self._data(frame)))
        return self._attempt(frame)

    def _resume(self, frame: Frame) -> list[Effect]:
        frame.entered = bool(frame.wake or frame.branches)
        if frame.output:
            return []
        if (left := frame.asleep(self._now(), self._lived)) > 0:
            return [Sleep(frame, frame.visit, self._now() + left)]
        if frame.branches:
            return self._spawn(frame, self._resume)
        if frame.handed:
            return self._watch(frame)
        if frame.wake:
            return self._wake(frame)
        return self._attempt(frame)

    def _go(self, frame: Frame, state: str, data: Any) -> list[Effect]:
        frame.state, frame.data, frame.retries = state, data, {}
        return self._enter(frame)

    def _enter(self, frame: Frame) -> list[Effect]:
        self._entered(frame.state)
        return self._attempt(frame)

    def _attempt(self, frame: Frame) -> list[Effect]:
        frame.turn_away()
        frame.wake = 0.0
        frame.entered = True
        return self._guarded(frame, lambda: self._do(frame))

    def _guarded(self, frame: Frame, move: Callable[[], list[Effect]]) -> list[Effect]:
        try:
            return move()
        except paths.Missing as missing:
            return self._error(frame, errors.RUNTIME, f"{frame.state}: there is nothing at {missing}")

    def _do(self, frame: Frame) -> list[Effect]:  # noqa: PLR0911 - a return for each type of state
        state, data, context = frame.here, self._data(frame), self._context(frame)
        kind = state["Type"]
        if kind == "Task":
            return self._task(frame, data)
        if kind == "Wait":
            until = waits.end(state, data, context, self._now())
            return self._sleep(frame, until, calendar=waits.by_calendar(state))
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

    def _task(self, frame: Frame, data: Any) -> list[Effect]:
        state = frame.here
        if state["Resource"] == asl.WITH_TOKEN:
            frame.token = f"{self.name}:{self._token()}"
        asked = state["Parameters"]
        given = {name: value for name, value in asked.items() if name.startswith("Payload")}
        payload = paths.fill(given, data, self._context(frame)).get("Payload")
        if "TimeoutSeconds" in state:
            frame.timeout = self._now() + state["TimeoutSeconds"]
        if "HeartbeatSeconds" in state:
            frame.heartbeat = self._now() + state["HeartbeatSeconds"]
        return [Call(frame, frame.visit, asl.function(asked), payload), *self._watch(frame)]

    def _watch(self, frame: Frame) -> list[Effect]:
        left = frame.left(self._lived).values()
        return [Watch(frame, frame.visit, self._now() + min(left))] if left else []

    def _sleep(self, frame: Frame, until: float, *, calendar: bool = False) -> list[Effect]:
        frame.wake, frame.since = until, 0.0 if calendar else self._now()
        return [Sleep(frame, frame.visit, until)]

    def _map(self, frame: Frame, data: Any) -> list[Effect]:
        processor = frame.here["ItemProcessor"]
        items = paths.find(frame.here.get("ItemsPath", "$"), data, self._context(frame))
        if not isinstance(items, list):
            return self._error(frame, errors.RUNTIME, f"{frame.state}: ItemsPath does not lead to a list")
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
        frame.turn_away()
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
        frame.turn_away()
        for branch in frame.branches:
            branch.bury()
        frame.branches = []
        for number, retrier in enumerate(frame.here.get("Retry", ())):
            if errors.matches(retrier, error):
                used = frame.retries.get(str(number), 0)
                if used < retrier.get("MaxAttempts", 3):
                    frame.retries[str(number)] = used + 1
                    return self._sleep(frame, self._now() + errors.delay(retrier, used, self._chance))
                break
        for catcher in frame.here.get("Catch", ()):
            if errors.matches(catcher, error):
                caught = {"Error": error, "Cause": cause}
                return self._go(frame, catcher["Next"], paths.place(caught, catcher.get("ResultPath", "$"), frame.data))
        if frame.parent is None:
            return [Over(error=error, cause=cause)]
        return self._error(frame.parent, error, cause)

    def _data(self, frame: Frame) -> Any:
        return frame.through("InputPath", frame.data, self._context(frame))

    def _out(self, frame: Frame, data: Any) -> Any:
        return frame.through("OutputPath", data, self._context(frame))

    def _context(self, frame: Frame) -> dict[str, Any]:
        return {"Execution": {"Id": self.name, "Name": self.name, "Input": self._input}, **frame.context}
