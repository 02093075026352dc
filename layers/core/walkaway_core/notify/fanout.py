"""From one event to its deliveries: the endpoints that want it, and the address that the turn has of its own."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from walkaway_core.notify import deliveries, endpoints, payloads
from walkaway_core.notify.deliveries import Delivery
from walkaway_core.store import outbox
from walkaway_core.store.outbox import Told
from walkaway_core.store.services import Services
from walkaway_wire.webhooks import TEST

OF_A_TURN = (outbox.AWAITING, *outbox.ENDED.values())
"""What a turn's own address is told."""


def fan_out(services: Services, kind: str, detail: Mapping[str, Any]) -> None:
    """Write a delivery for each address that is to be told; may be repeated."""
    told = Told.read(kind, detail)
    wanting = [found for found in endpoints.everyone(services, told.tenant) if found.wants(kind)]
    if not wanting and kind not in OF_A_TURN:
        return
    turn = payloads.subject(services, told)
    body = cache(lambda format_: payloads.body(services, format_, told, turn))
    for endpoint in wanting:
        deliveries.put(services, told, endpoint.id, body(endpoint.format))
    if turn and turn.hook and kind in OF_A_TURN:
        deliveries.put(services, told, told.turn, body(turn.hook.format), turn.hook)


def test(services: Services, tenant: str, id_: str) -> Delivery:
    """Send an endpoint something that has not happened. Raises WebhookNotFound."""
    endpoint = endpoints.get(services, tenant, id_)
    about = {"message": "This is a test; nothing has happened"}
    told = Told(services.ids.new("evt_"), TEST, tenant, "", "", 0, services.clock.now(), about)
    deliveries.put(services, told, id_, payloads.body(services, endpoint.format, told, None))
    return deliveries.get(services, tenant, id_, told.id)
