"""What is said at addresses that are not served, so that a program's author knows what there is (contract E.21)."""

import re
from collections.abc import Mapping
from typing import Final

THERE: Final = (
    "There are /v1/agents, /v1/environments, /v1/sessions with their events, threads and resources, and /v1/files"
)
MESSAGES: Final = (
    "Walkaway does not serve the Messages API: its agents ask the model themselves. Give client.messages a client of "
    "its own whose base URL is the model service's; ANTHROPIC_BASE_URL holds for every client of a process"
)
NEIGHBOURS: Final[Mapping[str, str]] = {
    "messages": MESSAGES,
    "complete": MESSAGES,
    "deployments": "There are no deployments here; POST /v1/schedules of the sessions API begins turns by the clock",
    "deployment_runs": "There are no deployments here; the sessions API has schedules, and GET …/firings of each",
    "skills": "There are no skills here; say what the agent is to know in its `system`, or mount it as files",
    "memory_stores": "There are no memory stores here; files of a session are kept as long as the session",
    "vaults": "There are no vaults here; a custom tool can do what needs a secret, where your program runs",
    "dreams": "There are no dreams here",
    "user_profiles": "There are no user profiles here",
    "tunnels": "There are no tunnels here",
    "webhooks": "Webhooks are made at the sessions API's POST /v1/webhooks, so without the header anthropic-version, "
    "nor anthropic-beta; with `format` managed",
    "organizations": "Webhooks are registered at POST /v1/webhooks, with `format` managed",
    "organization": "Webhooks are registered at POST /v1/webhooks, with `format` managed",
}
"""What is said of families of addresses that clients of this dialect know and that are not served."""


def sentence(path: str) -> str:
    """Say that there is no such address, and what there is instead."""
    found = re.search(r"/v1/([a-z_]+)", path)
    said = NEIGHBOURS.get(found[1], "") if found else ""
    return f"{said}. {THERE}" if said else f"There is no such address. {THERE}"
