"""Whether an address leads back to the server that is told it: then each model call would be a request to itself."""

import ipaddress
import socket
from urllib.parse import urlsplit


def leads_to(url: str, listening: socket.socket) -> bool:
    """Say whether what is sent to this URL comes to this socket. A name that leads nowhere does not."""
    parts = urlsplit(url)
    if (parts.port or (443 if parts.scheme == "https" else 80)) != listening.getsockname()[1]:
        return False
    own = ipaddress.ip_address(listening.getsockname()[0])
    return any(address == own or (own.is_unspecified and _mine(address)) for address in _addresses(parts.hostname))


def _addresses(host: str | None) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found}


def _mine(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is this machine's: no other one can be bound."""
    if address.is_unspecified:
        return True
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trying:
        try:
            trying.bind((str(address), 0))
        except OSError:
            return False
    return True
