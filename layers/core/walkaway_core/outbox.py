"""The outbox: what the bus must be told, written with what it tells of, so that no crash lies between the two."""

from walkaway_core import due
from walkaway_core.items import Delete, Item, Put
from walkaway_core.services import Services
from walkaway_core.turns import Turn
from walkaway_wire import jsontext

KINDS = {"completed": "turn.completed", "failed": "turn.failed", "cancelled": "turn.cancelled"}
SWEPT_AFTER = 10.0
"""Seconds that whoever wrote the item has for telling the bus; then the sweep does it."""


def put(services: Services, turn: Turn, status: str) -> Put:
    """Write, as a due item, that a turn has ended."""
    key = turn.key
    detail = {"kind": KINDS[status], "tenant": key.tenant, "session_id": key.session, "response_id": key.turn}
    return due.put(services.clock.now() + SWEPT_AFTER, "outbox", key.turn, detail)


def send(services: Services, item: Item) -> None:
    """Tell the bus and forget the item. Repeated by the sweep when this process dies in between."""
    detail = jsontext.loads(item.body)
    services.bus.publish(detail.pop("kind"), detail)
    services.table.write(Delete(item.pk, item.sk))
