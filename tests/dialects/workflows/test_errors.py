"""PyPI agentserviceapi 0.1.0, unchanged, over a socket: what is refused, in its own words."""

import asyncio

import httpx
import pytest
from agentsapi import AgentServiceAPIClient
from agentsapi.exceptions import AgentServiceAPIHTTPError

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import PATIENCE
from tests.kit.shapes import Shape
from tests.kit.workflows import make


class TestRefused:
    def test_nobody_elses(
        self, shape: Shape, client: AgentServiceAPIClient, http: httpx.Client, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([text("done")])]
        task = asyncio.run(client.run_agent(agent, {"1": "Hello"})).task_id
        with shape.client("beta") as stranger:
            for path in (
                f"/api/agent/{agent}/status/{task}",
                f"/api/agent/{agent}/status/{task}/events",
                f"/api/workflow/run/{task}",
                f"/api/workflow/runs/by-parent/{task}",
                f"/api/agent/{agent}/runs",
            ):
                assert stranger.get(path).status_code == 404, path
            assert stranger.post(f"/api/workflow/runs/{task}/schedule-cancel", json={}).status_code == 404
            assert stranger.post(f"/api/workflow/execute/{agent}", json={}).status_code == 404
            body = {"results": [{"call_id": "x", "output": ""}]}
            assert stranger.post(f"/api/agent/{agent}/{task}/tool_responses", json=body).status_code == 404
            assert stranger.get("/api/tools/").json() == {"schemas": []}
        other = make(http)
        assert http.get(f"/api/agent/{other}/status/{task}").status_code == 404, "not of this agent"

    def test_with_a_wrong_key_and_with_a_cookie(self, shape: Shape, http: httpx.Client, agent: str) -> None:
        wrong = AgentServiceAPIClient(base_url=shape.url)
        wrong.set_api_key("sk_wrong")
        with pytest.raises(AgentServiceAPIHTTPError) as refused:
            asyncio.run(wrong.execute_agent_polling(agent, {"1": "Hello"}))
        assert refused.value.status_code == 401
        assert "unauthorized" in (refused.value.response_text or "")
        key = http.headers.get("x-api-key") or http.headers["authorization"].removeprefix("Bearer ")
        cookie = AgentServiceAPIClient(base_url=shape.url)
        cookie.set_auth_cookie(key)
        assert asyncio.run(cookie.tools.get_tools(limit=1)).schemas is not None
        for path in ("/v1/sessions", "/v1/agents", "/api/v1/runs", "/api/v1/runs/", "/api/v1/runs/x", "/stats"):
            assert (
                httpx.get(f"{shape.url}{path}", cookies={"custom_session": key}, timeout=PATIENCE).status_code == 401
            ), path

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/api/agent/x/rubric"),
            ("POST", "/api/grader/execute"),
            ("PUT", "/api/agent/x/traffic"),
            ("POST", "/api/workflow/create"),
            ("DELETE", "/api/agent/x/status/7"),
        ],
    )
    def test_what_the_platform_has_besides_runs_is_not_here(self, http: httpx.Client, method: str, path: str) -> None:
        answer = http.request(method, path)
        assert answer.status_code == 404
        said = answer.json().get("detail", answer.json())
        assert "There is no such address" in said["message"] or "/v1/agents" in said["message"]

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/workflow/execute/{}", '{"inputs": {"strings": {"1": NaN}}}'),
            ("/api/workflow/execute/{}", '{"inputs": {"images": {"1": "\\ud800"}}}'),
            ("/api/workflow/execute/{}", '{"inputs": {"images": {"1": "iVBORw0KGgo\u00e9"}}}'),
            ("/api/workflow/execute/{}", '{"inputs": {"images": {"1": "../../etc/passwd"}}}'),
            ("/api/workflow/execute/{}", '{"metadata": {"x": NaN}}'),
            ("/api/workflow/execute/{}", '{"environment": "nowhere"}'),
            ("/api/workflow/execute/{}", "[]"),
            ("/api/agent/{}/1/tool_responses", '{"results": [{"call_id": "x", "output": NaN}]}'),
            ("/api/tools/register", '{"tools": [{"name": "x", "schema_data": {"properties": {"a": NaN}}}]}'),
            ("/api/tools/register", '{"tools": [{"name": "x", "schema_data": {"type": "array"}}]}'),
            ("/v1/sessions", '{"tools": [{"name": "x", "parameters": {"default": NaN}}]}'),
        ],
    )
    def test_bodies_that_do_not_fit(self, http: httpx.Client, agent: str, path: str, body: str) -> None:
        answer = http.post(path.format(agent), content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 403, 422), answer.text

    @pytest.mark.parametrize("task", ["-1", "0", str(2**53), str(10**30), "seven"])
    def test_numbers_that_are_no_task(self, http: httpx.Client, agent: str, task: str) -> None:
        assert http.get(f"/api/workflow/run/{task}").status_code in (404, 422)
        assert http.get(f"/api/agent/{agent}/status/{task}").status_code in (404, 422)

    def test_an_agent_that_nobody_made(self, client: AgentServiceAPIClient) -> None:
        with pytest.raises(AgentServiceAPIHTTPError, match="no such agent") as refused:
            asyncio.run(client.run_agent("nobody", {"1": "Hello"}))
        assert refused.value.status_code == 404
