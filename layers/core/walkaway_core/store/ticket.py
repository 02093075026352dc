"""The ticket: the small JSON that the state machine passes on (docs/architecture.md#tickets): ids, never content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from walkaway_core.store.keys import TurnKey

Next = Literal["call_model", "wait", "tool", "tools", "ask", "continue", "done", "over"]

HISTORY_BUDGET = 15_000
"""Step Functions ends an execution at 25,000 history events; calling the model, for one step or for several, writes
about 12, a tool call or an end 8, a pause 10, an attempt behind which the machine waits 9 (a task 5, a Choice 2, a Wait
2)."""
MODEL_HISTORY = 12
CALL_HISTORY = 8
FINISH_HISTORY = 8
PAUSE_HISTORY = 10
WAIT_HISTORY = 9


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a turn stands. `step` is the last one that was committed, `calls` what can be run now of its tool calls."""

    tenant: str
    session: str
    turn: str
    execution: int
    step: int = 0
    history: int = 0
    next: Next = "call_model"
    calls: tuple[int, ...] = ()
    waits: bool = False
    """Whether other calls of the step wait for the caller."""
    call: int | None = None
    """Which of the calls this is about, for RunTool."""
    failure: tuple[str, str] | None = None
    """Code and sentence of what makes the turn fail."""
    seconds: int | None = None
    """How long the machine is to wait before it calls the model again; only where that is `next`."""
    line: bool | None = None
    """Whether RunTool's state tries again when its tenant has no place for the call; those of 0.1.0 do not say so."""
    ways: int | None = None
    """2: the execution's states have ways to `wait`, to `ask`, and back to `call_model`; 3: to one `tool` as well. They
    say so themselves; those of 0.1.0 say nothing, and have none of these."""
    number: int | None = None
    """Where the turn's log ended when this was written, so that whoever appends need not look first."""

    @property
    def key(self) -> TurnKey:
        """The turn it is about."""
        return TurnKey(self.tenant, self.session, self.turn)

    @property
    def free(self) -> bool:
        """Whether the execution's states let a turn go as far as it can in one go."""
        return self.ways is not None and self.ways >= 2

    @property
    def single(self) -> bool:
        """Whether the execution's states have a way to a single call, which may be tried again for want of a place."""
        return self.ways is not None and self.ways >= 3

    @property
    def spent(self) -> bool:
        """Whether the next step belongs into a new execution."""
        return self.history >= HISTORY_BUDGET

    def go(self, to: Next) -> "Ticket":
        """The same ticket with another way to go."""
        return replace(self, next=to, calls=(), waits=False, seconds=None, call=None, line=None, number=None)

    def run(self, calls: Sequence[int], *, waits: bool, number: int | None) -> "Ticket":
        """Let the machine run calls of the step, while others of it wait for the caller; one without a map."""
        if self.single and len(calls) == 1:
            return replace(self.go("tool"), call=calls[0], line=True, waits=waits, number=number)
        return replace(self.go("tools"), calls=tuple(calls), waits=waits)

    def wait(self, seconds: int) -> "Ticket":
        """Let the machine wait, and take the same step again."""
        return replace(self.go("wait"), seconds=seconds, history=self.history + WAIT_HISTORY)

    def fail(self, code: str, sentence: str) -> "Ticket":
        """Go to the end, and end badly."""
        return replace(self.go("done"), failure=(code, sentence))

    def json(self) -> dict[str, Any]:
        """The ticket as the state machine carries it."""
        values = {name: getattr(self, name) for name in self.__slots__}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Ticket":
        """Read a ticket; what the state machine has added to it is left out."""
        known = {name: data[name] for name in cls.__slots__ if name in data}
        known["calls"] = tuple(known.get("calls", ()))
        if "failure" in known:
            known["failure"] = tuple(known["failure"])
        return cls(**known)
