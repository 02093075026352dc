"""Which server, and with which key: from arguments, the environment, or a profile; else the one on this machine."""

import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from walkaway import kept
from walkaway.errors import SettingInvalid

if TYPE_CHECKING:
    import ssl

HERE: Final = "http://127.0.0.1:8005"
SILENCE: Final = 20.0
"""Seconds without a sign of life after which a stream is dead. Servers give one every 2.5 seconds."""


class Secret:
    """A key that no repr, log or traceback shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the key itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(…)" if self._value else "Secret()"


@dataclass(frozen=True)
class Options:
    """Where a client sends its requests, and how long it tries. Times are in seconds. `profile`: the one in use."""

    url: str
    key: Secret
    url_source: str = "url="
    key_source: str = "key="
    profile: str = ""
    timeout: float = 30.0
    retries: int = 5
    patience: float = 600.0
    silence: float = SILENCE
    first_wait: float = 0.5
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def options(url: str | None, key: str | None, profile: str | None, headers: Mapping[str, str], **more: Any) -> Options:
    """Find address and key. Raises SettingInvalid with the name of where a wrong one came from."""
    said = (url or os.environ.get("WALKAWAY_URL")), (key or os.environ.get("WALKAWAY_KEY"))
    stored = _stored(profile, enough=all(said))
    address, url_source = _first(
        (url, "url="),
        (os.environ.get("WALKAWAY_URL"), "WALKAWAY_URL"),
        (stored.get("url"), stored["from"]),
        (HERE, "the default"),
    )
    own = stored.get("key") if _origin(address) == _origin(stored.get("for", "")) else ""  # for nobody else to see
    secret, key_source = _first(
        (key, "key="), (os.environ.get("WALKAWAY_KEY"), "WALKAWAY_KEY"), (own, stored["from"]), ("", "")
    )
    for name, value in headers.items():
        _one_line(value, f"the header {name}")
    return Options(
        _address(address, url_source),
        Secret(_one_line(secret, f"the key from {key_source}")),
        url_source,
        key_source,
        stored.get("name", ""),
        headers=dict(headers),
        **more,
    )


def _origin(url: str) -> tuple[str, str]:
    """Say whom an address names."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", url
    return parts.scheme.lower(), parts.netloc.lower()


def is_here(url: str) -> bool:
    """Whether an address is one of this machine, before which no proxy stands."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def trusting_nobody() -> "ssl.SSLContext":
    """Give what a client needs that calls nobody by TLS: to read the certificates of all authorities takes its time."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def folder() -> Path:
    """Where profiles are kept."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "walkaway"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/walkaway"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "walkaway"


def listing() -> list[dict[str, Any]]:
    """Give the profiles, without their keys. Raises SettingInvalid for a file that cannot be read."""
    config = _config()
    active, found = config.get("active", ""), config["profiles"].items()
    return [{"name": name, "url": str(it.get("url", "")), "active": name == active} for name, it in found]


def keep(name: str, url: str, key: str) -> None:
    """Keep a profile, and use it from now on. Raises SettingInvalid."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", name):
        raise SettingInvalid(f"{name[:60]!r} is no name of a profile: letters, digits, _ and -")
    address = _address(url, "the profile")
    added = {"url": address}, {name: {"url": address, "key": _one_line(key, "the key")}}
    with kept.alone(folder() / "config.toml"):
        config, keys = _config(), _toml("keys.toml")
        config["active"] = name
        config["profiles"][name] = added[0]
        _write(config, {each: keys[each] for each in keys if each != name} | (added[1] if key else {}))


def forget(name: str) -> None:
    """Forget a profile and its key. Raises SettingInvalid for one that is none."""
    with kept.alone(folder() / "config.toml"):
        config, keys = _config(), _toml("keys.toml")
        _known(name, config)
        del config["profiles"][name]
        if config.get("active") == name:
            del config["active"]
        _write(config, {each: keys[each] for each in keys if each != name})


