"""What a schedule began last, a turn or the deleting of sessions: whether it goes on, how it ended, how to stop it."""

from contextlib import suppress
from dataclasses import dataclass

from walkaway_core.engine import ending
from walkaway_core.errors import NotFound
from walkaway_core.schedules import firings, pruning
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.turn_facts import OVER


@dataclass(frozen=True, slots=True)
class Last:
    """It by its id, the turn's or the firing's; `by`: the firing that began it.

    `waits`: it has its place in a session's queue, and has not begun.
    """

    id: str
    by: str
    over: bool
    failed: bool
    waits: bool = False
    turn: TurnKey | None = None
    firing: Firing | None = None

    @property
    def called(self) -> str:
        """Say which it is."""
        return f"The turn {self.id}" if self.turn else f"The deleting of {self.id}"

    def stop(self, services: Services) -> None:
        """Let it go on no more."""
        if self.turn:
            with suppress(NotFound):
                ending.cancel(services, self.turn)
        if self.firing:
            pruning.stop(services, self.firing)


def load(services: Services, schedule: Schedule) -> Last | None:
    """Read what a schedule began last; None where it was nothing, or is gone."""
    if name := schedule.text("pruning"):
        firing = firings.load(services, schedule.tenant, schedule.id, name)
        if firing is None:
            return None
        return Last(name, name, not pruning.goes_on(firing), firing.text("pruning") == "failed", firing=firing)
    if not schedule.text("turn"):
        return None
    key = TurnKey(schedule.tenant, schedule.text("session"), schedule.text("turn"))
    turn = turns.load(services, key)
    if turn is None:
        return None
    by, status = str(turn.facts.get("firing")), turn.status
    return Last(key.turn, by, status in OVER, status == "failed", waits=status == "queued", turn=key)
