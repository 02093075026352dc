"""Requests to addresses that somebody else has chosen: only to the public internet, looked at when connecting.

Names are resolved here, every address is judged, and the connection goes to the address that was judged, so that a name
which answers differently the second time gains nothing. Redirects are not followed by themselves.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore

from walkaway_core.outbound import urls
from walkaway_core.outbound.addresses import PORTS, Forbidden, is_loopback, judge

CONNECT_SECONDS = 10.0


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


class _Timed(httpcore.NetworkStream):
    """A connection on which nothing takes longer than up to a certain moment, however slowly the other side goes on."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def _left(self, timeout: float | None) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for it is over")
        return left if timeout is None else min(timeout, left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


class _Guarded(httpcore.NetworkBackend):
    """Connects to addresses that have been judged, up to a certain moment."""

    def __init__(self, until: float, *, loopback: bool) -> None:
        self._until = until
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
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, OverflowError) as error:
            raise Unreachable(f"there is no address for {host[:200]!r}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        for address in addresses:
            judge(address, loopback=self._loopback)
        if port not in PORTS and not (self._loopback and all(map(is_loopback, addresses))):
            raise Forbidden(f"port {port} is none of {', '.join(map(str, PORTS))}")
        last: Exception = Unreachable(f"there is no address for {host[:200]!r}")
        for address in addresses:
            try:
                stream = self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Timed(stream, self._until)
            except httpcore.NetworkError as error:
                last = error
        raise last

    def connect_unix_socket(self, *_: object, **__: object) -> httpcore.NetworkStream:
        """There is no such way."""
        raise Forbidden("a socket of this machine is no address")


@cache
def _trusted() -> ssl.SSLContext:
    """Load the certificates of the authorities, once: it takes longer than a request."""
    return ssl.create_default_context()


@contextmanager
def connections(seconds: float, *, loopback: bool = False) -> Iterator[httpcore.ConnectionPool]:
    """Give connections that lead to the public internet alone, and end after so many seconds.

    `loopback`: and to this machine, for development.
    """
    backend = _Guarded(time.monotonic() + seconds, loopback=loopback)
    with httpcore.ConnectionPool(ssl_context=_trusted(), network_backend=backend, max_connections=10) as pool:
        yield pool


def request(
    pool: httpcore.ConnectionPool,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    most: int,
) -> Reply:
    """Make one request and read up to `most` bytes of its answer. Raises Forbidden, Unreachable.

    httpcore is given the parts: of an address as a whole it drops what follows a `;` in the path, and an empty query.
    """
    try:
        to = urls.read(url)
    except ValueError as error:
        raise Forbidden(str(error)) from error
    try:
        with pool.stream(
            method,
            httpcore.URL(scheme=to.scheme, host=to.host, port=to.port, target=to.path),
            headers=[("Host", to.authority), *headers.items()],
            content=body or None,
            # certificates name hosts without the last dot, and so does SNI (RFC 6066, 3)
            extensions={"timeout": {"connect": CONNECT_SECONDS}, "sni_hostname": to.host.removesuffix(".")},
        ) as answer:
            content = b""
            for chunk in answer.iter_stream():
                content += chunk
                if len(content) > most:
                    break
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return Reply(answer.status, named, content[:most], cut=len(content) > most)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error
