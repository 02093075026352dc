"""What happens to a tenant's sessions, as it goes over HTTP: in the words of webhooks."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: Final[dict[str, Any]] = {
    "type": "turn.awaiting_tools",
    "id": "evt_019a6f0c3f6e1a2b3c4d5e6f",
    "timestamp": "2026-11-22T12:00:00.000Z",
    "sequence": 2,
    "data": {
        "agent": "agt_019a6f0c3f6e1a2b3c4d5e6f",
        "title": "Write a report on tides to report.md",
        "step": 1,
        "tool_calls": [
            {
                "call_id": "toolu_01A09q90qw90lq917835lq9",
                "name": "get_current_time",
                "arguments": {"zone": "Europe/Paris"},
                "needs": "output",
                "expires_at": 1777309397.07,
            }
        ],
        "session_id": "sess_019bd1f0a86118c066881a2b",
        "id": "msg_019bd1f0a90c44b1d2e3f4a5",
    },
}


class FeedPage(BaseModel):
    """Some of what has happened, about in its order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": [EXAMPLE], "next": EXAMPLE["id"]}]})

    events: Annotated[list[dict[str, Any]], Field(description="bodies as webhooks have them: docs/webhooks.md")]
    next: Annotated[str, Field(description="what to send as `after` for the rest; it changes also where nothing came")]
