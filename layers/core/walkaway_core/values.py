"""How the values of variables are read, and what is refused by name."""

import ipaddress
import re
from collections.abc import Callable

from walkaway_core.outbound import urls

TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PROVIDERS = ("anthropic", "bedrock")
MANAGERS = ("apt", "cargo", "gem", "go", "npm", "pip")
"""Package managers whose packages a sandbox may have."""
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
USUAL_PORTS = {"https:": ":443", "http:/": ":80"}
"""By how an origin begins, the port that a browser leaves out."""


class SettingError(ValueError):
    """A variable has a value that cannot be used. The message names it and says what would do."""


def keys(_: str, text: str) -> dict[str, str]:
    """Read `key=tenant,…`; what is wrong repeats no key."""
    keys: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, equals, tenant = pair.partition("=")
        if not (key and equals and TENANT.fullmatch(tenant) and len(key.splitlines()) == 1):
            raise SettingError(
                "WALKAWAY_KEYS must be key=tenant,key=tenant,… with tenants of letters, digits, '.', '_' and '-'"
            )
        if keys.setdefault(key, tenant) != tenant:
            raise SettingError(
                f"WALKAWAY_KEYS gives one key to two tenants, {keys[key]} and {tenant}: make another key"
            )
    return keys


def providers(name: str, text: str) -> frozenset[str]:
    """Read some of PROVIDERS, separated by commas."""
    named = frozenset(filter(None, (part.strip() for part in text.split(","))))
    if not named <= set(PROVIDERS):
        raise SettingError(f"{name} must be some of {', '.join(PROVIDERS)}, separated by commas; it is {text!r}")
    return named


def aliases(name: str, text: str) -> dict[str, str]:
    """Read `name=model,…`; a name that ends in `*` stands for all that begin so, and no model is an alias itself."""
    read: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        alias, equals, model = (part.strip() for part in pair.partition("="))
        if not (equals and alias not in ("", "*") and model and "*" not in alias[:-1] + model):
            raise SettingError(
                f"{name} must be name=model,name=model,… where a name may end in * for all that begin so; {pair!r} is "
                "none of them"
            )
        if read.setdefault(alias, model) != model:
            raise SettingError(f"{name} says of {alias!r} that it is {read[alias]!r} and {model!r}; leave one out")
    if chained := next((alias for alias, model in read.items() if read.get(model, model) != model), ""):
        raise SettingError(f"{name} says of {chained!r} that it is {read[chained]!r}, an alias itself; name the model")
    return read


def packages(name: str, text: str) -> frozenset[str]:
    """Read `manager:package,…`."""
    named = frozenset(filter(None, (part.strip() for part in text.split(","))))
    for each in named:
        manager, colon, package = each.partition(":")
        if not (colon and package and manager in MANAGERS):
            raise SettingError(
                f"{name} must be manager:package,… with one of {', '.join(MANAGERS)} as the manager; {each!r} is none"
            )
    return named


def networks(name: str, text: str) -> tuple[Network, ...]:
    """Read addresses and networks, separated by commas."""
    try:
        return tuple(ipaddress.ip_network(part) for part in map(str.strip, text.split(",")) if part)
    except ValueError as error:
        raise SettingError(
            f"{name} must be addresses or networks like 10.0.0.7 or 10.0.0.0/24, separated by commas: {error}"
        ) from None


def origins(name: str, text: str) -> tuple[str, ...]:
    """Read what browsers say in `Origin`, as they say it, separated by commas; or `*` (Fetch, 3.2; RFC 6454, 6.2)."""
    named = tuple(filter(None, (part.strip().lower() for part in text.split(","))))
    for origin in named:
        if origin != "*" and (not ORIGIN.fullmatch(origin) or origin.endswith(USUAL_PORTS.get(origin[:6], "/"))):
            raise SettingError(
                f"{name} must be origins like https://app.example.com or http://localhost:3000, separated by commas, "
                f"or *; {origin!r} is none: scheme and host, the port if it is not the usual one, and nothing behind it"
            )
    return named


def number(most: float) -> Callable[[str, str], float]:
    """Read seconds from 0 to `most`."""

    def read(name: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1
        if not 0 <= value <= most:
            raise SettingError(f"{name} must be a number from 0 to {most:g}, in seconds; it is {text!r}")
        return value

    return read


def count(least: int, most: int) -> Callable[[str, str], int]:
    """Read a whole number."""

    def read(name: str, text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise SettingError(f"{name} must be a whole number from {least} to {most}; it is {text!r}")
        return int(text)

    return read


def yes(name: str, text: str) -> bool:
    """Read yes or no."""
    if text not in ("yes", "no"):
        raise SettingError(f"{name} must be yes or no; it is {text!r}")
    return text == "yes"


def one_line(name: str, text: str) -> str:
    """Give a value without white space at its ends. Raises SettingError for a line break inside; repeats nothing."""
    text = text.strip()
    if len(text.splitlines()) > 1:
        raise SettingError(f"{name} must be one line; it has a line break inside")
    return text


def text(_: str, text: str) -> str:
    """Take a value as it is."""
    return text


def secret(name: str, text: str) -> str:
    """Read what goes into a header, which carries visible ASCII alone (RFC 9110, 5.5)."""
    if wrong := unsendable(text):
        raise SettingError(f"{name} {wrong}; set it again, with nothing but the key")
    return text


def unsendable(key: str) -> str:
    """Say why no header can carry a key, or `""`; the key is not repeated."""
    if re.fullmatch(r"[!-~]+", key):
        return ""
    if len(key.splitlines()) > 1:
        return "has a line break inside"
    return "has a character that no key has, such as a blank or a byte order mark" if key else "is empty"


def address(name: str, text: str) -> str:
    """Read the address of a server, to which paths are added: scheme, host, and no query (RFC 3986, 3)."""
    wrong = "something stands behind its path" if re.search(r"[?#\\]", text) else ""
    try:
        urls.read(text)
    except ValueError as error:
        wrong = str(error)
    if wrong:
        raise SettingError(
            f"{name} must be an address like http://127.0.0.1:8080, of http:// or https://, a host, and no '?' or '#'; "
            f"it is {text!r}: {wrong}"
        )
    return text
