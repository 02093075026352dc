"""What the bus, webhooks and the feed are told of schedules."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.ports.items import Item
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import outbox
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction


def of_firing(
    services: Services,
    tx: Transaction,
    schedule: Schedule,
    firing: Firing,
    kind: str,
    *,
    now: Mapping[str, Any] | None = None,
) -> Item:
    """Tell what has become of a firing; `now`: what its record says by then, if that changes with it."""
    facts = {**firing.facts, **(now or {})}
    error = {"code": facts["code"], "message": facts["error"]} if "code" in facts else None
    more = {
        "firing_id": firing.id,
        "firing": {
            "scheduled_at": firing.scheduled,
            "trigger": firing.trigger,
            "outcome": facts["outcome"],
            "count": firing.count,
            "session_id": facts.get("session"),
            "response_id": facts.get("turn"),
            "error": error,
        },
    }
    return _tell(services, tx, schedule, kind, more)


def of_pause(services: Services, tx: Transaction, schedule: Schedule, reason: Mapping[str, Any]) -> Item:
    """Tell that it is paused, and why."""
    return _tell(services, tx, schedule, outbox.PAUSED, {"reason": dict(reason)})


def _tell(services: Services, tx: Transaction, schedule: Schedule, kind: str, more: Mapping[str, Any]) -> Item:
    about = {"schedule_id": schedule.id, "schedule": schedule.name}
    id_ = services.ids.new("evt_")
    return outbox.put(
        tx, services, Notice(id_, kind, schedule.tenant, "", "", 0, services.clock.now(), {**about, **more})
    )
