"""PyPI's agentserviceapi, unchanged: an agent asks this script for the time."""

import asyncio
import os
from datetime import UTC, datetime

import httpx
from agentsapi import AgentServiceAPIClient
from agentsapi.models.tools import ParametersSchema, ToolDefinition

os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")  # no proxy stands before this machine
URL, KEY = os.environ.get("WALKAWAY_URL", "http://127.0.0.1:8005"), os.environ.get("WALKAWAY_KEY", "none")


async def get_current_time(args: dict, agent_id: str, task_id: int) -> str:  # noqa: ARG001 - called by these names
    """Tell the agent the time."""
    print(f"task {task_id} of {agent_id} asks for the time")
    return datetime.now(UTC).isoformat()


async def main() -> None:
    """Register the tool, start a task, answer it when it asks, and print what comes of it."""
    client = AgentServiceAPIClient(base_url=URL)
    client.set_api_key(KEY)
    definition = ToolDefinition(
        name="get_current_time", description="Tells the time", schema_data=ParametersSchema(properties={})
    )
    await client.tools.register_tools([definition])
    client.set_tools({"get_current_time": (None, get_current_time)})
    final = await client.run_agent("timekeeper", {"1": "What time is it?"})
    print(final.status, final.result)


made = httpx.post(f"{URL}/v1/agents", json={"name": "timekeeper"}, headers={"X-API-Key": KEY})
assert made.status_code in (201, 409), made.text  # 409: it is there already
asyncio.run(main())
