"""A request that follows redirects, each of which is judged like the first address."""

import string
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urljoin

from walkaway_core.outbound import requests
from walkaway_core.outbound.addresses import Forbidden
from walkaway_core.outbound.domains import Domains
from walkaway_core.outbound.requests import Reply, Unreachable

MOST: Final = 5
STATUS: Final = (301, 302, 303, 307, 308)
ANY: Final = Domains()


def get(
    url: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most: int,
    loopback: bool,
    domains: Domains = ANY,
) -> tuple[str, Reply]:
    """Get what is there, within so many seconds in all and up to `most` bytes; give the last address, and its answer.

    Raises Forbidden, Unreachable.
    """
    with requests.connections(seconds, loopback=loopback) as pool:
        for _ in range(MOST + 1):
            domains.check(url)
            reply = requests.request(pool, "GET", url, headers, most=most)
            if reply.status not in STATUS or "location" not in reply.headers:
                return url, reply
            url = _joined(url, reply.headers["location"])
    raise Unreachable(f"it redirects more than {MOST} times")


def _joined(url: str, location: str) -> str:
    """Read where a redirect leads: servers write UTF-8 there, or Latin-1, and spaces. Raises Forbidden."""
    written = location.encode("latin-1").strip()
    try:
        there = written.decode().replace(" ", "%20")
    except UnicodeDecodeError:
        there = quote(written, safe=string.punctuation)
    try:
        return urljoin(url, there)
    except ValueError:
        raise Forbidden(f"it redirects to {there[:200]!r}, which is no URL") from None
