"""RunTool: the state machine invokes it for each tool call of a step, with a ticket."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.run_tool import run_tool


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Take a ticket, give the next one."""
    return run_tool(deployed.services("run_tool"), event)
