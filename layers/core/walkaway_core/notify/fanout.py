"""From one event to its deliveries: the endpoints that want it, and the address that the turn has of its own."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from walkaway_core.notify import deliveries, endpoints
from walkaway_core.notify.deliveries import Delivery
from walkaway_core.ports import subject
from walkaway_core.store import outbox, turns
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext
from walkaway_wire.webhooks import TEST

OF_A_TURN = (outbox.AWAITING, *outbox.ENDED.values())
"""What a turn's own address is told."""


def fan_out(services: Services, kind: str, detail: Mapping[str, Any]) -> None:
    """Write a delivery for each address that is to be told; may be repeated."""
    notice = Notice.read(kind, detail)
    subject.name(session=notice.session, turn=notice.turn)
    wanting = [endpoint for endpoint in endpoints.all_of(services, notice.tenant) if endpoint.wants(kind)]
    if not wanting and kind not in OF_A_TURN:
        return
    turn = _subject(services, notice)
    body = cache(lambda format_: _body(services, format_, notice, turn))
    for endpoint in wanting:
        if (text := body(endpoint.format)) is not None:
            deliveries.put(services, notice, endpoint.id, text)
    if turn and turn.webhook and kind in OF_A_TURN and (text := body(turn.webhook.format)) is not None:
        deliveries.put(services, notice, notice.turn, text, turn.webhook)


def test(services: Services, tenant: str, called: str) -> Delivery:
    """Send an endpoint something that has not happened. Raises WebhookNotFound, Invalid."""
    endpoint = endpoints.get(services, tenant, called)
    endpoints.check(endpoint)
    about = {"message": "This is a test; nothing has happened"}
    notice = Notice(services.ids.new("evt_"), TEST, tenant, "", "", 0, services.clock.now(), about)
    body = _body(services, endpoint.format, notice, None) or jsontext.dump_bytes({"type": TEST, "data": about})
    deliveries.put(services, notice, endpoint.id, body)
    return deliveries.get(services, tenant, endpoint.id, notice.id)


def _body(services: Services, name: str, notice: Notice, turn: Turn | None) -> bytes | None:
    """Write a body in a format; None for what that format does not tell."""
    format_ = services.extensions.formats.get(name)  # what is stored may be damaged: the others are still told
    if format_ is None or (format_.events and notice.kind not in format_.events):
        return None
    content = format_.body(services, notice, turn)
    return None if content is None else jsontext.dump_bytes(dict(content))


def _subject(services: Services, notice: Notice) -> Turn | None:
    """Find the turn that something is about, if it is one and is still there."""
    if not notice.turn:
        return None
    return turns.load(services, SessionKey(notice.tenant, notice.session).turn(notice.turn))
