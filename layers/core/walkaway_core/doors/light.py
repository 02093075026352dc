"""A step's light calls: carried out by the invocation that has called the model, under the journal of every call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from walkaway_core.agent.tools import tool
from walkaway_core.agent.tools.tool import Result
from walkaway_core.doors.open_step import OpenStep
from walkaway_core.doors.tool_call import ToolCall
from walkaway_core.engine.executions import Current
from walkaway_core.log import log
from walkaway_core.log.log import Draft, Superseded, Writer
from walkaway_core.ports.items import Refused
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

MOST = 8
"""How many calls of a step are carried out here; the others go to the machine, which runs them side by side."""


def pick(services: Services, begun: OpenStep, answer: Mapping[str, Any], now: Sequence[int]) -> list[ToolCall]:
    """Choose those of an answer's calls that are carried out here; none where the session wants each by itself."""
    if not begun.settings.inline_tools:
        return []
    current = Current(begun.turn, begun.session, begun.settings)
    calls = [ToolCall(services, current, answer, (begun.step, index), begun.writer.nonce) for index in now]
    return [call for call in calls if call.light][:MOST]


def claim(tx: Transaction, calls: Sequence[ToolCall]) -> list[Draft]:
    """Claim calls in the transaction that makes their answer part of the conversation; give the events about it."""
    return [call.begin(tx, tool.LIGHT_SECONDS * (len(calls) + 1)) for call in calls]


@dataclass(frozen=True, slots=True)
class Results:
    """What came of calls, and is to be written: with the next step's beginning, or by itself.

    `step` is the step that made them, as its invocation left it.
    """

    services: Services
    step: OpenStep
    ended: Sequence[tuple[ToolCall, Result]] = ()

    def write(self, tx: Transaction) -> list[Draft]:
        """Write them into a transaction; give the events about it."""
        return [draft for call, result in self.ended for draft in call.end(tx, result)]

    def commit(self) -> int:
        """Write them by themselves, and say where the log ends.

        Raises Superseded when somebody else has one of the calls, or the turn is over.
        """
        if not self.ended:
            return self.step.number
        tx, key = Transaction(self.services.table), self.step.turn.key
        writer = Writer(key, log.tools_era(self.step.step), self.step.writer.nonce)
        drafts = self.write(tx)
        try:
            return log.append(self.services, writer, self.step.number, drafts, *tx)
        except Refused:
            raise Superseded from None


def run(services: Services, step: OpenStep, calls: Sequence[ToolCall]) -> Results:
    """Carry out what was claimed, one after the other. Raises Superseded when a call is no longer ours."""
    return Results(services, step, [(call, call.carry_out()) for call in calls])
