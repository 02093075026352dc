"""Agents, tools and answers, as clients of the workflows dialect make them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
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
