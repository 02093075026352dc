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
_LABEL = re.compile(rf"[a-z0-9_-]{{1,{LONGEST_LABEL}}}")
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
    """Take an address apart. Raises ValueError with a sentence for what can lead nowhere.

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
    path = rest[1] if rest[1].startswith("/") else "/" + rest[1]
    return Target(parts.scheme, _host(host), port, _encoded(path), credentials="@" in parts.netloc)


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


def _host(host: str) -> str:
    if ":" in host:
        return host
    name = host if host.isascii() else _idna(host)
    labels = name.removesuffix(".").split(".")
    if len(name.removesuffix(".")) > LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(f"{host[:200]!r} is no name that a host can have")
    return name


def _idna(host: str) -> str:
    import idna  # its tables are large, and hosts with such letters rare

    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError as error:
        raise ValueError(f"{host[:200]!r} is no name that a host can have: {error}"[:500]) from None


def _encoded(text: str) -> str:
    return re.sub(r"[^\x21-\x7e]+", lambda beyond: quote(beyond[0]), text)
