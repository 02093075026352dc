"""RequestClientTools: the state machine invokes it with a ticket and a task token, and waits for the answers."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.request_client_tools import request_client_tools


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Put the calls to the caller; the token is answered when all have been answered."""
    with deployed.at_work("request_client_tools", context, event) as services:
        return request_client_tools(services, event)
