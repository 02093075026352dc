"""Whoever ends what a schedule has begun has others act on that end, by a due item in the transaction that ends it.

The firing that waits for it begins; a schedule none of whose turns will do better is paused. What waits is looked at
now and then all the same: it may come to wait in the moment beside the very end of that.
"""

from walkaway_core.ports.model import ModelUnknown
from walkaway_core.schedules import places
from walkaway_core.store import due
from walkaway_core.store.extensions import Projection
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_facts import OVER
from walkaway_core.store.turns import Turn

HOPELESS = {ModelUnknown.code}
"""The codes of turns behind which the next one of the same schedule would end just so."""


class Waking(Projection):
    """Has what waits for the end of a schedule's turn begin behind it, and the schedule paused if that was hopeless."""

    def turn_moved(self, services: Services, tx: Transaction, before: Turn, after: Turn) -> None:
        """A turn ends."""
        schedule = after.facts.get("schedule")
        if not isinstance(schedule, str) or after.status not in OVER or before.status in OVER:
            return
        if after.code in HOPELESS:
            detail = {"tenant": after.key.tenant, "schedule": schedule}
            turn = {"session": after.key.session, "turn": after.key.turn}
            due.watch(tx, services.clock.now(), "wake", after.key.turn, {**detail, **turn})
        else:
            wake(services, tx, after.key.tenant, schedule)


def wake(services: Services, tx: Transaction, tenant: str, schedule: str) -> None:
    """Have the schedule's firing that has waited longest looked at now, if one waits."""
    if services.table.query(places.open_firing(tenant, schedule, "")[0], limit=1).items:
        due.watch(tx, services.clock.now(), "wake", schedule, {"tenant": tenant, "schedule": schedule})
