"""ContinueTurn: the state machine invokes it when an execution's history is nearly full."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.continue_turn import continue_turn


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a ticket, give the next one."""
    with deployed.at_work("continue_turn", context, event) as services:
        return continue_turn(services, event)
