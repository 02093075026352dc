"""Which IP addresses are public, by IANA's registries and not by the interpreter, whose table is of any age.

From IANA's IPv4 and IPv6 Special-Purpose Address Registries as they stood in 2025-05 (with RFC 9780), whatever is not
"globally reachable" there; from the IPv4 and IPv6 address spaces, multicast and what is reserved. 192.88.99.0/24 (RFC
7526), Teredo and fec0::/10 (RFC 3879) are given up, and lead nowhere public.
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(text: str) -> tuple[_Network, ...]:
    return tuple(map(ipaddress.ip_network, text.split()))


ASSIGNED = ipaddress.IPv6Network("2000::/3")
"""Global unicast: beyond it IANA has assigned nothing that is public (IPv6 address space, note 3)."""
SPECIAL = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
    "2001::/23 2001:db8::/32 2002::/16 3fff::/20"
)
REACHABLE = _networks(
    "192.0.0.9/32 192.0.0.10/32 "
    "2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28"
)
"""What is globally reachable inside one of those."""

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
ISATAP = (0x00005EFE, 0x02005EFE)
"""The first half of an interface's identifier whose second is an IPv4 address (RFC 5214, 6.1)."""


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, and the IPv4 address in it, if there is one."""
    inner = _instead(address)
    if inner is not None:
        return _public(inner)
    beside = _beside(address)
    return _public(address) and (beside is None or _public(beside))


def is_loopback(address: Address) -> bool:
    """Whether an address is this machine."""
    return (_instead(address) or address).is_loopback


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in ASSIGNED:
        return False
    return any(address in one for one in REACHABLE) or not any(address in one for one in SPECIAL)


def _instead(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, NAT64 or 6to4."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        return address.sixtofour
    return address.ipv4_mapped


def _beside(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address to which a router of an ISATAP site would send what is for an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address) and int(address) >> 32 & 0xFFFFFFFF in ISATAP:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
