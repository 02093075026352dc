"""How endpoints do: since when nothing was delivered to one, and when it is given up."""

from walkaway_core.notify.endpoints import Endpoint
from walkaway_core.ports.items import Change, Condition, Fact, Is, Lacks, Refused, Unknown, ms
from walkaway_core.store import keys, outbox
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

GIVEN_UP_AFTER = 5 * 86_400.0
"""Seconds of nothing but failures until an endpoint is disabled."""


def succeeded(services: Services, endpoint: Endpoint) -> None:
    """Note that something was delivered."""
    if endpoint.failing_since is not None:
        _note(services, endpoint, {}, "failing")


def failed(services: Services, endpoint: Endpoint, *, gone: bool) -> None:
    """Note that something was not delivered; disable an endpoint that is gone, or has failed for days."""
    now = services.clock.now()
    if gone:
        disable(services, endpoint, "it answered 410 Gone")
    elif endpoint.failing_since is None:
        _note(services, endpoint, {"failing": ms(now)}, when=Lacks("failing"))
    elif now - endpoint.failing_since >= GIVEN_UP_AFTER:
        disable(services, endpoint, f"nothing could be delivered for {GIVEN_UP_AFTER / 86_400:g} days")


def disable(services: Services, endpoint: Endpoint, reason: str) -> None:
    """Disable an endpoint, and tell the bus so."""
    now = services.clock.now()
    more = {"webhook_id": endpoint.id, "reason": reason}
    notice = Notice(services.ids.new("evt_"), outbox.DISABLED, endpoint.tenant, "", "", 0, now, more)
    tx = Transaction(services.table)
    written = outbox.put(tx, services, notice)
    facts: dict[str, Fact] = {"state": "disabled", "reason": reason}
    tx.change(keys.webhook(endpoint.tenant, endpoint.id), Is("state", "enabled"), set=facts, add={"version": 1})
    try:
        tx.commit()
    except (Refused, Unknown):
        return  # somebody else has, or the next failure does
    outbox.send_now(services, [written])


def _note(
    services: Services, endpoint: Endpoint, facts: dict[str, Fact], *drop: str, when: Condition | None = None
) -> None:
    """Change the record of how an endpoint does; what gets lost is noted next time."""
    still = (Is("state", "enabled"), *([when] if when else []))
    key = keys.webhook(endpoint.tenant, endpoint.id)
    try:
        services.table.write(Change(*key, set=facts, add={"version": 1}, drop=drop, when=still))
    except (Refused, Unknown):
        return
