"""Deliveries: one event for one address, how often that was tried, and when it is tried next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from walkaway_core.errors import DeliveryNotFound
from walkaway_core.ports.bus import LONGEST
from walkaway_core.ports.items import Absent, Change, Delete, Fact, Is, Item, Key, Put, Refused, ms
from walkaway_core.store import bodies, due, keys
from walkaway_core.store.keys import END
from walkaway_core.store.outbox import Told
from walkaway_core.store.services import Services
from walkaway_core.store.turn_webhook import Hook
from walkaway_wire import jsontext

KEPT = 30 * 86_400
"""Seconds for which a delivery can be looked at, and made again."""
LATE = 10.0
"""Seconds after which a first attempt that nobody has made is brought back."""
LEASE = 60.0
"""Seconds that an attempt has; then another one may be made."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it is now. `owner` is an endpoint, or the turn that has an address of its own."""

    tenant: str
    owner: str
    told: Told
    state: str
    due: str
    tries: int
    """How many attempts of the schedule have been made."""
    attempts: tuple[dict[str, Any], ...]
    hook: Hook | None
    item: Item

    @property
    def key(self) -> Key:
        """Where it stands."""
        return self.item.key

    @property
    def next_at(self) -> float | None:
        """When somebody looks at it next."""
        return int(self.due[:13]) / 1000 if self.state == "pending" else None

    @property
    def watch(self) -> tuple[str, dict[str, str]]:
        """The name of its due item, and what that says."""
        return _watch(self.tenant, self.owner, self.told.id)

    @property
    def message(self) -> dict[str, str]:
        """What the Carrier brings: an attempt is only made while the delivery is due at this key."""
        return {**self.watch[1], "due": self.due}


def put(services: Services, told: Told, owner: str, body: bytes, hook: Hook | None = None) -> None:
    """Write that an address is to be told, once, and have it brought there."""
    now = services.clock.now()
    name, detail = _watch(told.tenant, owner, told.id)
    watch = due.put(now + LATE, "delivery", name, detail)
    facts: dict[str, Fact] = {
        "state": "pending",
        "kind": told.kind,
        "session": told.session,
        "turn": told.turn,
        "sequence": told.sequence,
        "at": ms(told.at),
        "due": watch.item.sk,
        "tries": 0,
        "attempts": "[]",
    }
    if hook:
        facts |= hook.facts
    path = f"webhooks/{owner}/{services.ids.new('body_')}"
    inline, pointer = bodies.stow(services.workspace, told.tenant, path, body)
    key = keys.delivery(told.tenant, owner, told.id)
    item = Item(*key, {**facts, **pointer}, inline, expires=int(now) + KEPT)
    forget = [due.put(now + KEPT, "forget", name, {"tenant": told.tenant, "path": path})] if pointer else []
    try:
        services.table.write(Put(item, (Absent(),)), watch, *forget)
    except Refused:
        if pointer:
            services.workspace.delete(bodies.root(told.tenant), path)
        return  # the bus has told it twice
    bring(services, unpack(told.tenant, owner, item))


def _watch(tenant: str, owner: str, event: str) -> tuple[str, dict[str, str]]:
    return f"{owner}/{event}", {"tenant": tenant, "owner": owner, "event": event}


def move(delivery: Delivery, at: float) -> tuple[Any, ...]:
    """Make the writes that move its due item; the last one puts it."""
    return due.move(delivery.due, at, "delivery", *delivery.watch)


def bring(services: Services, delivery: Delivery, delay: float = 0.0) -> None:
    """Have an attempt made, unless that is so far away that the due index does it."""
    if delay <= LONGEST:
        services.carrier.send(delivery.message, group=_group(delivery), delay=delay)


def brought_back(services: Services, watch: Key, detail: Mapping[str, str]) -> None:
    """Have an attempt made that is due. Once it has been brought, there is time to make it."""
    delivery = load(services, detail["tenant"], detail["owner"], detail["event"])
    if delivery is None or delivery.state != "pending" or delivery.due != watch[1]:
        services.table.write(Delete(*watch))  # left behind by what moved it
        return
    if leased := lease(services, delivery):
        bring(services, leased)


def lease(services: Services, delivery: Delivery) -> Delivery | None:
    """Make a delivery one worker's, until it counts as lost; None when it is somebody else's already."""
    moved = move(delivery, services.clock.now() + LEASE)
    due_key = moved[-1].key[1]
    same = (Is("state", "pending"), Is("due", delivery.due))
    try:
        services.table.write(Change(*delivery.key, set={"due": due_key}, when=same), *moved)
    except Refused:
        return None
    return replace(delivery, due=due_key)


def _group(delivery: Delivery) -> str:
    """Name those deliveries that are as slow as each other: an endpoint's, or a host's."""
    return str(urlsplit(delivery.hook.url).netloc[:100]) if delivery.hook else delivery.owner


def load(services: Services, tenant: str, owner: str, event: str) -> Delivery | None:
    """Read a delivery, if it is there."""
    item = services.table.get(keys.delivery(tenant, owner, event))[0]
    return None if item is None else unpack(tenant, owner, item)


def get(services: Services, tenant: str, owner: str, event: str) -> Delivery:
    """Read a delivery. Raises DeliveryNotFound."""
    found = load(services, tenant, owner, event)
    if found is None:
        raise DeliveryNotFound
    return found


def listing(services: Services, tenant: str, owner: str, *, limit: int, after: str = "") -> tuple[list[Delivery], str]:
    """List deliveries, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    pk, upto = keys.delivery(tenant, owner, after or END)
    page = services.table.query(pk, upto=upto, reverse=True, limit=limit + 2)
    found = [unpack(tenant, owner, item) for item in page.items if item.sk != after]
    return found[:limit], found[limit - 1].told.id if len(found) > limit else ""


def again(services: Services, tenant: str, owner: str, event: str) -> Delivery:
    """Make a delivery anew, with the same id. Raises DeliveryNotFound."""
    while True:
        found = get(services, tenant, owner, event)
        at = services.clock.now() + LATE
        moved = move(found, at) if found.state == "pending" else (due.put(at, "delivery", *found.watch),)
        new = moved[-1].key[1]
        facts: dict[str, Fact] = {"state": "pending", "tries": 0, "due": new}
        try:
            services.table.write(Change(*found.key, set=facts, when=(Is("due", found.due),)), *moved)
        except Refused:
            continue
        begun = get(services, tenant, owner, event)
        bring(services, begun)
        return begun


def unpack(tenant: str, owner: str, item: Item) -> Delivery:
    """Read a delivery's item."""
    session, turn = item.text("session"), item.text("turn")
    told = Told(item.sk, item.text("kind"), tenant, session, turn, item.number("sequence"), item.number("at") / 1000)
    return Delivery(
        tenant=tenant,
        owner=owner,
        told=told,
        state=item.text("state"),
        due=item.text("due"),
        tries=item.number("tries"),
        attempts=tuple(jsontext.loads(item.text("attempts"))),
        hook=Hook.read(item),
        item=item,
    )
