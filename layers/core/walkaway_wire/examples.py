"""Examples of resources, for the API's description."""

from typing import Any

SESSION_EXAMPLE: Any = {
    "id": "sess_019bd1f0a86118c066881a2b",
    "title": "Write a report on tides to report.md",
    "created_at": 1777222996.07,
    "last_activity": 1777222996.07,
    "busy": True,
    "persistent": True,
    "ttl": 14400,
    "status": "ready",
    "metadata": {"status": "writing report.md", "percent": 40},
    "file_access": {"read": [""], "write": [""]},
    "agent": None,
    "network": False,
    "cost_usd": 0.0,
    "expires_at": 1777237396.07,
    "turns": 2,
    "response_id": "msg_019bd1f0a90c44b1d2e3f4a5",
    "last_response": {"id": "msg_019bd1f0a8f144b1d2e3f4a4", "status": "completed"},
    "queue": ["msg_019bd1f0c2d144b1d2e3f4a6"],
    "pending_tool_calls": [],
}
RESPONSE_EXAMPLE: Any = {
    "id": "msg_019bd1f0a90c44b1d2e3f4a5",
    "session_id": "sess_019bd1f0a86118c066881a2b",
    "status": "completed",
    "created_at": 1777222997.1,
    "started_at": 1777222997.1,
    "ended_at": 1777223014.9,
    "steps": 6,
    "usage": {
        "input_tokens": 5120,
        "output_tokens": 940,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    },
    "cost_usd": 0.0,
    "output_text": "You find it in the workspace as report.md.",
    "error": None,
    "error_code": None,
    "pending_tool_calls": [],
    "files": [
        {
            "path": "report.md",
            "op": "written",
            "size": 9120,
            "version": "9f86d081884c7d65",
            "call_id": "toolu_01A09q90qw90lq917835lq9",
        }
    ],
    "schedule_id": None,
    "firing_id": None,
}
