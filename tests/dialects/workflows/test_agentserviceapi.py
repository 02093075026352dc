"""PyPI agentserviceapi 0.1.0, unchanged, over a socket: through its public functions, on both shapes."""

import asyncio
import base64
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from agentsapi import AgentServiceAPIClient
from agentsapi.agent_interactive_run import AgentInteractiveRun
from agentsapi.exceptions import AgentServiceAPIException, AgentServiceAPIHTTPError, AgentServiceAPITimeoutError
from agentsapi.models.agent_execution_updates import AgentGraphRunStatusResponse
from agentsapi.models.tool_calls import ModelToolCallResponse
from agentsapi.models.tools import ParameterProperty, ParametersSchema, ToolDefinition

from tests.kit.asking import time_call, weather_call
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.receivers import Receiver
from tests.kit.shapes import MODEL, Shape, until
from walkaway_core.dialects.workflows.wire import STATUS, TASK

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
ZONE = ParametersSchema(
    properties={"zone": ParameterProperty(type="string", description="a time zone")}, required=["zone"]
)
TOOLS = [
    ToolDefinition(name="get_time", description="Tells the time", schema_data=ZONE),
    ToolDefinition(name="get_weather", description="Tells the weather", schema_data=ZONE),
]
NUMBERS = iter(range(10**6))


@pytest.fixture
def http(shape: Shape) -> Iterator[httpx.Client]:
    with shape.client() as found:
        yield found
    shape.clock.ahead = 0.0


@pytest.fixture
def client(shape: Shape, http: httpx.Client) -> AgentServiceAPIClient:
    """The client, as its documentation says, with tools that are registered."""
    found = AgentServiceAPIClient(base_url=shape.url)
    found.set_api_key(http.headers.get("x-api-key") or http.headers["authorization"].removeprefix("Bearer "))
    asyncio.run(found.tools.register_tools(TOOLS))
    return found


@pytest.fixture
def agent(http: httpx.Client) -> str:
    return make(http)


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


