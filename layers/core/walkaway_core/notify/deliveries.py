"""Deliveries: one event for one address, how often that was tried, and when it is tried next.

What the record of a delivery says:

fact           unit      written by                  says
state                    put, again, attempts        pending, succeeded, failed
kind                     put                         what has happened, by its name on the bus
session, turn  id        put                         whose it is; empty: nobody's
sequence       number    put                         its number among what was told of the session
at             ms        put                         when it happened
due            sort key  put, lease, again, attempts  its item in the due queue (rule R4), while it is pending
tries          number    put, again, attempts        how many attempts have failed and been followed by a next one
attempts       JSON      put, attempts               the latest attempts: time, latency, status, error, answer
hook_…                   put                         a turn's own address, if it is for one (TurnWebhook)
body_at        path      put                         where a large body stands

*attempts* is notify/attempts.py, behind each attempt; `again` begins the schedule anew. The body is what is posted, and
never changes. It expires after KEPT. Names and units are a contract: docs/upgrades.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from walkaway_core.errors import DeliveryNotFound
from walkaway_core.ports.bus import LONGEST
from walkaway_core.ports.items import Absent, Delete, Fact, Is, Item, Key, Refused, ms
from walkaway_core.ports.misfits import Misfit
from walkaway_core.store import bodies, due, keys, salvage
from walkaway_core.store.keys import END
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_wire import gate

KEPT = 30 * 86_400
"""Seconds for which a delivery can be looked at, and made again."""
LATE = 10.0
"""Seconds after which a first attempt that nobody has made is brought back."""
LEASE = 60.0
"""Seconds that an attempt has; then another one may be made."""

NEEDS: Mapping[str, Fact] = {
    "kind": gate.UNREADABLE,
    "session": "",
    "turn": "",
    "sequence": 0,
    "at": 0,
    "due": "",
    "tries": 0,
    "attempts": "[]",
}
"""What stands for facts of a delivery that cannot be read."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it is now. `owner` is an endpoint, or the turn that has an address of its own."""

    tenant: str
    owner: str
    notice: Notice
    state: str
    due: str
    tries: int
    """How many attempts of the schedule have been made."""
    attempts: tuple[dict[str, Any], ...]
    webhook: TurnWebhook | None
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
        return _watch(self.tenant, self.owner, self.notice.id)

    @property
    def message(self) -> dict[str, str]:
        """What the Carrier brings: an attempt is only made while the delivery is due at this key."""
        return {**self.watch[1], "due": self.due}


def put(services: Services, notice: Notice, owner: str, body: bytes, webhook: TurnWebhook | None = None) -> None:
    """Write that an address is to be told, once, and have it brought there."""
    now = services.clock.now()
    name, detail = _watch(notice.tenant, owner, notice.id)
    tx = Transaction(services.table)
    watch = due.watch(tx, now + LATE, "delivery", name, detail)
    facts: dict[str, Fact] = {
        "state": "pending",
        "kind": notice.kind,
        "session": notice.session,
        "turn": notice.turn,
        "sequence": notice.sequence,
        "at": ms(notice.at),
        "due": watch,
        "tries": 0,
        "attempts": "[]",
    }
    if webhook:
        facts |= webhook.facts
    inline, pointer = _stow(services, notice.tenant, owner, body, now + KEPT)
    key = keys.delivery(notice.tenant, owner, notice.id)
    item = Item(*key, {**facts, **pointer}, inline, expires=int(now) + KEPT)
    tx.put(item, Absent())  # the bus may tell it twice
    try:
        tx.commit()
    except Refused:
        if pointer:
            services.workspace.delete(bodies.root(notice.tenant), str(pointer["body_at"]))
        return
    enqueue(services, unpack(notice.tenant, owner, item))


def _stow(services: Services, tenant: str, owner: str, body: bytes, until: float) -> tuple[bytes, dict[str, Fact]]:
    """Keep a body; have a large one removed in time, also where its delivery is not written: nobody else would."""
    path = f"webhooks/{owner}/{services.ids.new('body_')}"
    inline, pointer = bodies.stow(services.workspace, tenant, path, body)
    if pointer:
        tx = Transaction(services.table)
        due.watch(tx, until, "forget", path, {"tenant": tenant, "path": path})
        try:
            tx.commit()
        except Exception:
            services.workspace.delete(bodies.root(tenant), path)
            raise
    return inline, pointer


