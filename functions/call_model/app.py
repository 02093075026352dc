"""CallModel: the state machine invokes it for each step of a turn, with a ticket."""

from typing import Any

import anthropic  # noqa: F401 - it takes a second to load: while the environment starts, not in a step

from walkaway_core import deployed
from walkaway_core.doors.call_model import call_model


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a ticket, give the next one."""
    with deployed.at_work("call_model", context, event) as services:
        return call_model(services, event)
