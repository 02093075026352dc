"""Where an execution stands, and the effects that a move asks of the driver."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from walkaway_local.machine import paths
from walkaway_local.machine.asl import State

Lived = Callable[[float], float]
"""Says how many seconds since a time were lived (`Clock.lived`)."""


@dataclass(eq=False, slots=True)
class Frame:
    """A thread of control: the whole execution, or one item of a Map."""

    states: Mapping[str, State]
    state: str
    data: Any
    parent: "Frame | None" = None
    item: tuple[int, Any] | None = None
    retries: dict[str, int] = field(default_factory=dict)
    wake: float = 0.0
    since: float = 0.0
    """When it began to wait for `wake`; 0 where that is a time of the calendar."""
    token: str = ""
    """The task token that a task waits for, if it does."""
    handed: bool = False
    """Whether the task's function has taken the token."""
    timeout: float = 0.0
    heartbeat: float = 0.0
    """When the task that runs here is given up, and when for want of a heartbeat; 0 is never."""
    branches: "list[Frame]" = field(default_factory=list)
    output: list[Any] = field(default_factory=list)
    """Its one output, once it has ended."""
    visit: int = 0
    """Counts entries into states, so that an answer to an earlier call is known as late."""
    alive: bool = True
    entered: bool = False
    untime: Callable[[], None] | None = None
    """Cancels the timer that the driver has set for this visit, if it has: a timer ends with the state that set it."""

    @property
    def here(self) -> State:
        """The state that it is in."""
        return self.states[self.state]

    def left(self, lived: Lived) -> dict[str, float]:
        """Seconds that are left of each limit of the task that runs here, whatever the clock is set to meanwhile."""
        limits = {"TimeoutSeconds": self.timeout, "HeartbeatSeconds": self.heartbeat}
        return {name: _left(lived, self.here[name], at) for name, at in limits.items() if at and name in self.here}

    def asleep(self, now: float, lived: Lived) -> float:
        """Seconds until it wakes: by the calendar, and for no longer than it was to sleep."""
        left = self.wake - now
        return min(left, _left(lived, self.wake - self.since, self.wake)) if self.since else left

    @property
    def context(self) -> dict[str, Any]:
        """What the context object says of this thread of control."""
        context: dict[str, Any] = {"State": {"Name": self.state}}
        if self.token:
            context["Task"] = {"Token": self.token}
        if self.item is not None:
            context["Map"] = {"Item": {"Index": self.item[0], "Value": self.item[1]}}
        return context

    def through(self, field: str, data: Any, context: Mapping[str, Any]) -> Any:
        """Narrow data by the state's InputPath or OutputPath. Raises paths.Missing."""
        path = self.here.get(field, "$")
        return {} if path is None else paths.find(path, data, context)

    def waiting(self, token: str) -> "Frame | None":
        """Find the task that waits for a token, here or in a branch."""
        if self.alive and self.token == token:
            return self
        return next((frame for branch in self.branches if (frame := branch.waiting(token))), None)

    def current(self, visit: int) -> bool:
        """Whether what belongs to this visit still counts."""
        return self.alive and self.visit == visit

    def turn_away(self) -> None:
        """Take no more answers to what was under way here, neither from a call nor for a token, nor from a timer."""
        self.visit += 1
        self._untimed()
        self.token, self.handed, self.timeout, self.heartbeat = "", False, 0.0, 0.0

    def bury(self) -> None:
        """Let nothing follow from whatever is under way here."""
        self.alive = False
        self._untimed()
        for branch in self.branches:
            branch.bury()

    def _untimed(self) -> None:
        if self.untime:
            self.untime()
            self.untime = None

    def json(self) -> dict[str, Any]:
        """Where it stands, for the store."""
        return {
            "state": self.state,
            "data": self.data,
            "item": self.item,
            "retries": self.retries,
            "wake": self.wake,
            "since": self.since,
            "token": self.token,
            "handed": self.handed,
            "timeout": self.timeout,
            "heartbeat": self.heartbeat,
            "branches": [branch.json() for branch in self.branches],
            "output": self.output,
        }

    @classmethod
    def read(cls, states: Mapping[str, State], stored: Mapping[str, Any], parent: "Frame | None" = None) -> "Frame":
        """Make a frame again from what was stored."""
        item = stored["item"]
        frame = cls(states, stored["state"], stored["data"], parent, tuple(item) if item else None)
        frame.retries, frame.wake, frame.output = dict(stored["retries"]), stored["wake"], stored["output"]
        frame.token, frame.handed = stored["token"], stored["handed"]
        frame.timeout, frame.heartbeat = stored["timeout"], stored["heartbeat"]
        frame.since = stored.get("since", 0.0)  # records of earlier releases have none
        if stored["branches"]:
            inner = frame.here["ItemProcessor"]["States"]
            frame.branches = [cls.read(inner, branch, frame) for branch in stored["branches"]]
        return frame


def _left(lived: Lived, seconds: float, at: float) -> float:
    """Seconds that are left of so many, which by the calendar are over at `at`; to the millisecond."""
    return round(seconds - lived(at - seconds), 3)


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function; answer with `succeeded` or `failed`."""

    frame: Frame
    visit: int
    function: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Watch:
    """Call `looked` at this time: a task may have taken too long."""

    frame: Frame
    visit: int
    until: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """Call `woken` at this time."""

    frame: Frame
    visit: int
    until: float


@dataclass(frozen=True, slots=True)
class Over:
    """The execution has ended, with an output or an error."""

    output: Any = None
    error: str = ""
    cause: str = ""


Effect = Call | Watch | Sleep | Over
