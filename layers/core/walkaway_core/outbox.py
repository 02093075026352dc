"""The outbox: what the bus must be told, written with what it tells of, so that no crash lies between the two."""

from walkaway_core import due
from walkaway_core.items import Delete, Item, Put
from walkaway_core.services import Services
from walkaway_core.turns import Turn
from walkaway_wire import jsontext

KINDS = {"completed": "turn.completed", "failed": "turn.failed", "cancelled": "turn.cancelled"}


def put(services: Services, turn: Turn, status: str) -> Put:
    """Write, as a due item of now, that a turn has ended."""
    key = turn.key
    detail = {"kind": KINDS[status], "tenant": key.tenant, "session_id": key.session, "response_id": key.turn}
    return due.put(services.clock.now(), "outbox", key.turn, detail)


def send(services: Services, item: Item) -> None:
    """Tell the bus and forget the item. Repeated by the sweep when this process dies in between."""
    detail = jsontext.loads(item.body)
    services.bus.publish(detail.pop("kind"), detail)
    services.table.write(Delete(item.pk, item.sk))
