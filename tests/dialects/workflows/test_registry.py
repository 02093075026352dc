"""PyPI agentserviceapi 0.1.0, unchanged, over a socket: tools that are registered, and models."""

import asyncio

import httpx
import pytest
from agentsapi import AgentServiceAPIClient
from agentsapi.exceptions import AgentServiceAPIHTTPError

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.workflows import TOOLS, make


class TestRegistry:
    def test_tools_are_registered_over_their_like_and_listed(self, client: AgentServiceAPIClient) -> None:
        first = asyncio.run(client.tools.register_tools(TOOLS)).tools
        again = asyncio.run(client.tools.register_tools([TOOLS[0].model_copy(update={"description": "New"})])).tools
        assert [tool.id for tool in again] == [first[0].id]
        other = TOOLS[0].model_copy(update={"name": "elsewhere", "namespace": "mine"})
        asyncio.run(client.tools.register_tools([other]))
        listed = asyncio.run(client.tools.get_tools()).schemas
        assert {(tool.name, tool.namespace) for tool in listed} >= {("get_time", ""), ("elsewhere", "mine")}
        shown = next(tool for tool in listed if tool.name == "get_time")
        assert (shown.schema_data["description"], shown.status) == ("New", "active")
        assert shown.schema_data["parameters"]["required"] == ["zone"]
        mine = asyncio.run(client.tools.get_tools(namespace="mine", limit=10)).schemas
        assert [tool.name for tool in mine] == ["elsewhere"]
        assert asyncio.run(client.tools.get_tools(offset=len(listed))).schemas == []

    def test_what_cannot_be_a_tool_is_refused(self, client: AgentServiceAPIClient) -> None:
        for name in ("bash", "no spaces"):
            with pytest.raises(AgentServiceAPIHTTPError, match=name):
                asyncio.run(client.tools.register_tools([TOOLS[0].model_copy(update={"name": name})]))

    def test_of_tools_that_are_too_large_none_is_kept(self, http: httpx.Client) -> None:
        before = http.get("/api/tools").json()
        tools = [
            {"name": "fine", "description": "", "schema_data": {"type": "object"}},
            {"name": "large", "description": "", "schema_data": {"type": "object", "title": "y" * 500_000}},
        ]
        answer = http.post("/api/tools/register", json={"tools": tools})
        assert (answer.status_code, "large" in answer.json()["detail"]["message"]) == (413, True)
        assert http.get("/api/tools").json() == before

    def test_an_agent_with_tools_has_those_alone(
        self, client: AgentServiceAPIClient, http: httpx.Client, model: MessagesApi
    ) -> None:
        own = {"type": "function", "name": "ask_the_cat", "parameters": {"type": "object"}}
        agent = make(http, tools=[own])
        model.replies = [Reply([text("done")])]
        asyncio.run(client.run_agent(agent, {"1": "Hello"}))
        names = [tool["name"] for tool in model.requests[-1]["tools"]]
        assert "ask_the_cat" in names
        assert "get_time" not in names

    def test_models(self, client: AgentServiceAPIClient) -> None:
        assert "rehearsal" in asyncio.run(client.get_models())


@pytest.mark.usefixtures("client")
def test_of_a_parameter_that_is_there_twice_the_last_counts(http: httpx.Client) -> None:
    assert len(http.get("/api/tools?limit=2&limit=1").json()["schemas"]) == 1
    assert http.get("/api/tools?status=active&status=x").json()["schemas"] == []
    assert http.get("/api/tools?status=x&status=active").json()["schemas"]
