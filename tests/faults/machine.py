"""Carries out the deployed state machine file one move at a time; workers die, sleep and are called twice on demand."""

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.kit.faulty import Crashed
from walkaway_core.doors import DOORS
from walkaway_core.ports.items import Write
from walkaway_local.machine import asl
from walkaway_local.machine.execution import Execution
from walkaway_local.machine.frames import Call, Effect, Sleep
from walkaway_local.stack import definition
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from tests.faults.world import World

DEFINITION = asl.load(definition())
TIMEOUT = 900.0
"""Seconds after which the machine gives a task up, as the file says."""


@dataclass
class Delivery:
    """An invocation that is under way."""

    name: str
    execution: Execution
    call: Call


class Machine:
    """Machine: does nothing by itself; a test moves it.

    `deaths` says of which invocations, from 1, the worker dies before or after it works; `starts` and `resumes` of
    which starts and resumes the answer is lost, before or after their effect; `again[n]` which earlier invocations come
    once more in front of the n-th; `twice` which come twice; `before` what happens in front of them; `during` what
    happens in which Wait state, from 1, a moment before its end.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self._live: dict[str, Execution] = {}
        self.names: set[str] = set()
        self._todo: deque[tuple[str, Effect]] = deque()
        self._working: list[Delivery] = []
        self.invoked: list[tuple[str, Mapping[str, Any]]] = []
        self.started = 0
        self.before: dict[int, Callable[[], object]] = {}
        self.deaths: dict[int, str] = {}
        self.starts: dict[int, str] = {}
        self.resumed = 0
        self.resumes: dict[int, str] = {}
        self.again: dict[int, int] = {}
        self.twice: Callable[[int], bool] = lambda _: False
        self.waited = 0
        self.during: dict[int, Callable[[], object]] = {}

    def claims(self, _: str, __: Mapping[str, Any]) -> tuple[Write, ...]:
        return ()

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        self.started += 1
        trouble = self.starts.pop(self.started, "")
        if trouble == "before":
            raise ConnectionError("the start was lost")
        if name not in self.names:
            self.names.add(name)
            self._live[name] = Execution(DEFINITION, name, dict(ticket), self._world.clock.now, chance=lambda: 0.5)
            self._follow(name, self._live[name].begin())
        if trouble:
            raise ConnectionError("the answer was lost")

    def attending(self) -> AbstractContextManager[None]:
        return nullcontext()

    def stop(self, name: str) -> None:
        if execution := self._live.pop(name, None):
            execution.root.bury()

    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        self.resumed += 1
        trouble = self.resumes.pop(self.resumed, "")
        if trouble == "before":
            raise ConnectionError("the resume was lost")
        execution = self._live.get(token.rpartition(":")[0])
        frame = execution.root.waiting(token) if execution else None
        if execution and frame:
            self._follow(execution.name, execution.resumed(frame, dict(ticket)))
        if trouble:
            raise ConnectionError("the answer was lost")
        return frame is not None

    def move(self) -> bool:
        """Do one thing; False when there is nothing to do."""
        if not self._todo:
            return False
        name, effect = self._todo.popleft()
        execution = self._live.get(name)
        if execution is None:
            return True
        if isinstance(effect, Sleep):
            if effect.frame.here["Type"] == "Wait":
                self._waits(effect.until)
            self._world.clock.time = max(self._world.clock.time, effect.until)
            self._follow(name, execution.woken(effect.frame, effect.visit))
        elif isinstance(effect, Call):
            self._working.append(Delivery(name, execution, effect))
            try:
                self._follow(name, self._invoke(execution, effect))
            finally:
                self._working.pop()
        return True

    def _waits(self, until: float) -> None:
        """Let time pass in a Wait state, up to a moment before its end, and what is to happen in it."""
        self.waited += 1
        self._world.clock.time = max(self._world.clock.time, until - 1)
        if act := self.during.pop(self.waited, None):
            act()

    def give_up(self) -> None:
        """Let the task that is under way time out, as if its worker slept; another invocation will follow."""
        if self._working:
            now = self._working[-1]
            self._world.clock.time += TIMEOUT
            self._follow(now.name, now.execution.failed(now.call.frame, now.call.visit, "States.Timeout", "too slow"))

    def forget(self) -> None:
        """Lose the execution whose invocation is under way, and tell nobody."""
        if self._working:
            self.stop(self._working[-1].name)

    def repeat(self) -> None:
        """Deliver the invocation that is under way once more, at the same time."""
        if self._working:
            self.door(self._working[-1].call.function, self._working[-1].call.payload)

    def deliver(self, number: int) -> None:
        """Let an invocation, from 1, come once more; nobody waits for its answer."""
        self.door(*self.invoked[number - 1])

    def door(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Call a door with a payload of its own."""
        return DOORS[function](self._world.services, jsontext.loads(jsontext.dumps(payload)))

    def _invoke(self, execution: Execution, call: Call) -> list[Effect] | None:
        self.invoked.append((call.function, call.payload))
        number = len(self.invoked)
        death = self.deaths.pop(number, "")
        try:
            if number in self.before:
                self.before.pop(number)()
            if number in self.again:
                self.deliver(self.again.pop(number))
            if death != "before":
                result = self.door(call.function, call.payload)
            if self.twice(number):
                result = self.door(call.function, call.payload)
            _live_on(not death)
        except Crashed:
            self._world.table.revive()
            return execution.failed(call.frame, call.visit, "Lambda.Unknown", "the worker died")
        except Exception as error:  # noqa: BLE001 - the file's Retry and Catch decide
            return execution.failed(call.frame, call.visit, type(error).__name__, str(error))
        return execution.succeeded(call.frame, call.visit, {"Payload": result})

    def _follow(self, name: str, effects: list[Effect] | None) -> None:
        self._todo.extend((name, effect) for effect in effects or ())


def _live_on(alive: bool) -> None:  # noqa: FBT001
    if not alive:
        raise Crashed
