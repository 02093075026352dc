"""Webhooks, for whoever receives them: verifying that a message is from the server (standardwebhooks.com)."""

import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from typing import Any

from walkaway_wire import jsontext

TOLERANCE = 300.0
"""Seconds by which the clocks of server and receiver may differ, and a message be late."""
PREFIX = "whsec_"


class SignatureInvalid(Exception):
    """The message is not to be believed. The message says why."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, tolerance: float = TOLERANCE) -> Any:
    """Give what a message says, as parsed JSON, once its signature is verified.

    `headers` may be spelled in any case. Raises SignatureInvalid: answer 401 then, and look at nothing.
    Deliveries may come more than once: the header `webhook-id` is the same each time.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    id_, timestamp = fields.get("webhook-id", ""), fields.get("webhook-timestamp", "")
    if not (id_ and timestamp.isdecimal() and "webhook-signature" in fields):
        raise SignatureInvalid("it has no webhook-id, webhook-timestamp and webhook-signature")
    if abs(time.time() - int(timestamp)) > tolerance:
        raise SignatureInvalid("its timestamp is too old, or in the future")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureInvalid(f"the secret is not {PREFIX} and base64") from None
    digest = hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256")
    expected = f"v1,{base64.b64encode(digest).decode()}"
    if not any(hmac.compare_digest(expected, given) for given in fields["webhook-signature"].split()):
        raise SignatureInvalid("no signature fits the secret")
    return jsontext.loads(body)
