"""One attempt to deliver: made once for each time that it is due, recorded, and followed by the next one or none."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from walkaway_core.errors import WebhookNotFound
from walkaway_core.notify import deliveries, endpoints, failing, signing
from walkaway_core.notify.deliveries import Delivery
from walkaway_core.notify.endpoints import Endpoint
from walkaway_core.outbound.addresses import Forbidden
from walkaway_core.ports import subject
from walkaway_core.ports.items import Fact, Is, Refused, ms
from walkaway_core.ports.metrics import DELIVERED, RETRIED, UNDELIVERED
from walkaway_core.store import bodies, due
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import VERSION, jsontext

if TYPE_CHECKING:
    from walkaway_core.outbound.requests import Reply

WAITS = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each attempt (Standard Webhooks, retries)."""
LONGEST_WAIT = 86_400.0
SECONDS = 15.0
READ = 10_000
SHOWN = 500
REMEMBERED = 20
"""How many attempts a delivery shows, the latest ones."""
GONE = 410


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of an attempt. `again`: seconds after which the receiver wants the next one."""

    ok: bool
    about: dict[str, Any]
    gone: bool = False
    again: float = 0.0


@dataclass(frozen=True, slots=True)
class _Begun:
    """When an attempt began, by the clock and for its duration."""

    at: float
    monotonic: float


def attempt(services: Services, message: Mapping[str, str]) -> None:
    """Make the attempt that a message is about, unless it has been made, or is being made."""
    stored = deliveries.load(services, message["tenant"], message["owner"], message["event"])
    if stored is None or stored.state != "pending" or stored.due != message["due"]:
        return
    subject.name(session=stored.notice.session, turn=stored.notice.turn)
    delivery = deliveries.lease(services, stored)
    if delivery is None:
        return
    endpoint = None if delivery.webhook else _endpoint(services, delivery)
    if endpoint and not endpoint.enabled:
        about = _about(
            services,
            _Begun(services.clock.now(), services.clock.monotonic()),
            error="the endpoint is disabled; enable it, then redeliver",
        )
        _end(services, delivery, "failed", about)
    elif endpoint or delivery.webhook:
        _record(services, delivery, endpoint, _send(services, delivery, endpoint))
    else:
        _end(services, delivery, "failed", None)


def _endpoint(services: Services, delivery: Delivery) -> Endpoint | None:
    """Read the endpoint; None when it has been deleted."""
    try:
        return endpoints.get(services, delivery.tenant, delivery.owner)
    except WebhookNotFound:
        return None


def _send(services: Services, delivery: Delivery, endpoint: Endpoint | None) -> _Outcome:
    """Post it, and judge the answer: 2xx is success, and nothing else is."""
    from walkaway_core.outbound import requests

    begun = _Begun(services.clock.now(), services.clock.monotonic())
    body = bodies.fetch(services.workspace, delivery.tenant, delivery.item)
    url, headers = _headers(delivery, endpoint, body, begun.at)
    try:
        with requests.connections(SECONDS, loopback=services.settings.outbound_loopback) as pool:
            reply = requests.request(pool, "POST", url, headers, body, most=READ)
    except (Forbidden, requests.Unreachable) as error:
        return _Outcome(ok=False, about=_about(services, begun, error=str(error)))
    if 200 <= reply.status < 300:
        return _Outcome(ok=True, about=_about(services, begun, reply))
    why = "redirects are not followed" if 300 <= reply.status < 400 else f"it answered {reply.status}"
    again = _asked(reply) if reply.status in (429, 503) else 0.0
    return _Outcome(ok=False, about=_about(services, begun, reply, why), gone=reply.status == GONE, again=again)


def _headers(delivery: Delivery, endpoint: Endpoint | None, body: bytes, now: float) -> tuple[str, dict[str, str]]:
    timestamp = int(now)
    headers = {
        "content-type": "application/json",
        "user-agent": f"Walkaway/{VERSION}",
        "webhook-id": delivery.notice.id,
        "webhook-timestamp": str(timestamp),
        "walkaway-sequence": str(delivery.notice.sequence),
    }
    secret = [delivery.webhook.secret] if delivery.webhook and delivery.webhook.secret else []
    valid = endpoint.valid_secrets(now) if endpoint else secret
    if valid:
        headers["webhook-signature"] = signing.signature(valid, delivery.notice.id, timestamp, body)
    return endpoint.url if endpoint else delivery.webhook.url if delivery.webhook else "", headers


def _asked(reply: "Reply") -> float:
    """Seconds of a Retry-After that has some; a date is not looked at."""
    text = reply.headers.get("retry-after", "").strip()
    return min(LONGEST_WAIT, float(text)) if text.isdecimal() and len(text) < 10 else 0.0


def _about(services: Services, begun: _Begun, reply: "Reply | None" = None, error: str = "") -> dict[str, Any]:
    return {
        "at": begun.at,
        "latency_ms": ms(services.clock.monotonic() - begun.monotonic),
        "status_code": reply.status if reply else None,
        "error": error or None,
        "response": reply.body[:SHOWN].decode(errors="replace") if reply else "",
    }


def _record(services: Services, delivery: Delivery, endpoint: Endpoint | None, outcome: _Outcome) -> None:
    tries = delivery.tries + 1
    if outcome.ok:
        _end(services, delivery, "succeeded", outcome.about)
    elif tries >= len(WAITS) or outcome.gone:
        _end(services, delivery, "failed", outcome.about)
    else:
        wait = max(WAITS[tries] * random.uniform(1.0, 1.1), outcome.again)  # noqa: S311 - jitter
        _later(services, delivery, outcome.about, tries, wait)
    if endpoint and outcome.ok:
        failing.succeeded(services, endpoint)
    elif endpoint:
        failing.failed(services, endpoint, gone=outcome.gone)


def _later(services: Services, delivery: Delivery, about: dict[str, Any], tries: int, wait: float) -> None:
    """Write down the attempt, and when the next one is due."""
    tx = Transaction(services.table)
    moved = deliveries.move(tx, delivery, services.clock.now() + wait)
    if _record_in(tx, delivery, {"due": moved, "tries": tries, **_with(delivery, about)}):
        services.metrics.record({RETRIED: 1})
        deliveries.enqueue(services, replace(delivery, due=moved), wait)


def _end(services: Services, delivery: Delivery, state: str, about: dict[str, Any] | None) -> None:
    facts: dict[str, Fact] = {"state": state, **(_with(delivery, about) if about else {})}
    tx = Transaction(services.table)
    due.drop(tx, delivery.watch[0], delivery.due)
    if _record_in(tx, delivery, facts):
        services.metrics.record({DELIVERED if state == "succeeded" else UNDELIVERED: 1})


def _with(delivery: Delivery, about: dict[str, Any]) -> dict[str, Fact]:
    return {"attempts": jsontext.dumps([*delivery.attempts, about][-REMEMBERED:])}


def _record_in(tx: Transaction, delivery: Delivery, facts: dict[str, Fact]) -> bool:
    """Record what has happened; False when the attempt took so long that it counts as lost."""
    tx.change(delivery.key, Is("due", delivery.due), set=facts)
    try:
        tx.commit()
    except Refused:
        return False
    return True
