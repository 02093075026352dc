"""Webhooks, for whoever receives them: verifying that a message is from the server (standardwebhooks.com)."""

import base64
import binascii
import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from walkaway import sense
from walkaway.errors import SignatureInvalid
from walkaway.tools import Call
from walkaway_wire import jsontext

TOLERANCE = 300.0
"""Seconds by which the clocks of server and receiver may differ, and a message be late."""
PREFIX = "whsec_"


class Headers(Protocol):
    """A request's headers, as any framework has them: a dict, or what gives names and values by `items()`."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Give names and values."""
        ...


__all__ = ["SignatureInvalid", "WebhookEvent", "unwrap", "verify"]


@dataclass(frozen=True)
class WebhookEvent:
    """What a webhook tells. `id`: the same in every attempt, to know what has come already.

    `sequence` increases with each event of a session: what is older than what has come is old news; 0: of no session.
    `data` is a turn's record for `turn.…`, and says which session it is about for `session.…`. `at`: seconds since the
    epoch.
    """

    type: str
    id: str
    sequence: int
    at: float
    data: Mapping[str, Any]

    @property
    def turn(self) -> Mapping[str, Any] | None:
        """The turn's record; None where the event is of no turn."""
        return self.data if self.type.startswith("turn.") else None

    @property
    def session_id(self) -> str:
        """The session that it is about; empty where it is about none."""
        return str(self.data.get("session_id") or "")

    @property
    def tool_calls(self) -> list[Call]:
        """What the turn asked when it began to wait; of `turn.awaiting_tools` alone."""
        turn = str((self.turn or {}).get("id", ""))
        calls = self.data.get("tool_calls")
        every = calls if isinstance(calls, list) else []
        return [Call.read(each, self.session_id, turn) for each in every if isinstance(each, Mapping)]


def unwrap(secret: str, headers: Headers, body: bytes, *, tolerance: float = TOLERANCE) -> WebhookEvent:
    """Give what a message in the native format says, once its signature is verified. Raises as `verify` does.

    A message of a dialect's format, which is another product's, is `verify`'s alone: SignatureInvalid says so.
    """
    said = verify(secret, headers, body, tolerance=tolerance)
    if not (isinstance(said, dict) and isinstance(said.get("type"), str) and isinstance(said.get("data"), dict)):
        raise SignatureInvalid("it is signed, but not in the native format; see webhooks.verify")
    fields = {name.lower(): value for name, value in headers.items()}
    at = float(fields["webhook-timestamp"])
    return WebhookEvent(
        said["type"], fields["webhook-id"], int(sense.number(said.get("sequence")) or 0), at, said["data"]
    )


def signature(secret: str, id_: str, timestamp: str, body: bytes) -> str:
    """Give what `webhook-signature` is of a message with this body. Raises SignatureInvalid for what is no secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureInvalid(f"the secret is not {PREFIX} and base64") from None
    digest = hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def verify(secret: str, headers: Headers, body: bytes, *, tolerance: float = TOLERANCE) -> Any:
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
    expected = signature(secret, id_, timestamp, body)
    if not any(hmac.compare_digest(expected, given) for given in fields["webhook-signature"].split()):
        raise SignatureInvalid("no signature fits the secret")
    return jsontext.loads(body)
