"""When somebody looks at a schedule next: at its first time to come, or where it has ended when it is to go."""

from walkaway_core.ports.items import Fact, Is
from walkaway_core.schedules import places, schedules
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import due
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction


def watch(services: Services, tx: Transaction, schedule: Schedule, passed: int) -> dict[str, Fact]:
    """Have somebody look at a schedule at its first time behind `passed`; without one it has ended, and is kept."""
    following = next(schedule.plan.after(passed), None)
    if following is None:
        return ends(services, tx, schedule)
    at = following + schedule.plan.late(schedule.id, following, schedule.policy.jitter)
    return {"due": due.move(tx, schedule.due, at, "schedule", schedule.id, schedule.detail)}


def ends(services: Services, tx: Transaction, schedule: Schedule) -> dict[str, Fact]:
    """Let a schedule end: it can be looked at for a while, and then goes."""
    at = services.clock.now() + schedules.KEPT
    return {"state": "ended", "due": due.move(tx, schedule.due, at, "schedule", schedule.id, schedule.detail)}


def remove(tx: Transaction, schedule: Schedule) -> None:
    """Take a schedule away, with its name; firings and sessions stay."""
    tx.delete(places.schedule(schedule.tenant, schedule.id), Is("version", schedule.version))
    if schedule.due:
        due.drop(tx, schedule.id, schedule.due)
    if schedule.readable and schedule.name:
        tx.delete(places.schedule_name(schedule.tenant, schedule.name))
