"""What is said about how an agent works: read from requests of any dialect."""

from typing import Any

from walkaway_core.agent import tools
from walkaway_core.agent.agents import FIELDS
from walkaway_wire.resources import Settings, ToolSettings


def read(asked: Settings) -> dict[str, Any]:
    """Read what is said about how an agent works, as session options have it. Raises Invalid."""
    own = {tool.name for tool in asked.tools} if isinstance(asked, ToolSettings) else set()
    tools.check([*(name for name in asked.allowed_tools or () if name not in own), *asked.disallowed_tools])
    tools.check_ours(asked.approve)
    return {
        **{name: getattr(asked, name) for name in FIELDS if name not in ("tools", "tools_at")},
        "turn_timeout": asked.turn_timeout or 0,
        "effort": asked.effort or "",
        "allowed_tools": None if asked.allowed_tools is None else tuple(asked.allowed_tools),
        "disallowed_tools": tuple(asked.disallowed_tools),
        "approve": tuple(asked.approve),
    }
