"""Requests to addresses that somebody else has chosen: only to the public internet, looked at when connecting.

Names are resolved here, every address is judged, and the connection goes to the address that was judged, so that a name
which answers differently the second time gains nothing. Redirects are not followed by themselves.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore

PORTS = (80, 443)
CONNECT_SECONDS = 10.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


class Forbidden(Exception):
    """The address is none that may be reached from here. The message says why."""


class Unreachable(Exception):
    """There was no whole answer. The message says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its headers by lower-case name, and its body up to the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    """Whether there was more."""


def judge(address: str, *, loopback: bool = False) -> None:
    """Raise Forbidden unless this IP address is a public one; what an IPv6 address has inside counts.

    Private, link-local (cloud metadata), loopback, shared (CGNAT), multicast and reserved ones are not (IANA special-
    purpose address registries). `loopback`: that one may be reached all the same.
    """
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    inner = _inside(found)
    for one in (found, inner):
        if one is None or (loopback and one.is_loopback) or (one is found and inner is not None):
            continue
        if not one.is_global or one.is_multicast or one.is_reserved:
            raise Forbidden(f"{address} is no public address")


def _inside(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, NAT64, 6to4 or Teredo."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        return address.sixtofour
    return address.teredo[1] if address.teredo else None


class _Guarded(httpcore.NetworkBackend):
    """Connects to addresses that have been judged."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, judge, connect."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"there is no address for {host[:200]!r}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            judge(address, loopback=self._loopback)
        if port not in PORTS and not (self._loopback and all(map(_is_loopback, addresses))):
            raise Forbidden(f"port {port} is none of {', '.join(map(str, PORTS))}")
        last: Exception = Unreachable(f"there is no address for {host[:200]!r}")
        for address in addresses:
            try:
                return self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.NetworkError as error:
                last = error
        raise last

    def connect_unix_socket(self, *_: object, **__: object) -> httpcore.NetworkStream:
        """There is no such way."""
        raise Forbidden("a socket of this machine is no address")


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


@contextmanager
def connections(*, loopback: bool = False) -> Iterator[httpcore.ConnectionPool]:
    """Give connections that lead to the public internet alone; `loopback`: and to this machine, for development."""
    with httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(), network_backend=_Guarded(loopback=loopback), max_connections=10
    ) as pool:
        yield pool


def request(
    pool: httpcore.ConnectionPool,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    seconds: float,
    most: int,
) -> Reply:
    """Make one request and read up to `most` bytes of its answer within `seconds`. Raises Forbidden, Unreachable."""
    try:
        parsed = httpcore.URL(url)
    except (ValueError, UnicodeError, TypeError) as error:
        raise Forbidden(f"{url[:200]!r} is no URL") from error
    if parsed.scheme not in (b"http", b"https") or not parsed.host:
        raise Forbidden(f"{url[:200]!r} does not begin with http:// or https:// and a host")
    until = time.monotonic() + seconds
    timeouts = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
    try:
        with pool.stream(
            method, parsed, headers=list(headers.items()), content=body or None, extensions={"timeout": timeouts}
        ) as answer:
            found = b""
            for chunk in answer.iter_stream():
                found += chunk
                if len(found) > most:
                    break
                if time.monotonic() > until:
                    raise Unreachable(f"the answer took more than {seconds:g} seconds")
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return Reply(answer.status, named, found[:most], cut=len(found) > most)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error
