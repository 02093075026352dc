"""Endpoints: addresses that a tenant has registered, with their secrets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from walkaway_core.errors import Invalid, QuotaReached, WebhookNameTaken, WebhookNotFound
from walkaway_core.notify import endpoint_checks, signing
from walkaway_core.ports.items import Absent, Delete, Fact, Is, Item, Key, Lacks, Refused, ms
from walkaway_core.ports.misfits import Misfit
from walkaway_core.store import keys, names, rewritten, salvage
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext
from walkaway_wire.webhooks import ALL, BY_NAME, TEST

MOST = 50
"""How many endpoints a tenant may have: each event is written once for each."""
UNKNOWN: Mapping[str, Any] = {"url": "", "events": (), "format": "", "description": "", "secrets": ()}
"""What an endpoint is whose record cannot be read: it is told nothing."""
NEEDS: Mapping[str, Fact] = {"state": "disabled", "reason": "", "created": 0, "version": 0}
"""What stands for facts of it that cannot be read."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it is now. `secrets` are the newest and, until a time, the one before it."""

    tenant: str
    id: str
    url: str
    events: tuple[str, ...]
    format: str
    description: str
    secrets: tuple[tuple[str, float | None], ...]
    created_at: float
    name: str = ""
    enabled: bool = True
    reason: str = ""
    failing_since: float | None = None
    version: int = 0
    item: Item | None = field(default=None, compare=False, repr=False)
    """As it was read."""

    def wants(self, kind: str) -> bool:
        """Whether it is to be told of this."""
        named = kind in self.events or (ALL in self.events and kind not in BY_NAME)
        return self.enabled and (named or kind == TEST)

    def valid_secrets(self, now: float) -> list[str]:
        """The secrets with which to sign, the newest first."""
        return [secret for secret, until in self.secrets if until is None or now < until]


def create(
    services: Services,
    tenant: str,
    url: str,
    *,
    events: tuple[str, ...],
    format_: str,
    description: str,
    name: str = "",
    once: Once | None = None,
) -> Endpoint:
    """Register an endpoint. Raises Invalid, QuotaReached, WebhookNameTaken, and Refused where `once` is taken."""
    endpoint_checks.url(services, url)
    endpoint_checks.format_(services, format_)
    endpoint_checks.events(services, format_, events)
    if len(all_of(services, tenant)) >= MOST:
        raise QuotaReached(f"There are {MOST} webhooks already, as many as there may be; delete one first")
    secrets = ((signing.new_secret(), None),)
    id_ = services.ids.new("whk_")
    made = Endpoint(tenant, id_, url, events, format_, description, secrets, services.clock.now(), name)
    item = _pack(made)
    tx = Transaction(services.table)
    tx.put(item, Absent())
    _take(tx, made)
    if once:
        once.keep_made(tx, services, id_)
    try:
        tx.commit()
    except Refused as refusal:
        raise _refused(made, refusal) from None
    return _unpack(tenant, item)


def get(services: Services, tenant: str, called: str) -> Endpoint:
    """Read an endpoint by its id or its name. Raises WebhookNotFound."""
    item, named = services.table.get(keys.webhook(tenant, called), _place_of(tenant, called))
    if item is None and named is not None:
        item = services.table.get(keys.webhook(tenant, named.text("webhook")))[0]
    if item is None:
        raise WebhookNotFound
    return _unpack(tenant, item)


def all_of(services: Services, tenant: str) -> list[Endpoint]:
    """Read all endpoints of a tenant, the oldest first."""
    pk, first = keys.webhook(tenant, "")
    page = services.table.query(pk, after=first, upto=first + END)
    return [_unpack(tenant, item) for item in page.items]


def change(services: Services, tenant: str, called: str, **fields: Any) -> Endpoint:
    """Change what is named; what is enabled again begins anew. Raises WebhookNotFound, Invalid, WebhookNameTaken."""
    if "url" in fields:
        endpoint_checks.url(services, fields["url"])
    if "format" in fields:
        endpoint_checks.format_(services, fields["format"])
    if "enabled" in fields:
        fields |= {"reason": "" if fields["enabled"] else "disabled by hand", "failing_since": None}
    return _replace(services, tenant, called, lambda endpoint: replace(endpoint, **fields))


def rotate(services: Services, tenant: str, called: str, grace: float) -> Endpoint:
    """Give an endpoint a new secret; the one before is valid for `grace` seconds more. Raises WebhookNotFound."""
    secret, until = signing.new_secret(), services.clock.now() + grace
    return _replace(
        services,
        tenant,
        called,
        lambda endpoint: replace(endpoint, secrets=((secret, None), (endpoint.secrets[0][0], until))),
    )


