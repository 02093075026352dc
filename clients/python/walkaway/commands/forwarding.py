"""Sends what happens to an address, signed as the server's webhooks are, until it is taken."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import click
import httpx2

from walkaway import retries, webhooks
from walkaway.profiles import is_here
from walkaway_wire import VERSION, jsontext

TIMEOUT = 30.0
"""Seconds for an answer."""


class Forward:
    """The way to one address. Raises UsageError for what is none."""

    def __init__(self, url: str, secret: str, note: Callable[..., None]) -> None:
        self.url, self._secret, self._note = url, secret, note
        try:
            found = httpx2.URL(url)
            self._http = httpx2.Client(trust_env=not is_here(url), timeout=TIMEOUT)
        except (httpx2.InvalidURL, ImportError, OSError, ValueError) as error:
            raise click.UsageError(f"--forward {url[:200]!r} cannot be sent to: {error}") from None
        if found.scheme not in {"http", "https"} or not found.host:
            raise click.UsageError(f"--forward {url[:200]!r} is no address: it begins with http:// or https://")

    def send(self, event: Mapping[str, Any]) -> int:
        """Send an event until it is taken, after pauses that grow; give the status."""
        tries = 0
        body = jsontext.dump_bytes(event)
        while True:
            said = self._sent(event, body)
            if isinstance(said, int):
                if tries:
                    self._note("… and back", dim=True)
                return said
            if not tries:
                self._note(f"… {self.url} {said}; trying again", dim=True)
            time.sleep(retries.wait(tries))
            tries += 1

    def _sent(self, event: Mapping[str, Any], body: bytes) -> int | str:
        """Send it once; give the status of whoever has taken it, else what is wrong."""
        now = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Walkaway/{VERSION}",
            "webhook-id": str(event["id"]),
            "webhook-timestamp": now,
            "walkaway-sequence": str(event.get("sequence") or 0),
            "webhook-signature": webhooks.signature(self._secret, str(event["id"]), now, body),
        }
        try:
            status = self._http.post(self.url, content=body, headers=headers).status_code
        except httpx2.TransportError as error:
            return f"does not take it ({error or type(error).__name__})"
        return status if 200 <= status < 300 else f"answers {status}"
