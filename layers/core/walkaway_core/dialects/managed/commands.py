"""Where a server runs no commands, what cannot be without them is refused when it is asked for (contract E.16)."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.dialects.managed.toolset import CONTAINER
from walkaway_core.store.services import Services

BY_COMMANDS: Final = ("bash", "edit", "glob", "grep", "read", "write")
"""The tools that run in a session's container, and so are commands."""


def check(services: Services, said: Mapping[str, Any], field: str) -> None:
    """Let an agent with these settings have its tools. Raises Refusal where some of them would never run."""
    enabled = said.get("allowed_tools") or () if said.get("toolset") == CONTAINER else ()
    if lame := [name for name in BY_COMMANDS if name in enabled]:
        _refuse(services, f"{', '.join(lame)} cannot run", "have them, or say enabled: false for each", field)


def check_mounts(services: Services, given: Collection[Any], field: str) -> None:
    """Let files be mounted, which commands alone see. Raises Refusal where there are none."""
    if given:
        _refuse(services, "nothing can read what is mounted", "mount it", field)


def _refuse(services: Services, what: str, then: str, field: str) -> None:
    if problem := services.sandbox.problem():
        raise invalid(
            f"{what} on this server. {problem.rstrip('.')}. Mend that, start the server again, and {then}", field
        )
