"""Agents, tools and answers, as clients of the workflows dialect make them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from agentsapi import AgentServiceAPIClient
from agentsapi.models.tools import ParameterProperty, ParametersSchema, ToolDefinition

from tests.kit.messages_api import MessagesApi
from tests.kit.shapes import MODEL

ZONE = ParametersSchema(
    properties={"zone": ParameterProperty(type="string", description="a time zone")}, required=["zone"]
)
TOOLS = [
    ToolDefinition(name="get_time", description="Tells the time", schema_data=ZONE),
    ToolDefinition(name="get_weather", description="Tells the weather", schema_data=ZONE),
]
NUMBERS = iter(range(10**6))


def make(http: httpx.Client, **settings: Any) -> str:
    answer = http.post("/v1/agents", json={"name": f"agent {next(NUMBERS)}", "model": MODEL, **settings})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


class Tools:
    """Handlers that remember how they were called."""

    def __init__(self, **answers: Any) -> None:
        self.called: list[tuple[str, dict[str, Any], str, int]] = []
        self.handlers = {name: (None, self._handler(name, answer)) for name, answer in answers.items()}

    def _handler(self, name: str, answer: Any) -> Callable[..., Awaitable[Any]]:
        async def handler(args: dict[str, Any], agent_id: str, task_id: int) -> Any:
            self.called.append((name, args, agent_id, task_id))
            if callable(answer):
                return await answer()
            return answer

        return handler


def told(model: MessagesApi) -> list[tuple[str, bool]]:
    """What the model was told of the calls, and whether that was an error."""
    blocks = [block for message in model.requests[-1]["messages"] for block in message["content"]]
    return [(str(b["content"]), bool(b.get("is_error"))) for b in blocks if b["type"] == "tool_result"]


async def status(client: AgentServiceAPIClient, agent: str, task: int) -> dict[str, Any]:
    """Poll; the client gives the raw body (contract C.7)."""
    record: Any = await client.get_agent_task_status(agent, task)
    assert isinstance(record, dict)
    return record


async def stands(client: AgentServiceAPIClient, agent: str, task: int, wanted: str) -> dict[str, Any]:
    """Poll until a task stands like this."""
    for _ in range(1200):
        record = await status(client, agent, task)
        if record["status"] == wanted:
            return record
        await asyncio.sleep(0.025)
    raise AssertionError(f"{record} is not {wanted}")