def _watch(tenant: str, owner: str, event: str) -> tuple[str, dict[str, str]]:
    return f"{owner}/{event}", {"tenant": tenant, "owner": owner, "event": event}


def move(tx: Transaction, delivery: Delivery, at: float) -> str:
    """Move its due item; give the new sort key."""
    return due.move(tx, delivery.due, at, "delivery", *delivery.watch)


def enqueue(services: Services, delivery: Delivery, delay: float = 0.0) -> None:
    """Have an attempt made, unless that is so far away that the due index does it."""
    if delay <= LONGEST:
        services.carrier.send(delivery.message, group=_group(delivery), delay=delay)


def retry_due(services: Services, watch: Key, detail: Mapping[str, str]) -> None:
    """Have an attempt made that is due. Once it has been brought, there is time to make it."""
    delivery = load(services, detail["tenant"], detail["owner"], detail["event"])
    if delivery is None or delivery.state != "pending" or delivery.due != watch[1]:
        services.table.write(Delete(*watch))  # left behind by what moved it
        return
    if leased := lease(services, delivery):
        enqueue(services, leased)


def lease(services: Services, delivery: Delivery) -> Delivery | None:
    """Make a delivery one worker's, until it counts as lost; None when it is somebody else's already."""
    tx = Transaction(services.table)
    moved = move(tx, delivery, services.clock.now() + LEASE)
    tx.change(delivery.key, Is("state", "pending"), Is("due", delivery.due), set={"due": moved})
    try:
        tx.commit()
    except Refused:
        return None
    return replace(delivery, due=moved)


def _group(delivery: Delivery) -> str:
    """Name those deliveries that are as slow as each other: an endpoint's, or a host's."""
    return str(urlsplit(delivery.webhook.url).netloc[:100]) if delivery.webhook else delivery.owner


def load(services: Services, tenant: str, owner: str, event: str) -> Delivery | None:
    """Read a delivery, if it is there."""
    item = services.table.get(keys.delivery(tenant, owner, event))[0]
    return None if item is None else unpack(tenant, owner, item)


def get(services: Services, tenant: str, owner: str, event: str) -> Delivery:
    """Read a delivery. Raises DeliveryNotFound."""
    delivery = load(services, tenant, owner, event)
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def listing(services: Services, tenant: str, owner: str, *, limit: int, after: str = "") -> tuple[list[Delivery], str]:
    """List deliveries, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    pk, upto = keys.delivery(tenant, owner, after or END)
    page = services.table.query(pk, upto=upto, reverse=True, limit=limit + 2)
    listed = [unpack(tenant, owner, item) for item in page.items if item.sk != after]
    return listed[:limit], listed[limit - 1].notice.id if len(listed) > limit else ""


def again(services: Services, tenant: str, owner: str, event: str) -> Delivery:
    """Make a delivery anew, with the same id. Raises DeliveryNotFound."""
    while True:
        delivery = get(services, tenant, owner, event)
        at = services.clock.now() + LATE
        tx = Transaction(services.table)
        new = move(tx, delivery, at) if delivery.state == "pending" else due.watch(tx, at, "delivery", *delivery.watch)
        tx.change(delivery.key, Is("due", delivery.due), set={"state": "pending", "tries": 0, "due": new})
        try:
            tx.commit()
        except Refused:
            continue
        begun = get(services, tenant, owner, event)
        enqueue(services, begun)
        return begun


def unpack(tenant: str, owner: str, item: Item) -> Delivery:
    """Read a delivery's item. One that cannot be read has failed, and is not tried again by itself."""
    return salvage.read(item, lambda whole: _whole(tenant, owner, whole), NEEDS, {"state": "failed"})


def _whole(tenant: str, owner: str, item: Item) -> Delivery:
    if item.text("state") not in ("pending", "succeeded", "failed"):
        raise Misfit.of("state", item.facts["state"])
    session, turn = item.text("session"), item.text("turn")
    notice = Notice(item.sk, item.text("kind"), tenant, session, turn, item.number("sequence"), item.time("at"))
    return Delivery(
        tenant=tenant,
        owner=owner,
        notice=notice,
        state=item.text("state"),
        due=item.text("due"),
        tries=item.number("tries"),
        attempts=tuple(gate.stored_list(item.text("attempts"))),
        webhook=TurnWebhook.read(item),
        item=item,
    )
