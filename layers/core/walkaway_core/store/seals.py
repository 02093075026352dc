"""Seals: what callers keep for us, and send back: nobody can read it, change it, or use it at another tenant.

A tenant's key stands in the Table, at T#{tenant}, SEAL, and is made when it is first needed: 32 random bytes in hex, as
the item's body. It never changes; where it is taken away, a new one is made, and what the old one has sealed is
unknown from then on, as any other text is. Names are a contract: docs/upgrades.md.

The same content under the same key is sealed in the same way (docs/security.md#what-is-sealed), so that what is read
twice is the same twice. The content is compressed nowhere: its length may not depend on what is like what in it.
"""

import base64
import binascii
import hmac
import secrets
from typing import Any, Final

from walkaway_core.ports.items import Absent, Item, Key, Put, Refused
from walkaway_core.store.services import Services
from walkaway_wire import gate, jsontext

FIRST: Final = "wk1."
"""How seals begin: it says how they are made."""
KEY_BYTES, TAG_BYTES = 32, 32


def key(services: Services, tenant: str) -> str:
    """Give a tenant's key, in hex; it is made where there is none."""
    place = _place(tenant)
    while (item := services.table.get(place)[0]) is None:
        try:
            services.table.write(Put(Item(*place, {}, secrets.token_bytes(KEY_BYTES).hex().encode()), (Absent(),)))
        except Refused:
            continue  # somebody else has made one
    return item.body.decode(errors="replace")


def seal(key_: str, purpose: str, content: dict[str, Any]) -> str:
    """Seal an object for a purpose."""
    plain = jsontext.dump_bytes(content)
    tag = _tag(key_, purpose, plain)
    return _written(tag + _crossed(key_, tag, plain))


def unseal(key_: str, purpose: str, sealed: str) -> dict[str, Any] | None:
    """Give what was sealed for a purpose; None for whatever this key has not sealed for it."""
    try:
        coded = sealed.removeprefix(FIRST).encode("ascii")
        raw = base64.b64decode(coded + b"=" * (-len(coded) % 4), b"-_", validate=True)
    except (UnicodeError, binascii.Error):
        return None
    tag, hidden = raw[:TAG_BYTES], raw[TAG_BYTES:]
    if _written(raw) != sealed or len(tag) < TAG_BYTES:  # of each seal there is one spelling
        return None
    plain = _crossed(key_, tag, hidden)
    if not hmac.compare_digest(tag, _tag(key_, purpose, plain)):
        return None
    return gate.stored_object(plain)


def _written(raw: bytes) -> str:
    return FIRST + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _place(tenant: str) -> Key:
    return f"T#{tenant}", "SEAL"


def _tag(key_: str, purpose: str, plain: bytes) -> bytes:
    """Authenticate the content and its purpose; it is also what the content is hidden with, as in SIV (RFC 5297)."""
    return hmac.digest(_derived(key_, "tag"), f"{len(purpose)}:{purpose}:".encode() + plain, "sha256")


def _crossed(key_: str, tag: bytes, content: bytes) -> bytes:
    """Hide what is plain, or the other way round: with HMAC-SHA256 over the tag and a counter (SP 800-108)."""
    hiding, size = _derived(key_, "hide"), len(content)
    blocks = (hmac.digest(hiding, tag + number.to_bytes(8, "big"), "sha256") for number in range(-(-size // 32)))
    stream = b"".join(blocks)[:size]
    return (int.from_bytes(content, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def _derived(key_: str, use: str) -> bytes:
    return hmac.digest(key_.encode(), f"walkaway seal 1: {use}".encode(), "sha256")