def activate(name: str) -> None:
    """Use a profile from now on. Raises SettingInvalid for one that is none."""
    with kept.alone(folder() / "config.toml"):
        config = _config()
        _known(name, config)
        _write(config | {"active": name}, None)


def _known(name: str, config: Mapping[str, Any]) -> None:
    if name not in config["profiles"]:
        raise SettingInvalid(f"There is no profile {name!r} in {folder() / 'config.toml'}")


def _write(config: Mapping[str, Any], keys: Mapping[str, Any] | None) -> None:
    """Write both files, each whole or not at all, the keys for their owner alone.

    Who reads between them, or after a crash there, finds an address that is not the key's, and uses no key.
    """
    lines = [f"active = {kept.quoted(config['active'])}"] if config.get("active") else []
    for name, profile in config["profiles"].items():
        lines += kept.table(f"profiles.{kept.quoted(name)}", profile)
    kept.write(folder() / "config.toml", "".join(f"{line}\n" for line in lines))
    if keys is not None:
        lines = [f"{kept.quoted(name)} = {kept.quoted(key)}" for name, key in keys.items() if not isinstance(key, dict)]
        for name, key in keys.items():
            lines += kept.table(kept.quoted(name), key) if isinstance(key, dict) else []
        kept.write(folder() / "keys.toml", "".join(f"{line}\n" for line in lines))


def _first(*found: tuple[str | None, str]) -> tuple[str, str]:
    """Give the first that is said. An empty variable says nothing."""
    return next(((value.strip(), source) for value, source in found if value and value.strip()), ("", ""))


def _stored(name: str | None, *, enough: bool) -> dict[str, str]:
    """Read a profile; where `enough` is said without one, a file that cannot be read is in nobody's way."""
    named = (name or os.environ.get("WALKAWAY_PROFILE") or "").strip()
    try:
        return _profile(named)
    except SettingInvalid:
        if named or not enough:
            raise
        return {"from": ""}


def _profile(named: str) -> dict[str, str]:
    """Read a profile: from `config.toml` its address, from `keys.toml` its key and `for` whom that is.

    One that is named must be there. A key that stands without an address is for the profile's.
    """
    config = _config()
    chosen, profiles = named or str(config.get("active", "")), config["profiles"]
    if not chosen or (chosen not in profiles and not named):
        return {"from": ""}
    if chosen not in profiles:
        raise SettingInvalid(f"There is no profile {chosen!r} in {folder() / 'config.toml'}")
    url, key = str(profiles[chosen].get("url", "")), _toml("keys.toml").get(chosen, "")
    with_address = key if isinstance(key, dict) else {"key": key}
    return {
        "url": url,
        "key": str(with_address.get("key", "")),
        "for": str(with_address.get("url", url)),
        "name": chosen,
        "from": f"the profile {chosen!r}",
    }


def _config() -> dict[str, Any]:
    config = _toml("config.toml")
    profiles = config.setdefault("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(each, dict) for each in profiles.values()):
        raise SettingInvalid(f"{folder() / 'config.toml'} cannot be read: each profile is a table, [profiles.NAME]")
    return config


def _toml(name: str) -> dict[str, Any]:
    return kept.toml(folder() / name)


def _address(url: str, source: str) -> str:
    advice = f"Give one like {HERE} or https://walkaway.example.com"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingInvalid(f"{url[:200]!r}, from {source}, is no address of a server. {advice}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or any(map(str.isspace, url)):
        raise SettingInvalid(f"{url[:200]!r}, from {source}, is no address of a server. {advice}")
    if parts.query or parts.fragment or parts.username is not None:
        raise SettingInvalid(f"The address from {source} has a query, a fragment or a password in it. {advice}")
    return url.rstrip("/").removesuffix("/v1")


def _one_line(value: str, what: str) -> str:
    """Take what can stand in a header. Keys that were copied with their line's end are a common mistake."""
    if (value.isascii() and value.isprintable() and " " not in value) or (value.isprintable() and "header" in what):
        return value
    raise SettingInvalid(f"{what[0].upper()}{what[1:]} has a line break, a space or a character beyond ASCII in it")
