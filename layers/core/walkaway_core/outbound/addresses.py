"""Which addresses that somebody else has chosen may be reached from here: those of the public internet."""

import ipaddress

from walkaway_core.outbound import urls

PORTS = (80, 443)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


class Forbidden(Exception):
    """The address is none that may be reached from here. The message says why."""


def check(url: str, *, loopback: bool = False) -> None:
    """Refuse a URL that can be refused without looking its name up. Raises Forbidden.

    What is behind a name is judged when a connection is made, and each time.
    """
    try:
        to = urls.read(url)
    except ValueError as error:
        raise Forbidden(str(error)) from None
    if to.credentials:
        raise Forbidden("a URL with a user name or a password in it is refused; verify signatures instead")
    name = to.host.removesuffix(".")
    local = name == "localhost" or name.endswith(".localhost")
    if address := urls.number(to.host):
        judge(address, loopback=loopback)
        local = is_loopback(address)
    elif local and not loopback:
        raise Forbidden(f"{to.host} is no public address")
    if to.port not in (None, *PORTS) and not (loopback and local):
        raise Forbidden(f"port {to.port} is none of {', '.join(map(str, PORTS))}")


def judge(address: str, *, loopback: bool = False) -> None:
    """Raise Forbidden unless this IP address is a public one; what an IPv6 address has inside counts.

    Private, link-local (cloud metadata), loopback, shared (CGNAT), multicast and reserved ones are not (IANA special-
    purpose address registries). `loopback`: that one may be reached all the same.
    """
    outer: Address = ipaddress.ip_address(address.partition("%")[0])
    inner = _inside(outer)
    for one in (outer, inner):
        if one is None or (loopback and one.is_loopback) or (one is outer and inner is not None):
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


def is_loopback(address: str) -> bool:
    """Whether this IP address is this machine."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
