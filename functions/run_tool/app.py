"""RunTool: the state machine invokes it for each tool call of a step, with a ticket."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.run_tool import run_tool


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a ticket, give the next one."""
    with deployed.at_work("run_tool", context, event) as services:
        return run_tool(services, event)
