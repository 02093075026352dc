"""How a model call leaves this machine: through the proxy that the environment names for its address, or straight.

The SDK's own client makes a connection pool for each proxy that is set, used or not, and takes one wrong word of
NO_PROXY for the end of everything. Here a proxy is chosen by the address of the request, when it is needed.
"""

import socket
import threading
from collections.abc import Iterable
from urllib.request import getproxies, proxy_bypass

import httpx2

from walkaway_core.outbound import urls

LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
KEPT_ALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
"""A model thinks for minutes, and a router on the way forgets who says nothing; so the sockets say something."""
for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5)):
    if hasattr(socket, name):
        KEPT_ALIVE.append((socket.IPPROTO_TCP, getattr(socket, name), value))


class ProxyUnusable(Exception):
    """No connection can be made through the proxy that is set. The message says why."""


def proxy_of(url: httpx2.URL) -> str | None:
    """Give the proxy for an address by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as curl reads them."""
    named = getproxies()
    proxy = (named.get(url.scheme) or named.get("all") or "").strip()
    if not proxy or any(map(proxy_bypass, _spellings(url))):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _spellings(url: httpx2.URL) -> Iterable[str]:
    """Give what NO_PROXY may call a host: with and without its port, and an IPv6 address in brackets or without."""
    hosts = [f"[{url.host}]", url.host] if ":" in url.host else [url.host]
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    return [*hosts, f"{hosts[0]}:{port}"]


class Ways(httpx2.BaseTransport):
    """Transport: one pool of connections for each proxy, and one without.

    Raises OSError when the certificates that the environment names cannot be read.
    """

    def __init__(self) -> None:
        self._trusted = httpx2.create_ssl_context()
        self._pools: dict[str | None, httpx2.HTTPTransport] = {}
        self._known: dict[tuple[str, bytes], httpx2.HTTPTransport] = {}
        self._lock = threading.Lock()

    def to(self, url: httpx2.URL) -> httpx2.HTTPTransport:
        """Give the way to an address, by the environment when it is first asked for. Raises ProxyUnusable."""
        origin = url.scheme, url.netloc
        with self._lock:
            if origin not in self._known:
                proxy = proxy_of(url)
                if proxy not in self._pools:
                    self._pools[proxy] = self._pool(proxy)
                self._known[origin] = self._pools[proxy]
            return self._known[origin]

    def _pool(self, proxy: str | None) -> httpx2.HTTPTransport:
        try:
            if proxy:
                urls.read(f"http://{proxy.partition('://')[2].rpartition('@')[2]}")  # whatever its scheme is
            return httpx2.HTTPTransport(verify=self._trusted, limits=LIMITS, proxy=proxy, socket_options=KEPT_ALIVE)
        except ImportError as error:
            raise ProxyUnusable("A SOCKS proxy needs a package more: pip install socksio") from error
        except (httpx2.InvalidURL, ValueError) as error:
            raise ProxyUnusable("The proxy that is set cannot be used") from error

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request on its way."""
        return self.to(request.url).handle_request(request)

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
