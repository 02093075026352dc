"""All connections of a server together: how long each may be waited for, and how many one address may have unknown."""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from walkaway_core.values import Network

HEAD_SECONDS = 30.0
"""How long a connection may take from its first moment, or from a head's first byte, to the end of that head."""
BODY_SECONDS = 30.0
"""How long a body that is waited for may stand still."""
LOOK_EVERY = 1.0
A_NETWORK = 64
"""Bits of an IPv6 address that one subscriber has at the least (RFC 6177, 2)."""


class Waited(Protocol):
    """A connection, as it is seen from here."""

    def overdue(self, now: float) -> None:
        """End it, if it has been waited for too long by the loop's clock."""


class Crowd:
    """The connections of one server. Those without an accepted key are counted by address, but for `proxies`.

    `most`: how many such connections one address may have at once; any number when None.
    """

    def __init__(self, most: int | None = None, proxies: Sequence[Network] = ()) -> None:
        self._most = most
        self._proxies = proxies
        self._unknown: Counter[str] = Counter()
        self._all: set[Waited] = set()
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, connection: Waited, address: str, loop: asyncio.AbstractEventLoop) -> str | None:
        """Take a new connection in; give under what name it counts as unknown, `""` for not at all.

        One too many is not taken in, and gets None.
        """
        name = self._name(address)
        if name and self._most is not None and self._unknown[name] >= self._most:
            return None
        self._unknown[name] += 1
        self._all.add(connection)
        if self._timer is None:
            self._timer = loop.call_later(LOOK_EVERY, self._look, loop)
        return name

    def known(self, name: str) -> None:
        """Count one of this name no more: it has shown a key that is accepted, or is gone."""
        self._unknown[name] -= 1
        if self._unknown[name] <= 0:
            del self._unknown[name]

    def leave(self, connection: Waited) -> None:
        """Let go of a connection that is over."""
        self._all.discard(connection)

    def _name(self, address: str) -> str:
        """Under what name an address counts; `""` for a proxy's, and for none, as of a socket in the file system."""
        try:
            one = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return ""
        if isinstance(one, ipaddress.IPv6Address):
            one = one.ipv4_mapped or one
        if any(one in proxy for proxy in self._proxies):
            return ""
        return str(one) if one.version == 4 else str(ipaddress.ip_network((one, A_NETWORK), strict=False))

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in tuple(self._all):
            connection.overdue(now)
        self._timer = loop.call_later(LOOK_EVERY, self._look, loop) if self._all else None