def delete(services: Services, tenant: str, called: str) -> None:
    """Forget an endpoint; what it was still to be told is not told. Raises WebhookNotFound."""
    while True:
        endpoint = get(services, tenant, called)
        same = Is("name", endpoint.name) if endpoint.name else Lacks("name")
        named = [Delete(*_place_of(tenant, endpoint.name))] if endpoint.name else []
        try:  # or a name that it has got meanwhile would stay taken
            services.table.write(Delete(*keys.webhook(tenant, endpoint.id), (same,)), *named)
        except Refused:
            continue
        return


def check(endpoint: Endpoint) -> None:
    """Raise Invalid for an endpoint of which nobody can read any more where it is."""
    if not endpoint.secrets:
        raise Invalid("What is stored of this webhook cannot be read; delete it, and register another one")


def _take(tx: Transaction, endpoint: Endpoint) -> None:
    if endpoint.name:
        names.check(endpoint.name, "whk_")
        tx.put(Item(*_place_of(endpoint.tenant, endpoint.name), {"webhook": endpoint.id}), Absent())


def _refused(endpoint: Endpoint, refusal: Refused) -> Exception:
    """Say whether it is the name that is refused."""
    if endpoint.name and refusal.key == _place_of(endpoint.tenant, endpoint.name):
        return WebhookNameTaken(f"There is a webhook called {endpoint.name!r} already; PATCH changes it")
    return refusal


def _replace(services: Services, tenant: str, called: str, new: Callable[[Endpoint], Endpoint]) -> Endpoint:
    while True:
        endpoint = get(services, tenant, called)
        check(endpoint)
        changed = replace(new(endpoint), version=endpoint.version + 1)
        if (changed.format, changed.events) != (endpoint.format, endpoint.events):
            endpoint_checks.events(services, changed.format, changed.events)
        tx = Transaction(services.table)
        tx.put(rewritten.over(endpoint.item, _pack(changed), "failing", "name"), Is("version", endpoint.version))
        if changed.name != endpoint.name:
            _take(tx, changed)
            if endpoint.name:
                tx.delete(_place_of(tenant, endpoint.name))
        try:
            tx.commit()
        except Refused as refusal:
            if (error := _refused(changed, refusal)) is not refusal:
                raise error from None
            continue
        return changed


def _pack(endpoint: Endpoint) -> Item:
    facts: dict[str, Fact] = {
        "state": "enabled" if endpoint.enabled else "disabled",
        "reason": endpoint.reason,
        "created": ms(endpoint.created_at),
        "version": endpoint.version,
    }
    if endpoint.name:
        facts["name"] = endpoint.name
    if endpoint.failing_since is not None:
        facts["failing"] = ms(endpoint.failing_since)
    body = {name: getattr(endpoint, name) for name in ("url", "events", "format", "description", "secrets")}
    return Item(*keys.webhook(endpoint.tenant, endpoint.id), facts, jsontext.dump_bytes(body))


def _unpack(tenant: str, item: Item) -> Endpoint:
    return salvage.read(item, lambda whole: _whole(tenant, whole), NEEDS)


def _whole(tenant: str, item: Item) -> Endpoint:
    body = {**UNKNOWN, **gate.stored_object(item.body)}
    salvage.typed(body, url=str, events=list, format=str, description=str, secrets=list)
    if not all(isinstance(name, str) for name in body["events"]):
        raise Misfit.of("events", body["events"])
    wrong = f"what is stored of it cannot be read: {body[gate.UNREADABLE]}" if gate.UNREADABLE in body else ""
    return Endpoint(
        tenant=tenant,
        id=item.sk.partition("#")[2],
        url=body["url"],
        events=tuple(body["events"]),
        format=body["format"],
        description=body["description"],
        secrets=tuple((secret, until) for secret, until in body["secrets"]),
        created_at=item.time("created"),
        name=item.text("name") if "name" in item.facts else "",
        enabled=item.text("state") == "enabled" and not wrong,
        reason=wrong or item.text("reason"),
        failing_since=item.time("failing") if "failing" in item.facts else None,
        version=item.number("version"),
        item=item,
    )


def _place_of(tenant: str, name: str) -> Key:
    """Say where it stands which endpoint has this name."""
    return f"T#{tenant}", f"WEBHOOKNAME#{name}"
