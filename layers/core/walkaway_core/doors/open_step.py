"""A step that has begun: what an invocation knows of it, a model call under way, and what it costs."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from walkaway_core.agent import prices
from walkaway_core.doors.watch import Watched, watched
from walkaway_core.log.log import Draft, Writer
from walkaway_core.log.transcript import Entry
from walkaway_core.ports import pace
from walkaway_core.ports.metrics import Metric
from walkaway_core.ports.model import Answer, ModelCall
from walkaway_core.store import turns
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
    """A step that this invocation has begun: it appends as `writer`, from `number` on, up to `until` (monotonic)."""

    turn: Turn
    session: Session
    settings: AgentSettings
    step: int
    writer: Writer
    number: int
    until: float
    remedies: Remedies = Remedies()
    free: bool = False
    """Whether the turn goes on from here by itself, as far as it can."""
    entries: Sequence[Entry] = ()
    """What has been read of the conversation, by this step or one before it: the whole of it up to there."""
    unsent: Sequence[Draft] = ()
    """The last events of its stream, which are written with its answer."""
    measured: Mapping[Metric, float] = field(default_factory=dict)
    """What is known of the answer's time, to be kept once the answer is."""

    def after(self, tx: Transaction, cost: int) -> "OpenStep":
        """The same, behind a transaction by which turn and session have cost so much more (`spend`)."""
        session = replace(self.session, cost=self.session.cost + cost)
        return replace(self, turn=turns.after(tx, self.turn), session=session)


@contextmanager
def under_way(
    services: Services, begun: OpenStep, call: ModelCall, heard: Callable[[], float] = float
) -> Iterator[Generator[tuple[str, dict[str, Any]], None, None]]:
    """Open a call's events. It is closed behind them, or when the turn is over.

    `heard` says when the log has last shown that the turn was not (time.monotonic), for calls whose events go there.
    """
    try:
        with watched(services, Watched(begun.turn, call, begun.until, heard)), closing(call.events()) as events:
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
