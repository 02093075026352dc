"""Which addresses that somebody else has chosen may be reached from here: those of the public internet."""

import ipaddress

from walkaway_core.outbound import registries, urls

PORTS = (80, 443)


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
    """Raise Forbidden unless this IP address is a public one (`registries`); what an IPv6 address has inside counts.

    `loopback`: that one may be reached all the same.
    """
    one = _parsed(address)
    if not registries.is_public(one) and not (loopback and registries.is_loopback(one)):
        raise Forbidden(f"{address} is no public address")


def is_loopback(address: str) -> bool:
    """Whether this IP address is this machine."""
    return registries.is_loopback(_parsed(address))


def _parsed(address: str) -> registries.Address:
    return ipaddress.ip_address(address.partition("%")[0])
