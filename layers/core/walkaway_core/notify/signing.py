"""Signatures of Standard Webhooks (specification, symmetric): HMAC-SHA256 over id, timestamp and body."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable

from walkaway_core.errors import Invalid

PREFIX = "whsec_"
KEY_BYTES = 32


def new_secret() -> str:
    """Make a secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def check(secret: str) -> str:
    """Check a secret that somebody else has made. Raises Invalid."""
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not (secret.startswith(PREFIX) and 24 <= size <= 64):
        raise Invalid(f"A webhook's secret is {PREFIX} and 24 to 64 bytes in base64")
    return secret


def signature(keys: Iterable[str], id_: str, timestamp: int, body: bytes) -> str:
    """Write the header webhook-signature: one signature for each secret that is valid."""
    signed = f"{id_}.{timestamp}.".encode() + body
    digests = (hmac.digest(base64.b64decode(key.removeprefix(PREFIX)), signed, "sha256") for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
