"""Whoever ends what a schedule has begun wakes the firing that waits for that, in the transaction that ends it.

What waits is looked at now and then all the same: it may come to wait in the moment beside the very end of that.
"""

from walkaway_core.schedules import places
from walkaway_core.store import due
from walkaway_core.store.extensions import Projection
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_facts import OVER
from walkaway_core.store.turns import Turn


class Waking(Projection):
    """Has what waits for the end of a schedule's turn begin behind it."""

    def turn_moved(self, services: Services, tx: Transaction, before: Turn, after: Turn) -> None:
        """A turn ends."""
        schedule = after.facts.get("schedule")
        if isinstance(schedule, str) and after.status in OVER and before.status not in OVER:
            wake(services, tx, after.key.tenant, schedule)


def wake(services: Services, tx: Transaction, tenant: str, schedule: str) -> None:
    """Have the schedule's firing that has waited longest looked at now, if one waits."""
    if services.table.query(places.open_firing(tenant, schedule, "")[0], limit=1).items:
        due.watch(tx, services.clock.now(), "wake", schedule, {"tenant": tenant, "schedule": schedule})
