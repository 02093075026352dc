"""Settings of what each tenant may have at once, a part of `settings.Settings`."""

from dataclasses import dataclass

from walkaway_core import values
from walkaway_core.programs import MAKING, setting


@dataclass(frozen=True, slots=True)
class Shares:
    """A share for each tenant (docs/security.md)."""

    tenant_uploads: int = setting(
        "WALKAWAY_TENANT_UPLOADS",
        "how many uploads of one tenant are taken in at once; the others wait in its own line",
        "serve",
        default=8,
        read=values.count(1, 10_000),
    )
    tenant_storage: int = setting(
        "WALKAWAY_TENANT_STORAGE",
        "how many megabytes (of 1,000,000 bytes) the files of one tenant may have together",
        "serve",
        *MAKING,
        "call_model",
        "run_tool",
        default=50_000,
        read=values.count(1, 1_000_000_000),
    )
    tenant_tools: int = setting(
        "WALKAWAY_TENANT_TOOLS",
        "how many commands and other slow tools of one tenant run at once; the others wait in its own line",
        "serve",
        "run_tool",
        default=16,
        read=values.count(1, 1000),
    )
    tenant_webhooks: int = setting(
        "WALKAWAY_TENANT_WEBHOOKS",
        "how many webhooks of one tenant are sent at once; the others wait in its own line",
        "serve",
        default=32,
        read=values.count(1, 1000),
    )
    tenant_streams: int = setting(
        "WALKAWAY_TENANT_STREAMS",
        "how many event streams of one tenant are written at once; another one begins when one has ended",
        "serve",
        default=1000,
        read=values.count(1, 1_000_000),
    )
    tenant_polls: int = setting(
        "WALKAWAY_TENANT_POLLS",
        "how many long polls of one tenant wait at once; another one has less time, or none, to wait",
        "serve",
        default=1000,
        read=values.count(1, 1_000_000),
    )
