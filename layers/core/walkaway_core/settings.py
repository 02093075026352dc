"""The settings, read from the environment once, when a program's services are built."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from walkaway_core import values
from walkaway_core.programs import ENGINE, HTTP, MAKING, METERED, RESUMING, TELLING, setting
from walkaway_core.tenant_settings import Shares
from walkaway_core.values import TENANT, SettingError

__all__ = ["TENANT", "SettingError", "Settings", "variables"]
REHEARSAL = "rehearsal"
BEDROCK = "bedrock/"
"""What the names of models on Amazon Bedrock begin with."""
DEFAULT_MODEL = "claude-sonnet-5-5"
REHEARSAL_DELAY = 0.01
TURN_TIMEOUT = 90 * 60
MEGABYTE = 1_000_000
"""Bytes, of what is set in megabytes."""


@dataclass(frozen=True, slots=True)
class Settings(Shares):
    """What can be set from outside. Each field's metadata has its variable, its meaning and who reads it."""

    model: str = setting(
        "WALKAWAY_MODEL", "the model of sessions that name none", "serve", *MAKING, "call_model", default=REHEARSAL
    )
    model_aliases: Mapping[str, str] = setting(
        "WALKAWAY_MODEL_ALIASES",
        "`name=model,…`: other names of models, for clients that know theirs alone; `gpt-*=…` for all that begin so",
        "serve",
        *MAKING,
        "call_model",
        default={},
        read=values.aliases,
    )
    providers: frozenset[str] = setting(
        "WALKAWAY_PROVIDERS",
        "which model services sessions may use besides the offline model: anthropic, bedrock",
        "serve",
        *MAKING,
        default=frozenset(),
        read=values.providers,
    )
    api_key: str | None = setting("ANTHROPIC_API_KEY", "key of the Anthropic API", "serve", read=values.secret)
    api_key_parameter: str | None = setting(
        "WALKAWAY_API_KEY_PARAMETER", "name of the SSM parameter that holds that key", "call_model"
    )
    base_url: str | None = setting(
        "ANTHROPIC_BASE_URL", "another service that speaks the Messages API", "serve", "call_model", read=values.address
    )
    first_byte_seconds: int = setting(
        "WALKAWAY_FIRST_BYTE_SECONDS",
        "seconds until a model must have begun its answer; one that reads a long prompt on this machine takes its time",
        "serve",
        "call_model",
        default=120,
        read=values.count(60, 900),
    )
    keys: Mapping[str, str] = setting(
        "WALKAWAY_KEYS",
        "`key=tenant,…`: who may call the local server, besides the keys of `walkaway keys`",
        "serve",
        default={},
        read=values.keys,
    )
    rehearsal_delay: float = setting(
        "WALKAWAY_REHEARSAL_DELAY",
        "seconds between two deltas of the offline model",
        "serve",
        "call_model",
        default=REHEARSAL_DELAY,
        read=values.number(60),
    )
    turn_timeout: int = setting(
        "WALKAWAY_TURN_TIMEOUT",
        "seconds until a turn is given up (contract A.13: 90 minutes)",
        "serve",
        *MAKING,
        default=TURN_TIMEOUT,
        read=values.count(1, 7 * 86400),
    )
    context_tokens: int | None = setting(
        "WALKAWAY_CONTEXT_TOKENS",
        "tokens from which on a conversation is summed up, also the window of a model that is not in the table; "
        "by model if unset (docs/models.md)",
        "serve",
        "call_model",
        read=values.count(4_000, 10_000_000),
    )
    queue_limit: int = setting(
        "WALKAWAY_QUEUE_LIMIT",
        "how many messages may wait for a busy session (`on_busy`: enqueue)",
        "serve",
        *MAKING,
        default=20,
        read=values.count(0, 1000),
    )
    stream_seconds: int | None = setting(
        "WALKAWAY_STREAM_SECONDS",
        "seconds after which an event stream ends and its reader comes back; not at all if unset",
        *HTTP,
        read=values.count(1, 900),
    )
    hold_seconds: int | None = setting(
        "WALKAWAY_HOLD_SECONDS",
        "the same for the streams of clients that cannot come back (workflows)",
        "stream",
        read=values.count(1, 900),
    )
    fresh_seconds: float = setting(
        "WALKAWAY_FRESH_SECONDS",
        "seconds after a session's rest in which a new stream begins with what came before, if nobody was told of it",
        "serve",
        default=10.0,
        read=values.number(60),
    )
    file_bytes: int | None = setting(
        "WALKAWAY_FILE_BYTES",
        "bytes of a file that is sent in one request, where something before the server passes no more on; else 100 MB",
        "api",
        read=values.count(1, 100_000_000),
    )
    outbound_loopback: bool = setting(
        "WALKAWAY_OUTBOUND_LOOPBACK",
        "`yes`: what is sent to addresses that users name may go to this machine; for development",
        "serve",
        default=False,
        read=values.yes,
    )
    repetitions: bool = setting(
        "WALKAWAY_REPETITIONS",
        "`no`: what SDKs send again by themselves, without an Idempotency-Key, is another request",
        "serve",
        *HTTP,
        default=True,
        read=values.yes,
    )
    allow_origin: tuple[str, ...] = setting(
        "WALKAWAY_ALLOW_ORIGIN",
        "origins whose pages may use the API in a browser, like https://app.example.com, separated by commas; `*`: all",
        "serve",
        *HTTP,
        default=(),
        read=values.origins,
    )
    console: bool = setting(
        "WALKAWAY_CONSOLE",
        "`no`: there is no console at `/console/`, and `/` is a small page",
        "serve",
        "api",
        default=True,
        read=values.yes,
    )
    address_connections: int = setting(
        "WALKAWAY_ADDRESS_CONNECTIONS",
        "how many connections without an accepted key one address (of IPv6: one /64) may have open",
        "serve",
        default=1000,
        read=values.count(1, 1_000_000),
    )
    proxies: tuple[values.Network, ...] = setting(
        "WALKAWAY_PROXIES",
        "addresses or networks of proxies before the server, separated by commas: their connections are not counted",
        "serve",
        default=(),
        read=values.networks,
    )
    sandbox_network: bool = setting(
        "WALKAWAY_SANDBOX_NETWORK",
        "`yes`: commands of sessions that ask for it share this machine's network, its loopback addresses included",
        "serve",
        default=False,
        read=values.yes,
    )
    sandbox_open: bool = setting(
        "WALKAWAY_SANDBOX_OPEN",
        "`yes`: commands reach every address, whatever a session asks for, as in Lambda's own network",
        "api",
        default=False,
        read=values.yes,
    )
    sandbox_packages: frozenset[str] = setting(
        "WALKAWAY_SANDBOX_PACKAGES",
        "`pip:pandas,apt:unzip,…`: what commands find installed, by manager, so that environments may ask for it",
        "serve",
        "api",
        default=frozenset(),
        read=values.packages,
    )
    table: str = setting("WALKAWAY_TABLE", "name of the DynamoDB table", *HTTP, *ENGINE, default="")
    bucket: str = setting(
        "WALKAWAY_BUCKET",
        "name of the S3 bucket",
        *HTTP,
        *(name for name in ENGINE if name not in {"continue_turn", "finish_turn"}),
        default="",
    )
    state_machine: str = setting("WALKAWAY_STATE_MACHINE", "ARN of the state machine", *HTTP, *RESUMING, default="")
    sandbox: str = setting("WALKAWAY_SANDBOX", "name of the function that runs commands", "run_tool", default="")
    sandbox_links: bool = setting(
        "WALKAWAY_SANDBOX_LINKS",
        "`yes`: that function is the image, where a container's places have their own names",
        "run_tool",
        "call_model",
        default=False,
        read=values.yes,
    )
    queue: str = setting(
        "WALKAWAY_QUEUE",
        "URL of the queue of what webhooks are to be told",
        "api",
        "deliver_webhook",
        "sweep",
        default="",
    )
    bus: str = setting("WALKAWAY_BUS", "name of the EventBridge bus", *HTTP, *TELLING, default="")
    metrics: str = setting(
        "WALKAWAY_METRICS", "name of the stack, under which its metrics are kept; none if unset", *METERED, default=""
    )

    @classmethod
    def read(cls, environ: Mapping[str, str], program: str = "serve") -> "Settings":
        """Read what a program reads, without white space at the ends; what is empty is not set. Raises SettingError."""
        read: dict[str, Any] = {}
        for each in fields(cls):
            variable = each.metadata["variable"]
            if program not in each.metadata["programs"]:
                continue
            if value := values.one_line(variable, environ.get(variable, "")):
                read[each.name] = each.metadata["read"](variable, value)
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
        each.metadata["variable"]: each.metadata["meaning"]
        for each in fields(Settings)
        if program in each.metadata["programs"]
    }
