"""An address as somebody has written it, and what of it goes over the wire: ASCII, and otherwise to the letter."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

SCHEMES = {"http": 80, "https": 443}
"""And the port that each has if none is said."""
LONGEST_NAME, LONGEST_LABEL = 253, 63
"""Of a host's name, and of what stands between its dots (RFC 1035, 2.3.4)."""
_LABEL = re.compile(rf"(?!-)[a-z0-9_-]{{1,{LONGEST_LABEL}}}(?<!-)")
"""Letters, digits and hyphens inside (RFC 1123, 2.1); also underscores, which names in private networks have."""
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A name whose last label is one is an IPv4 address, or nothing at all (WHATWG URL, 3.5: ends in a number)."""
_A_LABEL = "xn--"
_REST = re.compile(r"[a-zA-Z]+://[^/?#]*([^#]*)")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: `host` is a name in ASCII, or an IP address without brackets; `path` has the query."""

    scheme: str
    host: str
    port: int | None
    path: str
    credentials: bool
    """Whether a user name or a password stands before the host. Neither is sent."""

    @property
    def authority(self) -> str:
        """Host and port as the field Host has them (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in (None, SCHEMES[self.scheme]) else f"{host}:{self.port}"


def read(url: str) -> Target:
    """Take an address apart. Raises ValueError with a sentence for what can lead nowhere, whatever a resolver knows.

    Letters beyond ASCII are written in the host by IDNA (RFC 5891, mapped by UTS 46), in path and query as
    percent-encoded UTF-8 (RFC 3987, 3.1). What is ASCII stays as it is, percent-encodings too: signatures hang on them.
    """
    shown = repr(url[:200])
    if not url.isprintable() or " " in url:
        raise ValueError(f"{shown} has a space in it, or a character that cannot be seen; percent-encode it")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{shown} is no URL") from None
    rest = _REST.match(url)
    if parts.scheme not in SCHEMES or not host or rest is None:
        raise ValueError(f"{shown} must begin with https:// or http:// and a host")
    if port == 0:
        raise ValueError(f"{shown} has the port 0, at which nobody can listen")
    path = rest[1] if rest[1].startswith("/") else "/" + rest[1]
    bracketed = parts.netloc.rpartition("@")[2].startswith("[")
    named = _literal(host) if bracketed else name(host)
    return Target(parts.scheme, named, port, _encoded(path), credentials="@" in parts.netloc)


def number(host: str) -> str | None:
    """Give the IP address that a host is, however it is spelled (`127.1`, `0x7f000001`); None for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def name(host: str) -> str:
    """Write a host that stands in no brackets in ASCII: a name, or an IPv4 address. Raises ValueError.

    A last dot stays: it says that the name is whole (RFC 1034, 3.1).
    """
    ascii_ = host.lower() if host.isascii() else _idna(host)
    bare = ascii_.removesuffix(".")
    labels = bare.split(".")
    if len(bare) > LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise _no_name(host)
    if _NUMBER.fullmatch(labels[-1]):
        if number(bare) is None:
            raise _no_name(host, "it ends in a number, and is no IPv4 address")
        return bare
    for label in labels:
        if label.startswith(_A_LABEL):
            _check(label, host)
    return ascii_


def _literal(host: str) -> str:
    """Check what stands in brackets: an IPv6 address, and no zone of this machine's (RFC 6874) nor any later one."""
    try:
        one = ipaddress.IPv6Address(host)
    except ValueError:
        one = None
    if one is None or one.scope_id:
        raise _no_name(f"[{host}]", "in brackets stands an IPv6 address")
    return host


def _idna(host: str) -> str:
    import idna  # its tables are large, and hosts with such letters rare

    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError as error:
        raise _no_name(host, str(error)) from None


def _check(label: str, host: str) -> None:
    """Raise ValueError for an A-label that encodes nothing (RFC 5891, 5.4).

    Signs such as emoji pass, which IDNA leaves out: there are names with them, and they can be reached.
    """
    import idna

    try:
        idna.ulabel(label)
    except idna.InvalidCodepoint as error:
        if not label.removeprefix(_A_LABEL).encode().decode("punycode").isprintable():
            raise _no_name(host, str(error)) from None
    except UnicodeError as error:
        raise _no_name(host, str(error)) from None


def _no_name(host: str, why: str = "") -> ValueError:
    return ValueError(f"{host[:200]!r} is no name that a host can have{': ' if why else ''}{why}"[:500])


def _encoded(text: str) -> str:
    return re.sub(r"[^\x21-\x7e]+", lambda beyond: quote(beyond[0]), text)
