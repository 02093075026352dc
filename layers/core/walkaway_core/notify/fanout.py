"""From one event to its deliveries: the endpoints that want it, and the address that the turn has of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from walkaway_core.notify import deliveries, endpoints
from walkaway_core.notify.deliveries import Delivery
from walkaway_core.notify.endpoints import Endpoint
from walkaway_core.ports import subject
from walkaway_core.store import outbox, turns
from walkaway_core.store.extensions import Telling
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext
from walkaway_wire.webhooks import ALL, TEST

OF_A_TURN = (outbox.AWAITING, *outbox.ENDED.values())
"""What a turn's own address is told."""


def fan_out(services: Services, kind: str, detail: Mapping[str, Any]) -> None:
    """Write a delivery for each address that is to be told; may be repeated."""
    notice = Notice.read(kind, detail)
    subject.name(session=notice.session, turn=notice.turn)
    wanting = [each for each in endpoints.all_of(services, notice.tenant) if _may_want(services, each, kind)]
    if not wanting and kind not in OF_A_TURN:
        return
    turn = _subject(services, notice)
    told = cache(lambda format_: _tellings(services, format_, notice, turn))
    for endpoint in wanting:
        for telling in told(endpoint.format):
            if telling.type in _types(services, endpoint) or (telling.usual and _wants(services, endpoint, kind)):
                _put(services, notice, telling, endpoint.id)
    if turn and turn.webhook and kind in OF_A_TURN:
        for telling in told(turn.webhook.format):
            if telling.usual:
                _put(services, notice, telling, notice.turn, turn.webhook)


def concerns(services: Services, kind: str, detail: Mapping[str, Any]) -> bool:
    """Say whether `fan_out` may have somebody to tell; takes a few reads and nothing else."""
    notice = Notice.read(kind, detail)
    if any(_may_want(services, each, kind) for each in endpoints.all_of(services, notice.tenant)):
        return True
    turn = _subject(services, notice) if kind in OF_A_TURN else None
    return turn is not None and turn.webhook is not None


def test(services: Services, tenant: str, called: str) -> Delivery:
    """Send an endpoint something that has not happened. Raises WebhookNotFound, Invalid."""
    endpoint = endpoints.get(services, tenant, called)
    endpoints.check(endpoint)
    about = {"message": "This is a test; nothing has happened"}
    notice = Notice(services.ids.new("evt_"), TEST, tenant, "", "", 0, services.clock.now(), about)
    content = _body(services, endpoint.format, notice, None) or {"type": TEST, "data": about}
    deliveries.put(services, notice, endpoint.id, jsontext.dump_bytes(dict(content)))
    return deliveries.get(services, tenant, endpoint.id, notice.id)


def _body(services: Services, name: str, notice: Notice, turn: Turn | None) -> Mapping[str, Any] | None:
    """Write a body in a format; None for what that format does not tell."""
    format_ = services.extensions.formats.get(name)  # what is stored may be damaged: the others are still told
    if format_ is None or (format_.events and notice.kind not in format_.events):
        return None
    return format_.body(services, notice, turn)


def _tellings(services: Services, name: str, notice: Notice, turn: Turn | None) -> Sequence[Telling]:
    """Give what there is to tell in a format."""
    format_ = services.extensions.formats.get(name)
    if format_ is not None and format_.tells is not None:
        return format_.tells(services, notice, turn)
    content = _body(services, name, notice, turn)
    return () if content is None else (Telling(notice.id, str(content.get("type")), content),)


def _may_want(services: Services, endpoint: Endpoint, kind: str) -> bool:
    return bool(_types(services, endpoint)) or _wants(services, endpoint, kind)


def _wants(services: Services, endpoint: Endpoint, kind: str) -> bool:
    """Say whether an endpoint asks for what is usual of a notice: by its name, or all.

    All of a format that tells things of its own is whatever it tells; and a name that is one of its types is that type.
    """
    format_ = services.extensions.formats.get(endpoint.format)
    if format_ is None or format_.tells is None:
        return endpoint.wants(kind)
    return endpoint.enabled and (ALL in endpoint.events or (kind in endpoint.events and kind not in format_.types))


def _put(services: Services, notice: Notice, telling: Telling, owner: str, webhook: TurnWebhook | None = None) -> None:
    body = jsontext.dump_bytes(dict(telling.body))
    deliveries.put(services, replace(notice, id=telling.id), owner, body, webhook)


def _types(services: Services, endpoint: Endpoint) -> frozenset[str]:
    """Give the types of its format's own that an endpoint has named; none of one that is disabled."""
    format_ = services.extensions.formats.get(endpoint.format)
    return format_.types.intersection(endpoint.events) if format_ and endpoint.enabled else frozenset()


def _subject(services: Services, notice: Notice) -> Turn | None:
    """Find the turn that something is about, if it is one and is still there."""
    if not notice.turn:
        return None
    return turns.load(services, SessionKey(notice.tenant, notice.session).turn(notice.turn))
