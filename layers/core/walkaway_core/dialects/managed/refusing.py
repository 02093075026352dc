"""What is asked for and not honoured here: refused by name, with what there is instead (contract E.18)."""

from typing import Final, get_args

from walkaway_core.dialects.managed.agent_wire import Effort, ModelChosen, Refused
from walkaway_core.dialects.managed.problems import Refusal, invalid

SERVICE: Final = {"type": "service_account"}
"""The only one as whom agents work."""
EFFORTS: Final[tuple[str, ...]] = get_args(Effort)


def check(asked: Refused) -> None:
    """Raise Refusal for the first thing that an agent is to have and cannot."""
    if asked.mcp_servers:
        raise invalid("there are no MCP servers here; offer their tools as custom ones", "mcp_servers")
    if asked.skills:
        raise invalid("there are no skills here; say it in `system`, or mount files", "skills")
    if asked.multiagent is not None:
        raise invalid("an agent works alone here; leave it out", "multiagent")
    if asked.execution_identity not in (None, SERVICE):
        raise invalid("agents work as the service account here; leave it out", "execution_identity")


def check_model(model: ModelChosen) -> None:
    """Raise Refusal for what no model service here has."""
    if model.speed == "fast":
        raise invalid("no model is faster here; leave it out", "model.speed")
    if model.inference_geo:
        raise invalid("where a model runs is the server's setting; leave it out", "model.inference_geo")


def cleared(field: str) -> Refusal:
    """Say that a field cannot be null."""
    return invalid("cannot be cleared; leave it out, or name another one", field)
