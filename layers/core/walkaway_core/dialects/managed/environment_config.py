"""The config of an environment: put together, held against what commands have here, and refused where it lies.

Accepted are `unrestricted`, which is a permission and no promise, and `limited` where commands have no network at all.
Packages are those that the operator says are installed (`WALKAWAY_SANDBOX_PACKAGES`).
"""

from collections.abc import Mapping
from typing import Any, Final

from walkaway_core.dialects.managed.environment_wire import Config
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.settings import Settings
from walkaway_core.values import MANAGERS

UNRESTRICTED: Final[Mapping[str, Any]] = {"type": "unrestricted"}
NO_PACKAGES: Final[Mapping[str, Any]] = {"type": "packages", **{name: [] for name in MANAGERS}}
DEFAULT: Final[Mapping[str, Any]] = {"type": "cloud", "networking": UNRESTRICTED, "packages": NO_PACKAGES}
CHANGED: Final = "invalid_config_type_change"
LIMITED: Final[Mapping[str, Any]] = {"allowed_hosts": [], "allow_mcp_servers": False, "allow_package_managers": False}
UNKNOWN: Final[Mapping[str, Any]] = {**DEFAULT, "networking": {"type": "limited", **LIMITED}}
"""What stands for a config that cannot be read: nobody knows any more what was not to be reached."""


def over(before: Mapping[str, Any] | None, asked: Config | None, settings: Settings) -> dict[str, Any]:
    """Put what is asked over a config; None: over what holds where nothing is said. Raises Refusal."""
    if asked is not None and asked.type == "self_hosted":
        if before is not None:
            raise invalid("a config keeps its type; make another environment", "config.type", code=CHANGED)
        raise invalid("commands run in this server's sandbox; say cloud", "config.type")
    old = before or DEFAULT
    said = asked.model_dump(exclude_none=True) if asked else {}
    networking = {**old["networking"], **said["networking"]} if "networking" in said else old["networking"]
    limited = networking["type"] == "limited"
    if not limited and any(name in said.get("networking", {}) for name in LIMITED):
        raise invalid("is for `limited`; leave it out", "config.networking.allowed_hosts")
    config = {
        "type": "cloud",
        "networking": {**LIMITED, **networking} if limited else dict(UNRESTRICTED),
        "packages": {**NO_PACKAGES, **old["packages"], **said.get("packages", {}), "type": "packages"},
    }
    _check(config, settings)
    return config


def _check(config: Mapping[str, Any], settings: Settings) -> None:
    networking, packages = config["networking"], config["packages"]
    wanted = [(manager, name) for manager in MANAGERS for name in packages[manager]]
    if networking["type"] == "limited":
        _check_limited(networking, settings)
        if wanted and not networking["allow_package_managers"]:
            raise invalid("must be true where there are packages", "config.networking.allow_package_managers")
    for manager, name in wanted:
        if f"{manager}:{name}" not in settings.sandbox_packages:
            raise invalid(
                f"{name[:100]!r} is not installed where commands run: the operator installs it, and says so in "
                f"WALKAWAY_SANDBOX_PACKAGES={manager}:{name[:100]}",
                f"config.packages.{manager}",
            )


def _check_limited(networking: Mapping[str, Any], settings: Settings) -> None:
    if settings.sandbox_open:
        raise invalid(
            "commands here reach every address, and nothing narrows that; say unrestricted, or have the operator "
            "deploy them into a network without a way out (SandboxSubnets)",
            "config.networking.type",
        )
    wide = [name for name in ("allowed_hosts", "allow_package_managers") if networking[name]]
    if wide and settings.sandbox_network:
        raise invalid(
            "commands here have the whole network or none, and nothing between; leave it out",
            f"config.networking.{wide[0]}",
        )
