"""RequestClientTools: the state machine invokes it with a ticket and a task token, and waits for the answers."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.request_client_tools import request_client_tools


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Put the calls to the caller; the token is answered when all have been answered."""
    return request_client_tools(deployed.services("request_client_tools"), event)
