"""Keeps a Python process to this machine: whatever goes further raises, and no name is looked up.

`tests.kit.network` imports it for the process of the tests, and puts this folder on PYTHONPATH, so that each Python
that a test starts, servers among them, imports it when it starts. It hears the interpreter's audit events (PEP 578),
which no order of imports and no library written in Python gets around. What C code opens by itself it does not hear;
libuv does so, and nothing here connects through it.
"""

import ipaddress
import sys
from socket import inet_aton
from typing import Any

OUTWARD = ("socket.connect", "socket.sendto", "socket.sendmsg")
NAMES = ("socket.getaddrinfo", "socket.gethostbyname")


class NetworkBlockedError(RuntimeError):
    """A test went, or would have gone, to another machine. No OSError: nobody shall take it for a network's trouble."""


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise NetworkBlockedError for an audit event that leads to another machine."""
    if event in OUTWARD:
        address = arguments[1]
        if isinstance(address, tuple) and not _is_here(str(address[0])):
            raise NetworkBlockedError(
                f"{event} to {address}: tests are kept to loopback; serve on 127.0.0.1 what they need"
            )
    elif event in NAMES and not _is_known(arguments[0]):
        raise NetworkBlockedError(f"{event} of {arguments[0]!r}: tests are kept to loopback, and look no name up")


def _is_here(host: str) -> bool:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    return found.is_loopback or found.is_unspecified


def _is_known(name: str | bytes | None) -> bool:
    """Whether it leads to addresses without a question to anyone, as 127.1 and 2130706433 do, too."""
    host = name.decode() if isinstance(name, bytes) else name
    if not host or host == "localhost" or ":" in host:
        return True
    try:
        inet_aton(host)
    except OSError:
        return False
    return True


sys.addaudithook(refuse)
