"""The settings, read from the environment once, when a program's services are built."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
REHEARSAL = "rehearsal"
BEDROCK = "bedrock/"
"""What the names of models on Amazon Bedrock begin with."""
PROVIDERS = ("anthropic", "bedrock")
DEFAULT_MODEL = "claude-sonnet-5-5"
REHEARSAL_DELAY = 0.01
TURN_TIMEOUT = 90 * 60
HTTP = ("api", "stream")
ENGINE = (
    *("call_model", "run_tool", "request_client_tools", "continue_turn", "finish_turn"),
    *("deliver_webhook", "sweep"),
)
TELLING = ("call_model", "request_client_tools", "finish_turn", "deliver_webhook", "sweep")
RESUMING = ("request_client_tools", "continue_turn", "finish_turn", "sweep")
"""The functions of a deployed stack, by their folders; `serve` is the local server."""


class SettingError(ValueError):
    """A variable has a value that cannot be used. The message names it and says what would do."""


def _keys(_: str, text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, equals, tenant = pair.partition("=")
        if not (key and equals and TENANT.fullmatch(tenant) and len(key.splitlines()) == 1):
            raise SettingError(
                "WALKAWAY_KEYS must be key=tenant,key=tenant,… with tenants of letters, digits, '.', '_' and '-'"
            )
        keys[key] = tenant
    return keys


def _providers(name: str, text: str) -> frozenset[str]:
    named = frozenset(filter(None, (part.strip() for part in text.split(","))))
    if not named <= set(PROVIDERS):
        raise SettingError(f"{name} must be some of {', '.join(PROVIDERS)}, separated by commas; it is {text!r}")
    return named


def _number(most: float) -> Callable[[str, str], float]:
    def read(name: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1
        if not 0 <= value <= most:
            raise SettingError(f"{name} must be a number from 0 to {most:g}, in seconds; it is {text!r}")
        return value

    return read


def _seconds(most: float) -> Callable[[str, str], int]:
    return lambda name, text: int(_number(most)(name, text))


def _count(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise SettingError(f"{name} must be a whole number from {least} to {most}; it is {text!r}")
        return int(text)

    return read


def _yes(name: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise SettingError(f"{name} must be yes or no; it is {text!r}")
    return text == "yes"


def _text(name: str, text: str) -> str:
    if len(text.splitlines()) > 1:
        raise SettingError(f"{name} must be one line; it has a line break inside")
    return text


def _address(name: str, text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]\S*", text):
        raise SettingError(f"{name} must be an address that begins with http:// or https://; it is {text!r}")
    return text


def _set(
    variable: str,
    meaning: str,
    *programs: str,
    default: Any = None,
    read: Callable[[str, str], Any] = _text,
) -> Any:
    """Declare a setting: its variable, what it means, and the programs that read it."""
    about = {"variable": variable, "meaning": meaning, "programs": programs, "read": read}
    return field(default_factory=lambda: default, metadata=about)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set from outside. Each field's metadata has its variable, its meaning and who reads it."""

    model: str = _set(
        "WALKAWAY_MODEL", "the model of sessions that name none", "serve", *HTTP, "call_model", default=REHEARSAL
    )
    providers: frozenset[str] = _set(
        "WALKAWAY_PROVIDERS",
        "which model services sessions may use besides the offline model: anthropic, bedrock",
        "serve",
        *HTTP,
        default=frozenset(),
        read=_providers,
    )
    api_key: str | None = _set("ANTHROPIC_API_KEY", "key of the Anthropic API", "serve")
    api_key_parameter: str | None = _set(
        "WALKAWAY_API_KEY_PARAMETER", "name of the SSM parameter that holds that key", "call_model"
    )
    base_url: str | None = _set(
        "ANTHROPIC_BASE_URL", "another service that speaks the Messages API", "serve", "call_model", read=_address
    )
    first_byte_seconds: int = _set(
        "WALKAWAY_FIRST_BYTE_SECONDS",
        "seconds until a model must have begun its answer; one that reads a long prompt on this machine takes its time",
        "serve",
        "call_model",
        default=120,
        read=_count(60, 900),
    )
    keys: Mapping[str, str] = _set(
        "WALKAWAY_KEYS",
        "`key=tenant,…`: who may call the local server, besides the keys of `walkaway keys`",
        "serve",
        default={},
        read=_keys,
    )
    rehearsal_delay: float = _set(
        "WALKAWAY_REHEARSAL_DELAY",
        "seconds between two deltas of the offline model",
        "serve",
        "call_model",
        default=REHEARSAL_DELAY,
        read=_number(60),
    )
    turn_timeout: int = _set(
        "WALKAWAY_TURN_TIMEOUT",
        "seconds until a turn is given up (contract A.13: 90 minutes)",
        "serve",
        *HTTP,
        default=TURN_TIMEOUT,
        read=_seconds(7 * 86400),
    )
    context_tokens: int | None = _set(
        "WALKAWAY_CONTEXT_TOKENS",
        "tokens from which on a conversation is summed up, also the window of a model that is not in the table; "
        "by model if unset (docs/models.md)",
        "serve",
        "call_model",
        read=_count(4_000, 10_000_000),
    )
    queue_limit: int = _set(
        "WALKAWAY_QUEUE_LIMIT",
        "how many messages may wait for a busy session (`on_busy`: enqueue)",
        "serve",
        *HTTP,
        default=20,
        read=_count(0, 1000),
    )
    stream_seconds: int | None = _set(
        "WALKAWAY_STREAM_SECONDS",
        "seconds after which an event stream ends and its reader comes back; not at all if unset",
        *HTTP,
        read=_seconds(900),
    )
    hold_seconds: int | None = _set(
        "WALKAWAY_HOLD_SECONDS",
        "the same for the streams of clients that cannot come back (workflows)",
        "stream",
        read=_seconds(900),
    )
    outbound_loopback: bool = _set(
        "WALKAWAY_OUTBOUND_LOOPBACK",
        "`yes`: what is sent to addresses that users name may go to this machine; for development",
        "serve",
        default=False,
        read=_yes,
    )
    sandbox_network: bool = _set(
        "WALKAWAY_SANDBOX_NETWORK",
        "`yes`: commands of sessions that ask for it share this machine's network, its loopback addresses included",
        "serve",
        default=False,
        read=_yes,
    )
    table: str = _set("WALKAWAY_TABLE", "name of the DynamoDB table", *HTTP, *ENGINE, default="")
    bucket: str = _set(
        "WALKAWAY_BUCKET",
        "name of the S3 bucket",
        *HTTP,
        *(name for name in ENGINE if name != "continue_turn"),
        default="",
    )
    state_machine: str = _set("WALKAWAY_STATE_MACHINE", "ARN of the state machine", *HTTP, *RESUMING, default="")
    sandbox: str = _set("WALKAWAY_SANDBOX", "name of the function that runs commands", "run_tool", default="")
    queue: str = _set(
        "WALKAWAY_QUEUE",
        "URL of the queue of what webhooks are to be told",
        "api",
        "deliver_webhook",
        "sweep",
        default="",
    )
    bus: str = _set("WALKAWAY_BUS", "name of the EventBridge bus", *HTTP, *TELLING, default="")

    @classmethod
    def read(cls, environ: Mapping[str, str], program: str = "serve") -> "Settings":
        """Read what a program reads, without white space at the ends; what is empty is not set. Raises SettingError."""
        read: dict[str, Any] = {}
        for setting in fields(cls):
            variable = setting.metadata["variable"]
            value = environ.get(variable, "").strip()
            if value and program in setting.metadata["programs"]:
                read[setting.name] = setting.metadata["read"](variable, value)
        if "api_key" in read:
            read.setdefault("model", DEFAULT_MODEL)
        return cls(**read)

    def provides(self, provider: str) -> bool:
        """Whether a model service can be called from here, or by the function that calls models."""
        given = self.api_key or self.api_key_parameter or self.base_url
        return provider in self.providers or (provider == "anthropic" and bool(given))


def variables(program: str) -> dict[str, str]:
    """The variables that a program reads, and what each means."""
    return {
        setting.metadata["variable"]: setting.metadata["meaning"]
        for setting in fields(Settings)
        if program in setting.metadata["programs"]
    }