class TestInteractive:
    def test_a_run_with_a_tool(self, client: AgentServiceAPIClient, model: MessagesApi, agent: str) -> None:
        model.replies = [Reply([text("Let me see."), time_call()]), Reply([text("It is 12:04.")])]
        tools = Tools(get_time="12:04")
        client.set_tools(tools.handlers)
        final = asyncio.run(client.run_agent(agent, {"1": "What time is it?"}, metadata={"order": 7}))
        assert (final.status, final.result, final.agent_id) == ("completed", "It is 12:04.", agent)
        assert tools.called == [("get_time", {"zone": "Europe/Paris"}, agent, final.task_id)]
        assert told(model) == [("12:04", False)]
        assert final.task_id is not None
        assert 0 < final.task_id < 2**53
        assert (final.environment, final.version, final.num_steps) == ("production", 1, 2)
        assert (final.tokens_in, final.tokens_out) == (20, 10)
        assert final.started_at
        assert final.completed_at
        assert final.started_at <= final.completed_at
        assert final.execution_context
        assert final.execution_context.get_step_input_string(1, "1") == "What time is it?"
        listed = asyncio.run(client.get_agent_runs(agent)).runs
        assert [(run.task_id, run.metadata) for run in listed] == [(final.task_id, {"order": 7})]
        assert asyncio.run(client.list_workflow_runs_by_parent_task_id(final.task_id)) == []

    def test_two_calls_in_one_pause(self, client: AgentServiceAPIClient, model: MessagesApi, agent: str) -> None:
        model.replies = [Reply([time_call(), weather_call()]), Reply([text("done")])]
        tools = Tools(get_time={"hour": 12}, get_weather="rain")
        client.set_tools(tools.handlers)
        final = asyncio.run(client.run_agent(agent, {"1": "Both"}))
        assert final.status == "completed"
        assert [name for name, *_ in tools.called] == ["get_time", "get_weather"]
        assert [json.loads(told(model)[0][0]), told(model)[1][0]] == [{"hour": 12}, "rain"]

    def test_five_pauses_and_each_tool_runs_once(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [*(Reply([time_call(f"toolu_{n}")]) for n in range(5)), Reply([text("done")])]
        tools = Tools(get_time="12:04")
        client.set_tools(tools.handlers)

        async def go() -> AgentGraphRunStatusResponse:
            run = await client.execute_agent(agent, {"1": "Five times"}, environment="test")
            return await run

        assert asyncio.run(go()).status == "completed"
        assert len(tools.called) == 5

    def test_a_handler_that_raises(self, client: AgentServiceAPIClient, model: MessagesApi, agent: str) -> None:
        async def broken() -> str:
            raise ZeroDivisionError("no clock")

        model.replies = [Reply([time_call()]), Reply([text("I could not find out.")])]
        client.set_tools(Tools(get_time=broken).handlers)
        final = asyncio.run(client.run_agent(agent, {"1": "What time is it?"}))
        assert final.result == "I could not find out."
        assert told(model) == [("Error executing tool 'get_time': no clock", False)]

    def test_a_handler_that_takes_twenty_seconds(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str
    ) -> None:
        async def slow() -> str:
            await asyncio.sleep(20)  # longer than any silence that a reader here is used to
            return "late"

        model.replies = [Reply([time_call()]), Reply([text("done")])]
        tools = Tools(get_time=slow)
        client.set_tools(tools.handlers)
        final = asyncio.run(client.run_agent(agent, {"1": "What time is it?"}))
        assert (final.status, len(tools.called), told(model)) == ("completed", 1, [("late", False)])

    def test_a_run_that_fails_returns_with_its_reasons(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply(status=400, error="credit balance too low")]
        final = asyncio.run(client.run_agent(agent, {"1": "Hello"}))
        assert (final.status, final.result, final.failure_code) == ("failed", None, "model_refused")
        assert "credit balance too low" in (final.failure_reason or "")

    def test_a_run_that_is_cancelled_while_it_waits(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([time_call()])]

        async def go() -> AgentGraphRunStatusResponse:
            async def cancels() -> str:
                await client.schedule_run_cancel(run.task_id)
                await asyncio.sleep(30)
                return "never"

            run = await client.execute_agent(agent, {"1": "Wait"})
            other = AgentInteractiveRun(client, agent, run.task_id, Tools(get_time=cancels).handlers)
            waiting = asyncio.create_task(other.get_response())
            await stands(client, agent, run.task_id, "cancelled")
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await client.schedule_run_cancel(run.task_id)  # again, in vain
            return await run

        final = asyncio.run(go())
        assert (final.status, final.result) == ("cancelled", None)

    def test_over_time_the_run_goes_on_and_can_be_taken_up(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([time_call()]), Reply([text("done")])]

        async def go() -> AgentGraphRunStatusResponse:
            run = await client.execute_agent(agent, {"1": "Wait"}, response_timeout=0.5)
            slow = Tools(get_time=lambda: asyncio.sleep(60))
            run._tools = slow.handlers
            with pytest.raises(AgentServiceAPITimeoutError) as late:
                await run
            assert late.value.task_id == run.task_id
            quick = Tools(get_time="12:04")
            return await AgentInteractiveRun(client, agent, run.task_id, quick.handlers)

        assert asyncio.run(go()).status == "completed"
        assert told(model) == [("12:04", False)]

    def test_without_a_handler_the_run_stays_and_waits(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([time_call()]), Reply([text("done")])]

        async def go() -> int:
            run = await client.execute_agent(agent, {"1": "Wait"})
            with pytest.raises(AgentServiceAPIException, match="no tool handlers"):
                await run
            task: int = run.task_id
            return task

        task = asyncio.run(go())
        assert asyncio.run(status(client, agent, task))["status"] == "awaiting_tool_calls"
        client.set_tools(Tools(get_time="12:04").handlers)
        run = AgentInteractiveRun(client, agent, task)
        assert asyncio.run(run.get_response()).status == "completed"

    def test_a_run_that_is_over_can_be_followed(
        self, client: AgentServiceAPIClient, http: httpx.Client, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([text("done")])]
        first = asyncio.run(client.run_agent(agent, {"1": "Hello"}))
        assert first.task_id
        again = asyncio.run(AgentInteractiveRun(client, agent, first.task_id).get_response())
        assert again.result == first.result == "done"
        assert http.get(f"/api/workflow/run/{first.task_id}").json().keys() == TASK.keys()
        assert http.get(f"/api/agent/{agent}/status/{first.task_id}").json().keys() == STATUS.keys()


async def status(client: AgentServiceAPIClient, agent: str, task: int) -> dict[str, Any]:
    """Poll; the client gives the raw body (contract C.7)."""
    found: Any = await client.get_agent_task_status(agent, task)
    assert isinstance(found, dict)
    return found


async def stands(client: AgentServiceAPIClient, agent: str, task: int, wanted: str) -> dict[str, Any]:
    """Poll until a task stands like this."""
    for _ in range(1200):
        found = await status(client, agent, task)
        if found["status"] == wanted:
            return found
        await asyncio.sleep(0.025)
    raise AssertionError(f"{found} is not {wanted}")


class TestPollingAndAnswers:
    def test_polling_and_answering_by_hand(self, client: AgentServiceAPIClient, model: MessagesApi, agent: str) -> None:
        model.replies = [Reply([time_call()]), Reply([text("done")])]

        async def go() -> list[str]:
            started = await client.execute_agent_polling(agent, {"1": "What time is it?"})
            assert started.status == "started"
            seen: list[str] = []
            while not seen or seen[-1] != "completed":
                found = await status(client, agent, started.task_id)
                seen.append(found["status"])
                info = found["task_info"]
                assert found["completed"] is (seen[-1] == "completed")
                assert info["task_id"] == started.task_id
                if info["paused_for_tool_calls"]:
                    request = info["agent_node_execution_statuses"][-1]["tool_call_requests"][0]
                    assert json.loads(request["arguments"]) == {"zone": "Europe/Paris"}
                    answer = ModelToolCallResponse(call_id=request["call_id"], output="12:04")
                    for _ in range(2):  # the same answer may come again
                        taken = await client.send_tool_responses(agent, started.task_id, [answer])
                        assert taken.task_id == started.task_id
                    other = ModelToolCallResponse(call_id=request["call_id"], output="12:05")
                    with pytest.raises(AgentServiceAPIHTTPError) as refused:
                        await client.send_tool_responses(agent, started.task_id, [other])
                    assert refused.value.status_code == 409
                    assert "tool_responses_already_submitted" in (refused.value.response_text or "")
                await asyncio.sleep(0.02)
            return seen

        assert set(asyncio.run(go())) <= {"pending", "running", "awaiting_tool_calls", "completed"}
        assert told(model) == [("12:04", False)]

    def test_an_error_of_a_tool_and_half_of_the_answers(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([time_call(), weather_call()]), Reply([text("done")])]

        async def go() -> None:
            task = (await client.execute_agent_polling(agent, {"1": "Both"})).task_id
            await stands(client, agent, task, "awaiting_tool_calls")
            one = ModelToolCallResponse(call_id="toolu_time", output="", errored=True, error_message="no clock")
            await client.send_tool_responses(agent, task, [one])
            left = (await status(client, agent, task))["task_info"]["agent_node_execution_statuses"][0]
            assert [request["call_id"] for request in left["tool_call_requests"]] == ["toolu_weather"]
            two = ModelToolCallResponse(call_id="toolu_weather", output="rain")
            await client.send_tool_responses(agent, task, [two])
            await stands(client, agent, task, "completed")

        asyncio.run(go())
        assert told(model) == [("no clock", True), ("rain", False)]

    @pytest.mark.parametrize(
        ("results", "wanted"),
        [
            ([], (400, "no_tool_responses")),
            ([{"call_id": "toolu_nobody", "output": "x"}], (400, "tool_call_ids_mismatch")),
            ([{"call_id": "toolu_time", "output": "x"}] * 2, (400, "duplicate_call_ids_in_request")),
        ],
    )
    def test_answers_that_do_not_fit(
        self,
        client: AgentServiceAPIClient,
        http: httpx.Client,
        model: MessagesApi,
        agent: str,
        results: list[Any],
        wanted: tuple[int, str],
    ) -> None:
        model.replies = [Reply([time_call()])]
        task = asyncio.run(client.execute_agent_polling(agent, {"1": "Wait"})).task_id
        while not http.get(f"/api/agent/{agent}/status/{task}").json()["task_info"]["paused_for_tool_calls"]:
            threading.Event().wait(0.02)
        answer = http.post(f"/api/agent/{agent}/{task}/tool_responses", json={"results": results})
        assert (answer.status_code, answer.json()["detail"]["code"]) == wanted
        asyncio.run(client.schedule_run_cancel(task))

    def test_a_tool_of_the_servers_that_needs_a_yes_is_not_the_clients(
        self, client: AgentServiceAPIClient, http: httpx.Client, model: MessagesApi
    ) -> None:
        """The client has no answer to such a call; it is given in the sessions API."""
        agent = make(http, approve=["list_files"])
        model.replies = [Reply([call("list_files", "toolu_ours"), time_call()]), Reply([text("done")])]

        def approve(task: int) -> None:
            session = f"/v1/sessions/{http.get('/v1/sessions').json()[0]['id']}"
            while [call["call_id"] for call in http.get(session).json()["pending_tool_calls"]] != ["toolu_ours"]:
                threading.Event().wait(0.05)
            assert http.get(f"/api/agent/{agent}/status/{task}").json()["status"] == "running"
            answer = {"results": [{"call_id": "toolu_ours", "approve": True}]}
            assert http.post(f"{session}/tool_results", json=answer).status_code == 200

        async def go() -> Any:
            client.set_tools(Tools(get_time="12:04").handlers)
            run = await client.execute_agent(agent, {"1": "Both"})
            following = asyncio.create_task(run.get_response())
            await asyncio.to_thread(approve, run.task_id)
            return await following

        assert asyncio.run(go()).status == "completed"


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


class TestFiles:
    @pytest.mark.parametrize(
        ("files", "data"),
        [
            ({"file_2x": b"x"}, {}),
            ({}, {"file_1": "not a file"}),
            ({"file_1": b"x"}, {"inputs": "{", "environment": "test"}),
            ({"file_1": b"x"}, {"inputs": "{}", "environment": "nowhere"}),
        ],
    )
    def test_forms_that_do_not_fit(self, http: httpx.Client, agent: str, files: Any, data: Any) -> None:
        path = f"/api/workflow/execute/{agent}/with-files" if "inputs" in data else "/api/workflow/upload-run-input"
        answer = http.post(path, files=files or None, data=data)
        assert answer.status_code == 400, answer.text
        assert answer.json()["detail"]["code"] == "invalid_request"

    def test_a_run_with_files(self, client: AgentServiceAPIClient, model: MessagesApi, agent: str) -> None:
        model.replies = [Reply([text("Seen.")])]
        asked = len(model.requests)

        async def go() -> dict[str, Any]:
            started = await client.execute_agent_with_files(
                agent, (PNG, "chart.png"), (b"a,b\n1,2\n", "../odd/näme.csv"), {"3": "Compare them"}, metadata={"n": 1}
            )
            return await stands(client, agent, started.task_id, "completed")

        assert asyncio.run(go())["status"] == "completed"
        content = model.requests[asked]["messages"][0]["content"]
        assert [block["type"] for block in content] == ["image", "text"]
        assert "chart.png" in content[1]["text"]
        assert "Input 3:\nCompare them" in content[1]["text"]
        assert content[1]["text"].count("/opt/sandbox/workspace/inputs/in_") == 2

    def test_files_that_are_uploaded_first(
        self, client: AgentServiceAPIClient, http: httpx.Client, model: MessagesApi, agent: str
    ) -> None:
        model.replies = [Reply([call("read_file", path="notes.txt")]), Reply([text("Seen.")])]

        async def go() -> AgentGraphRunStatusResponse:
            one = await client.upload_run_input_file(b"remember the milk", "notes.txt")
            two = await client.upload_run_input_file(PNG, "a.png", b"%PDF-1.7 nothing", "b.pdf")
            assert one.reference
            assert two.references
            assert set(two.references) == {"1", "2"}
            model.replies[0] = Reply([call("read_file", path=one.reference)])
            return await client.run_agent(
                agent, {"1": one.reference}, {"1": two.references["1"], "2": base64.b64encode(PNG).decode()}
            )

        assert asyncio.run(go()).status == "completed"
        assert "remember the milk" in told(model)[0][0]
        kinds = [block["type"] for block in model.requests[-1]["messages"][0]["content"]]
        assert kinds == ["image", "image", "text"], "by its reference, and in base64"

    @pytest.mark.parametrize(
        ("inputs", "about"),
        [
            ({"images": {"1": "https://example.com/a.png"}}, "upload the image"),
            ({"images": {"1": 7}}, "images.1"),
            ({"images": {"1": "data:image/png;base64,AAAA"}}, "not image/png"),
            ({"images": {"1": "nowhere.png"}}, "nowhere.png"),
        ],
    )
    def test_images_that_are_none(self, http: httpx.Client, agent: str, inputs: Any, about: str) -> None:
        answer = http.post(f"/api/workflow/execute/{agent}", json={"inputs": inputs})
        assert answer.status_code == 400
        assert about in answer.json()["detail"]["message"]


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
        assert httpx.get(f"{shape.url}/v1/sessions", cookies={"custom_session": key}).status_code == 401

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
