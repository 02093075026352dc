"""PyPI agentserviceapi 0.1.0, unchanged, over a socket: what a receiver of its webhooks is told."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from agentsapi import AgentServiceAPIClient
from agentsapi.models.agent_execution_updates import AgentGraphRunStatusResponse

from tests.kit.asking import time_call, weather_call
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.receivers import Receiver
from tests.kit.shapes import Shape, until
from tests.kit.workflows import Tools


class TestWebhooks:
    @pytest.fixture
    def hooked(self, http: httpx.Client, receiver: Receiver) -> Iterator[Receiver]:
        hook = http.post("/v1/webhooks", json={"url": receiver.url, "format": "workflows"}).json()
        yield receiver
        http.delete(f"/v1/webhooks/{hook['id']}")

    def test_a_receiver_runs_the_tools_and_sends_what_they_gave(
        self, shape: Shape, client: AgentServiceAPIClient, model: MessagesApi, agent: str, hooked: Receiver
    ) -> None:
        model.replies = [
            Reply([time_call(), weather_call()]),
            Reply([time_call("toolu_2")]),
            Reply([text("All is well.")]),
        ]
        tools = Tools(get_time="12:04", get_weather="rain")
        task = asyncio.run(client.execute_agent_polling(agent, {"1": "Both"}, metadata={"order": 8})).task_id
        done: list[AgentGraphRunStatusResponse] = []
        taken = 0

        def take() -> bool:
            nonlocal taken
            for got in hooked.got[taken:]:
                taken += 1
                payload = AgentGraphRunStatusResponse.model_validate(got.json)
                assert (payload.task_id, payload.agent_id, payload.metadata) == (task, agent, {"order": 8})
                assert payload.timestamp
                if payload.status == "awaiting_tool_calls":
                    results = asyncio.run(client.process_webhook_tools(payload, tools.handlers))
                    asyncio.run(client.send_tool_responses(agent, task, results.results))
                elif payload.status == "completed":
                    done.append(payload)
            return bool(done)

        until(take, shape)
        assert [name for name, *_ in tools.called] == ["get_time", "get_weather", "get_time"]
        assert done[0].result == "All is well."
        assert done[0].initial_inputs
        assert done[0].initial_inputs.strings == {"1": "Both"}
