"""PyPI agentserviceapi 0.1.0, unchanged, over a socket: runs with tools, polled and answered."""

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest
from agentsapi import AgentServiceAPIClient
from agentsapi.agent_interactive_run import AgentInteractiveRun
from agentsapi.exceptions import AgentServiceAPIException, AgentServiceAPIHTTPError, AgentServiceAPITimeoutError
from agentsapi.models.agent_execution_updates import AgentGraphRunStatusResponse
from agentsapi.models.tool_calls import ModelToolCallResponse

from tests.kit.asking import time_call, weather_call
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.shapes import Shape
from tests.kit.workflows import Tools, make, stands, status, told
from walkaway_core.dialects.workflows.wire import STATUS, TASK
from walkaway_core.ports.items import Item, Put
from walkaway_core.store.keys import SessionKey


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

    @pytest.mark.parametrize("seconds", [6, pytest.param(20, marks=pytest.mark.deep)])
    def test_a_handler_that_takes_long(
        self, client: AgentServiceAPIClient, model: MessagesApi, agent: str, seconds: int
    ) -> None:
        async def slow() -> str:
            await asyncio.sleep(seconds)  # 20: longer than any silence that a reader here is used to
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


def test_a_task_whose_turn_cannot_be_read_has_failed_and_is_listed(
    client: AgentServiceAPIClient, http: httpx.Client, model: MessagesApi, agent: str, shape: Shape
) -> None:
    model.replies = [Reply([text("done")])]
    task = asyncio.run(client.run_agent(agent, {"1": "Go"})).task_id
    table = shape.services.table
    look_up = table.get(("T#alpha", f"TASK#{task:016}"))[0]
    assert look_up
    key = SessionKey("alpha", str(look_up.facts["session"])).turn(str(look_up.facts["turn"]))
    table.write(Put(Item(*key.item, {})))
    shown = http.get(f"/api/workflow/run/{task}").json()
    assert (shown["task_id"], shown["status"]) == (task, "failed")
    assert "cannot be read" in shown["failure_reason"]
    listed = asyncio.run(client.get_agent_runs(agent)).runs
    assert [(run.task_id, run.status) for run in listed] == [(task, "failed")]
