"""Tasks of whose records some cannot be read: the list goes on, and each task stands as it does there."""

import asyncio
from typing import Any

import httpx
import pytest
from agentsapi import AgentServiceAPIClient

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.shapes import Shape, until
from walkaway_core.dialects.workflows import keys
from walkaway_core.engine.releasing import PURGE_AFTER
from walkaway_core.ports.items import Item, Key, Put
from walkaway_core.store.keys import SessionKey

GONE: dict[str, Any] = {}
OTHERS: dict[str, Any] = {"session": "x", "turn": "x"}
DAMAGES = pytest.mark.parametrize("facts", [GONE, OTHERS], ids=["gone", "others"])


@pytest.fixture
def task(client: AgentServiceAPIClient, model: MessagesApi, agent: str) -> int:
    model.replies = [Reply([text("done")])]
    return int(asyncio.run(client.run_agent(agent, {"1": "Go"})).task_id)


def damage(shape: Shape, key: Key, facts: dict[str, Any]) -> None:
    shape.services.table.write(Put(Item(*key, facts)))


def listed(http: httpx.Client, agent: str) -> list[tuple[int, str]]:
    runs = http.get(f"/api/agent/{agent}/runs").json()["runs"]
    return [(run["task_id"], run["status"]) for run in runs]


def turn(shape: Shape, task: int) -> Key:
    look_up = shape.services.table.get(keys.task("alpha", task))[0]
    assert look_up
    return SessionKey("alpha", str(look_up.facts["session"])).turn(str(look_up.facts["turn"])).item


@pytest.mark.parametrize("sk", ["x", "9" * 900, "1", "\u0661" * 16])
def test_an_entry_whose_key_is_no_number_is_passed_over(
    http: httpx.Client, task: int, agent: str, shape: Shape, sk: str
) -> None:
    key = keys.task_entry("alpha", agent, task)[0], sk
    damage(shape, key, GONE)
    assert listed(http, agent) == [(task, "completed")]


@DAMAGES
def test_a_task_whose_look_up_cannot_be_read_stands_as_its_agents_list_has_it(
    http: httpx.Client, task: int, agent: str, shape: Shape, facts: dict[str, Any]
) -> None:
    damage(shape, keys.task("alpha", task), facts)
    assert listed(http, agent) == [(task, "completed")]
    for path in (f"/api/workflow/run/{task}", f"/api/agent/{agent}/status/{task}"):
        assert http.get(path).json()["status"] == "completed"
    assert http.get(f"/api/workflow/runs/by-parent/{task}").json() == []
    assert http.get(f"/api/agent/another/status/{task}").status_code == 404


@DAMAGES
def test_a_damaged_entry_is_not_missed(
    http: httpx.Client, task: int, agent: str, shape: Shape, facts: dict[str, Any]
) -> None:
    damage(shape, keys.task_entry("alpha", agent, task), facts)
    assert listed(http, agent) == [(task, "completed")]


@DAMAGES
def test_a_task_of_which_nothing_says_whose_it_is_has_failed(
    http: httpx.Client, task: int, agent: str, shape: Shape, facts: dict[str, Any]
) -> None:
    damage(shape, keys.task_entry("alpha", agent, task), facts)
    damage(shape, keys.task("alpha", task), facts)
    assert listed(http, agent) == [(task, "failed")]
    shown = http.get(f"/api/workflow/run/{task}").json()
    assert (shown["status"], "cannot be read" in shown["failure_reason"]) == ("failed", True)
    assert http.get(f"/api/agent/{agent}/status/{task}").json()["status"] == "failed"
    assert http.get(f"/api/agent/another/status/{task}").status_code == 404
    assert "is gone" in http.get(f"/api/agent/{agent}/status/{task}/events").text
    assert http.post(f"/api/workflow/runs/{task}/schedule-cancel").status_code == 404
    answers = {"results": [{"call_id": "x", "output": "y"}]}
    assert http.post(f"/api/agent/{agent}/{task}/tool_responses", json=answers).status_code == 404


@DAMAGES
def test_a_task_whose_turn_cannot_be_read_is_its_agents_and_goes_with_its_session(
    http: httpx.Client, task: int, agent: str, shape: Shape, facts: dict[str, Any]
) -> None:
    (pk, sk), table = turn(shape, task), shape.services.table
    damage(shape, (pk, sk), {**facts, "task": 7})
    assert http.get(f"/api/agent/{agent}/status/{task}").json()["status"] == "failed"
    assert http.get(f"/api/agent/another/status/{task}").status_code == 404
    assert http.delete(f"/v1/sessions/{pk.split('#')[2]}").status_code == 204
    shape.clock.ahead += PURGE_AFTER + 1
    records = keys.task("alpha", task), keys.task_entry("alpha", agent, task)
    until(lambda: table.get(*records) == [None, None], shape)
    assert listed(http, agent) == []
