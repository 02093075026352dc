"""What the states of the state machine do, from ticket to ticket; beside it what schedule and queue call."""

from collections.abc import Callable, Mapping
from typing import Any

from walkaway_core.doors.call_model import call_model
from walkaway_core.doors.continue_turn import continue_turn
from walkaway_core.doors.finish_turn import finish_turn
from walkaway_core.doors.request_client_tools import request_client_tools
from walkaway_core.doors.run_tool import run_tool
from walkaway_core.store.services import Services

Door = Callable[[Services, Mapping[str, Any]], dict[str, Any]]

DOORS: Mapping[str, Door] = {
    "CallModel": call_model,
    "RunTool": run_tool,
    "RequestClientTools": request_client_tools,
    "ContinueTurn": continue_turn,
    "FinishTurn": finish_turn,
}
