"""Where an execution stands, and the effects that a move asks of the driver."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walkaway_local.machine.asl import State


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
    branches: "list[Frame]" = field(default_factory=list)
    output: list[Any] = field(default_factory=list)
    """Its one output, once it has ended."""
    visit: int = 0
    """Counts entries into states, so that an answer to an earlier call is known as late."""
    alive: bool = True
    entered: bool = False

    @property
    def here(self) -> State:
        """The state that it is in."""
        return self.states[self.state]

    def json(self) -> dict[str, Any]:
        """Where it stands, for the store."""
        return {
            "state": self.state,
            "data": self.data,
            "item": self.item,
            "retries": self.retries,
            "wake": self.wake,
            "branches": [branch.json() for branch in self.branches],
            "output": self.output,
        }

    @classmethod
    def read(cls, states: Mapping[str, State], stored: Mapping[str, Any], parent: "Frame | None" = None) -> "Frame":
        """Make a frame again from what was stored."""
        item = stored["item"]
        frame = cls(states, stored["state"], stored["data"], parent, tuple(item) if item else None)
        frame.retries, frame.wake, frame.output = dict(stored["retries"]), stored["wake"], stored["output"]
        if stored["branches"]:
            inner = frame.here["ItemProcessor"]["States"]
            frame.branches = [cls.read(inner, branch, frame) for branch in stored["branches"]]
        return frame


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function; answer with `succeeded` or `failed`."""

    frame: Frame
    visit: int
    function: str
    payload: Any
    timeout: float | None


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


Effect = Call | Sleep | Over
