"""A step that has begun: what an invocation knows of it, a model call under way, and what it costs."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.agent import prices
from walkaway_core.doors.watch import watched
from walkaway_core.log.log import Writer
from walkaway_core.ports import pace
from walkaway_core.ports.model import Answer, ModelCall
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import TOKENS, USAGE, Turn


@dataclass(frozen=True, slots=True)
class Remedies:
    """What is done otherwise since the service has refused this step.

    `bare`: no earlier thinking is sent back. `shorter`: what is old becomes a summary, though it seemed to fit.
    """

    bare: bool = False
    shorter: bool = False


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that this invocation has begun: it appends as `writer`, from `number` on, and has time up to `until`."""

    turn: Turn
    session: Session
    settings: AgentSettings
    step: int
    writer: Writer
    number: int
    until: float
    remedies: Remedies = Remedies()

    def costing(self, cost: int) -> "OpenStep":
        """The same, when turn and session have cost so much more, in millionths of a US dollar."""
        turn, session = self.turn, self.session
        turn = replace(turn, cost=None if turn.cost is None else turn.cost + cost)
        return replace(self, turn=turn, session=replace(session, cost=session.cost + cost))


@contextmanager
def under_way(
    services: Services, begun: OpenStep, call: ModelCall
) -> Iterator[Generator[tuple[str, dict[str, Any]], None, None]]:
    """Open a call's events. It is closed behind them, or when the turn is over."""
    try:
        with watched(services, begun.turn, call, begun.until), closing(call.events()) as events:
            pace.waits()
            yield events
    finally:
        call.close()


def spend(tx: Transaction, begun: OpenStep, answer: Answer) -> tuple[dict[str, int], int]:
    """Count what a call has used, on the turn and on its session; give the usage, and the cost."""
    usage = {name: answer.usage.get(name, 0) for name in USAGE if name in TOKENS or answer.usage.get(name)}
    cost = prices.cost(begun.settings.model, usage)
    if cost and not prices.is_billed(answer.stop_reason, usage, answer.refusal.get("category", "")):
        cost = 0
    tx.change(begun.turn.key.item, set={"unpriced": True} if cost is None else {}, add=usage | {"cost": cost or 0})
    if cost:
        tx.change(begun.turn.key.owner.item, add={"cost": cost})
    return usage, cost or 0
