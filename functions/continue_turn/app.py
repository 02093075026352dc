"""ContinueTurn: the state machine invokes it when an execution's history is nearly full."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.continue_turn import continue_turn


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Take a ticket, give the next one."""
    return continue_turn(deployed.services("continue_turn"), event)
