"""Images and documents that a message names by their address: fetched once, when it is taken (contract A.9, E.9)."""

import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from walkaway_core.agent import attachments
from walkaway_core.dialects.managed.problems import Refusal, invalid
from walkaway_core.errors import BodyTooLarge
from walkaway_core.store import media_types
from walkaway_core.store.services import Services
from walkaway_wire.attaching import ALL_BYTES

SECONDS: Final = 15.0
"""For all of one request: the gateway in front of functions waits for 29."""
HEADERS: Final = {"User-Agent": "Walkaway"}


@dataclass(frozen=True, slots=True)
class Found:
    """What is at an address. `name`: the last part of its path, `""` if there is none."""

    media_type: str
    data: bytes
    name: str


class Addresses:
    """Fetches what one request names by addresses, public ones alone."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._until: float | None = None

    def get(self, url: str, where: str) -> Found:
        """Fetch what is there; `where` names it. Raises Refusal, BodyTooLarge."""
        from walkaway_core.outbound import redirects, requests
        from walkaway_core.outbound.addresses import Forbidden

        now = time.monotonic()
        self._until = until = self._until or now + SECONDS
        try:
            last, reply = redirects.get(
                url,
                HEADERS,
                seconds=until - now,
                most=ALL_BYTES,
                loopback=self._services.settings.outbound_loopback,
            )
        except (Forbidden, requests.Unreachable) as error:
            raise _unfetched(url, str(error), where) from None
        if reply.status >= 300:
            raise _unfetched(url, f"it answers {reply.status}", where)
        if reply.cut:
            raise BodyTooLarge(f"{where}: at {url[:200]} are more than {ALL_BYTES} bytes")
        name = unquote(urlsplit(last).path).rpartition("/")[2]
        return Found(_kind(reply.headers.get("content-type", ""), name, reply.body), reply.body, name)


def _kind(said: str, name: str, data: bytes) -> str:
    """Say what it is: by its first bytes, unless it is said to be text, since servers are careless about the rest."""
    said = said.partition(";")[0].strip().lower()
    if not said.startswith("text/"):
        for kind, begins in attachments.SIGNATURES.items():
            if begins(data):
                return kind
    return said if said not in media_types.UNKNOWN else media_types.of(name) or "text/plain"


def _unfetched(url: str, why: str, where: str) -> Refusal:
    instead = "send the bytes as base64, or a file_id (POST /v1/files)"
    return invalid(f"{url[:200]!r} cannot be fetched: {why[:500]}; {instead}", f"{where}.source.url")
