"""FinishTurn: the state machine invokes it when the model is done, or after an error."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.finish_turn import finish_turn


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a ticket, give the next one."""
    with deployed.at_work("finish_turn", context, event) as services:
        return finish_turn(services, event)
