"""Routes of webhooks: endpoints, and what became of what they were to be told."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from walkaway_core.errors import Invalid
from walkaway_core.http import errors, large, pages, repeats
from walkaway_core.http.access import Called
from walkaway_core.notify import deliveries, endpoint_checks, endpoints, fanout, signing
from walkaway_core.notify.deliveries import Delivery
from walkaway_core.notify.endpoints import Endpoint
from walkaway_core.store import bodies, idempotency
from walkaway_core.store.services import Services
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_wire import gate
from walkaway_wire.messages import MessageCreate
from walkaway_wire.webhooks import (
    AttemptRecord,
    DeliveryDetail,
    DeliveryRecord,
    SecretRotate,
    SecretRotated,
    WebhookChange,
    WebhookCreate,
    WebhookCreated,
    WebhookRecord,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=large.Route)


@router.post("", status_code=201, responses=errors.answers(400, 401, 409, 422), summary="Register a webhook")
def create(
    caller: Called, asked: WebhookCreate, request: Request, response: Response, idempotency_key: repeats.Key = None
) -> WebhookCreated:
    """Register an address that is told what happens. The answer has the secret that verifies what it is sent.

    The same `Idempotency-Key` within 24 hours registers no second one.
    """
    del idempotency_key
    services, tenant = caller.services, caller.tenant
    once = repeats.making(request, tenant, "webhook", asked.model_dump(exclude_unset=True))
    made, again = idempotency.make(
        services,
        once,
        lambda: endpoints.create(
            services,
            tenant,
            asked.url,
            events=tuple(asked.events),
            format_=asked.format,
            description=asked.description,
            name=asked.name,
            once=once,
        ),
        lambda id_: endpoints.get(services, tenant, id_),
    )
    repeats.say(response, again=again)
    return WebhookCreated(**_record(made).model_dump(), secret=made.secrets[0][0])


@router.get("", responses=errors.answers(401), summary="List webhooks")
def listing(caller: Called) -> list[WebhookRecord]:
    """List all webhooks, the oldest first."""
    return [_record(endpoint) for endpoint in endpoints.all_of(caller.services, caller.tenant)]


@router.get("/{webhook}", responses=errors.answers(401, 404), summary="Read a webhook")
def get(caller: Called, webhook: str) -> WebhookRecord:
    """Read a webhook, by its id or its name: whether it is enabled, and since when nothing could be delivered."""
    return _record(endpoints.get(caller.services, caller.tenant, webhook))


@router.patch("/{webhook}", responses=errors.answers(400, 401, 404, 409), summary="Change a webhook")
def change(caller: Called, webhook: str, asked: WebhookChange) -> WebhookRecord:
    """Change what is named. One that was disabled is enabled with `status`; what it missed can be redelivered."""
    fields: dict[str, Any] = asked.model_dump(exclude_none=True)
    if "status" in fields:
        fields["enabled"] = fields.pop("status") == "enabled"
    if "events" in fields:
        fields["events"] = tuple(fields["events"])
    return _record(endpoints.change(caller.services, caller.tenant, webhook, **fields))


@router.delete("/{webhook}", status_code=204, responses=errors.answers(401, 404), summary="Delete a webhook")
def delete(caller: Called, webhook: str) -> None:
    """Delete a webhook; what it was still to be told is not told."""
    endpoints.delete(caller.services, caller.tenant, webhook)


@router.post("/{webhook}/rotate", responses=errors.answers(400, 401, 404), summary="Change a webhook's secret")
def rotate(caller: Called, webhook: str, asked: SecretRotate | None = None) -> SecretRotated:
    """Make a new secret. For a while messages have two signatures, so that receivers can change over."""
    changed = endpoints.rotate(caller.services, caller.tenant, webhook, (asked or SecretRotate()).grace)
    (secret, _), (_, until) = changed.secrets
    return SecretRotated(secret=secret, old_valid_until=until or 0.0)


@router.post("/{webhook}/test", status_code=202, responses=errors.answers(401, 404), summary="Send a test")
def test(caller: Called, webhook: str) -> DeliveryRecord:
    """Send `webhook.test`, whatever the webhook asks for; the delivery says what came of it."""
    return DeliveryRecord(**_delivery(fanout.test(caller.services, caller.tenant, webhook)))


@router.get("/{webhook}/deliveries", responses=errors.answers(400, 401, 404), summary="List deliveries")
def list_deliveries(
    caller: Called, webhook: str, request: Request, response: Response, page: Annotated[pages.PageQuery, Query()]
) -> list[DeliveryRecord]:
    """List the deliveries of the last 30 days, the newest first; X-Next-Cursor says how to go on."""
    id_ = endpoints.get(caller.services, caller.tenant, webhook).id
    listed, more = deliveries.listing(caller.services, caller.tenant, id_, limit=page.limit, after=page.cursor("ev"))
    pages.link(request, response, more)
    return [DeliveryRecord(**_delivery(delivery)) for delivery in listed]


@router.get("/{webhook}/deliveries/{delivery}", responses=errors.answers(401, 404), summary="Read a delivery")
def get_delivery(caller: Called, webhook: str, delivery: str) -> DeliveryDetail:
    """Read a delivery: its attempts, and what is sent."""
    id_ = endpoints.get(caller.services, caller.tenant, webhook).id
    stored = deliveries.get(caller.services, caller.tenant, id_, delivery)
    body = bodies.shown(caller.services.workspace, caller.tenant, stored.item)
    return DeliveryDetail(**_delivery(stored), payload=gate.stored(body))


@router.post(
    "/{webhook}/deliveries/{delivery}/redeliver",
    status_code=202,
    responses=errors.answers(401, 404),
    summary="Deliver again",
)
def redeliver(caller: Called, webhook: str, delivery: str) -> DeliveryRecord:
    """Begin the attempts anew, at once and with the same id."""
    id_ = endpoints.get(caller.services, caller.tenant, webhook).id
    return DeliveryRecord(**_delivery(deliveries.again(caller.services, caller.tenant, id_, delivery)))


def of_turn(services: Services, asked: MessageCreate) -> TurnWebhook | None:
    """Read the address that a message has of its own. Raises Invalid."""
    if not asked.webhook_url:
        if asked.webhook_secret:
            raise Invalid("webhook_secret is of no use without a webhook_url")
        return None
    if asked.on_busy == "steer":
        raise Invalid("A message that steers has no turn of its own to tell a webhook_url of; leave one of them out")
    endpoint_checks.url(services, asked.webhook_url, "webhook_url")
    return TurnWebhook(asked.webhook_url, signing.check(asked.webhook_secret) if asked.webhook_secret else "")


def _record(endpoint: Endpoint) -> WebhookRecord:
    return WebhookRecord(
        id=endpoint.id,
        name=endpoint.name,
        url=endpoint.url,
        events=list(endpoint.events),
        format=endpoint.format,
        description=endpoint.description,
        status="enabled" if endpoint.enabled else "disabled",
        reason=endpoint.reason or None,
        created_at=endpoint.created_at,
        failing_since=endpoint.failing_since,
    )


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.notice.id,
        "type": delivery.notice.kind,
        "status": delivery.state,
        "sequence": delivery.notice.sequence,
        "session_id": delivery.notice.session or None,
        "response_id": delivery.notice.turn or None,
        "created_at": delivery.notice.at,
        "next_attempt_at": delivery.next_at,
        "attempts": [AttemptRecord(**attempt) for attempt in delivery.attempts],
    }
