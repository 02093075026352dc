"""What an agent is told by a schedule: its message, in which some names stand for what is so then."""

import re
from collections.abc import Mapping
from typing import Any

from walkaway_core.agent import attachments
from walkaway_core.agent.attachments import Attachment, Block
from walkaway_core.ports.items import Item
from walkaway_core.schedules import zones
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_wire import jsontext

LIFE = 7 * 86_400
"""Seconds that a session of a schedule's lives, unless it says otherwise: one can still look at it days later."""
VARIABLE = re.compile(r"\{\{\s*(scheduled_at|previous_at|schedule|firing)\s*\}\}")


def fill(schedule: Schedule, firing: Firing) -> str:
    """Put what is so into the message; other names in braces stay as they are."""
    values = {
        "scheduled_at": _shown(schedule, firing.scheduled),
        "previous_at": _shown(schedule, firing.number("previous")) if "previous" in firing.facts else "",
        "schedule": schedule.name or schedule.id,
        "firing": firing.id,
    }
    message = firing.text("message") or str(schedule.asked["message"])
    return VARIABLE.sub(lambda found: values[found.group(1)], message)


def attached(schedule: Schedule) -> list[Attachment]:
    """Say what goes with the message."""
    return [Attachment(**each) for each in schedule.asked["attachments"]]


def content(
    services: Services, key: SessionKey, options: SessionOptions, schedule: Schedule, firing: Firing
) -> list[Block]:
    """Say the first message of a session that is about to be made; what goes with it is read as that session would.

    Raises what attachments do.
    """
    item = Item(*key.item, sessions.NEEDS, jsontext.dump_bytes(options.body))
    blocks = attachments.blocks(services, sessions.unpack(key, item), attached(schedule))
    return [*blocks, {"type": "text", "text": fill(schedule, firing)}]


def webhook(schedule: Schedule) -> TurnWebhook | None:
    """Give the address that is told of each turn."""
    url = str(schedule.asked["webhook_url"])
    return TurnWebhook(url) if url else None


def session(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Say what the session of a turn is to be like."""
    said = asked["session"] if isinstance(asked["session"], dict) else {}
    agent = {"agent": asked["agent"]} if asked["agent"] else {}
    return {"persistent": True, "ttl": LIFE, **said, **agent}


def _shown(schedule: Schedule, at: int) -> str:
    """Say a time as ISO 8601 in the schedule's zone."""
    return zones.local(at, schedule.plan.zone).isoformat()
