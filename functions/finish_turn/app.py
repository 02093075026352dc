"""FinishTurn: the state machine invokes it when the model is done, or after an error."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.finish_turn import finish_turn


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Take a ticket, give the next one."""
    return finish_turn(deployed.services("finish_turn"), event)
