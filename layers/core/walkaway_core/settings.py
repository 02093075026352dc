"""The settings, read from the environment once, when the stack is built."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walkaway_core.paths import TENANT

REHEARSAL = "rehearsal"
DEFAULT_MODEL = "claude-sonnet-5-5"
REHEARSAL_DELAY = 0.01
TURN_TIMEOUT = 90 * 60


class SettingError(ValueError):
    """A variable has a value that cannot be used. The message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set from outside.

    model            WALKAWAY_MODEL            the model of sessions that name none
    api_key          ANTHROPIC_API_KEY         key of the model service
    base_url         ANTHROPIC_BASE_URL        another service that speaks the Messages API
    keys             WALKAWAY_KEYS             `key=tenant,…`: who may call this server
    rehearsal_delay  WALKAWAY_REHEARSAL_DELAY  seconds between two deltas of the offline model
    turn_timeout     WALKAWAY_TURN_TIMEOUT     seconds until a turn is given up (contract A.13: 90 minutes)
    """

    model: str = REHEARSAL
    api_key: str | None = None
    base_url: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    rehearsal_delay: float = REHEARSAL_DELAY
    turn_timeout: int = TURN_TIMEOUT

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings; an empty variable counts as not set. Raises SettingError."""
        given = {name: value for name, value in environ.items() if value.strip()}
        api_key, base_url = given.get("ANTHROPIC_API_KEY"), given.get("ANTHROPIC_BASE_URL")
        return cls(
            model=given.get("WALKAWAY_MODEL", DEFAULT_MODEL if api_key else REHEARSAL),
            api_key=api_key,
            base_url=base_url,
            keys=_keys(given.get("WALKAWAY_KEYS", "")),
            rehearsal_delay=_number(given, "WALKAWAY_REHEARSAL_DELAY", REHEARSAL_DELAY, most=60),
            turn_timeout=int(_number(given, "WALKAWAY_TURN_TIMEOUT", TURN_TIMEOUT, most=7 * 86400)),
        )


def _keys(text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, equals, tenant = pair.partition("=")
        if not (key and equals and TENANT.fullmatch(tenant)):
            raise SettingError(
                "WALKAWAY_KEYS must be key=tenant,key=tenant,… with tenants of letters, digits, '.', '_' and '-'"
            )
        keys[key] = tenant
    return keys


def _number(given: Mapping[str, str], name: str, default: float, *, most: float) -> float:
    try:
        value = float(given.get(name, default))
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        raise SettingError(f"{name} must be a number from 0 to {most:g}, in seconds; it is {given[name]!r}")
    return value
