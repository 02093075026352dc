"""API keys: made, listed, revoked, looked up. The Table holds their hashes; a key is shown once, to who makes it.

What the record of a key says; it stands at the key's hash, and goes when it is revoked:

fact     unit  written by  says
tenant         create      whose it is
name           create      what it is for; may be empty
created  ms    create      when it was made

It has no body and never changes. Names and units are a contract: docs/upgrades.md.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from walkaway_core.errors import Invalid, NotFound
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import Absent, Delete, Item, Present, Put, Refused
from walkaway_core.ports.table import Table
from walkaway_core.settings import TENANT
from walkaway_core.store import keys, salvage
from walkaway_wire import gate

PREFIX = "wk_"
"""What keys begin with, so that a scanner for secrets knows one."""
ID_DIGITS = 16
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key: the beginning of its hash, whose it is, what it is for, when it was made."""

    id: str
    tenant: str
    name: str
    created_at: float


def digest(key: str) -> str:
    """The SHA-256 of a key. Keys are 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def create(table: Table, clock: Clock, tenant: str, name: str = "") -> tuple[str, ApiKey]:
    """Make a key for a tenant; give it, and what is kept of it. Raises Invalid."""
    if not TENANT.fullmatch(tenant):
        raise Invalid(
            "A tenant's name has up to 64 letters, digits, '.', '_' and '-', and begins with one of the first two"
        )
    if len(name) > MAX_NAME or not name.isprintable():
        raise Invalid(f"A key's name has up to {MAX_NAME} printable characters")
    key = PREFIX + secrets.token_urlsafe(32)
    item = Item(keys.API_KEYS, digest(key), {"tenant": tenant, "name": name, "created": round(clock.now() * 1000)})
    table.write(Put(item, (Absent(),)))
    return key, _read(item)


def listing(table: Table) -> list[ApiKey]:
    """List all keys, tenant by tenant, the oldest first."""
    records, after, more = [], "", True
    while more:
        page = table.query(keys.API_KEYS, after=after)
        records += [_read(item) for item in page.items]
        more = page.more
        after = page.items[-1].sk if page.items else after
    return sorted(records, key=lambda key: (key.tenant, key.created_at))


def revoke(table: Table, key_id: str) -> ApiKey:
    """Delete the key of this id. Raises NotFound."""
    known = len(key_id) == ID_DIGITS and key_id.isascii() and key_id.isalnum()
    page = table.query(keys.API_KEYS, after=key_id, upto=key_id + keys.END, limit=1) if known else None
    if page is None or not page.items:
        raise NotFound(f"There is no key {key_id[:40]!r}; list the keys to see their ids")
    try:
        table.write(Delete(*page.items[0].key, when=(Present(),)))
    except Refused:
        raise NotFound(f"The key {key_id} is gone already") from None
    return _read(page.items[0])


def tenant_of(table: Table, hashed: str) -> str | None:
    """Look up whose key has this hash; None for nobody's, and for one of which nobody can read whose it is."""
    item = table.get((keys.API_KEYS, hashed))[0]
    tenant = item.facts.get("tenant") if item and hmac.compare_digest(item.sk, hashed) else None
    return tenant if isinstance(tenant, str) and TENANT.fullmatch(tenant) else None


def find(table: Table, hashed: str) -> ApiKey | None:
    """Read what is known of the key with this hash."""
    item = table.get((keys.API_KEYS, hashed))[0]
    return _read(item) if item else None


def any_exist(table: Table) -> bool:
    """Whether any key has been made."""
    return bool(table.query(keys.API_KEYS, limit=1).items)


def _read(item: Item) -> ApiKey:
    return salvage.read(item, _whole, {"tenant": gate.UNREADABLE, "name": "", "created": 0})


def _whole(item: Item) -> ApiKey:
    return ApiKey(item.sk[:ID_DIGITS], item.text("tenant"), item.text("name"), item.time("created"))
