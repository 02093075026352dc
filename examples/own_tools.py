"""Let the agent ask this script: a tool of its own, answered while it waits, and a yes to one of the server's."""

import os
import time
from datetime import UTC, datetime

import httpx

client = httpx.Client(
    base_url=os.environ.get("WALKAWAY_URL", "http://127.0.0.1:8005"),
    headers={"Authorization": f"Bearer {os.environ.get('WALKAWAY_KEY', 'none')}"},
    trust_env="WALKAWAY_URL" in os.environ,  # no proxy stands before this machine
    timeout=60,
)
TOOL = {
    "type": "function",
    "name": "get_current_time",
    "description": "Tells the time where the user is",
    "parameters": {"type": "object", "properties": {}},
}
session = client.post("/v1/sessions", json={"tools": [TOOL], "approve": ["list_files"]}).raise_for_status().json()["id"]
url = f"/v1/sessions/{session}"


def ask(message: str) -> str:
    """Send a message, answer whatever the turn asks, and give what the agent says in the end."""
    body, later = {"message": message}, {"Prefer": "respond-async"}
    response = client.post(f"{url}/messages", json=body, headers=later).raise_for_status().json()["response_id"]
    while (turn := client.get(f"{url}/responses/{response}").json())["status"] == "in_progress":
        for call in turn["pending_tool_calls"]:
            print(f"asked for {call['name']}({call['arguments']}): {call['needs']}")
            if call["needs"] == "approval":
                answer = {"call_id": call["call_id"], "approve": True}
            else:
                answer = {"call_id": call["call_id"], "output": datetime.now(UTC).isoformat()}
            client.post(f"{url}/tool_results", json={"results": [answer]}).raise_for_status()
        time.sleep(0.2)
    return turn["output_text"]


print(ask("What time is it?"))
print(ask("List the files of the workspace"))
