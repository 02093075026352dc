"""Submitting runs: what upstream's code does, without its bugs (contract part B)."""

import re
import threading
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.runs import RUNS, over, submit, until

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
STATUS_KEYS = {
    "job_id", "status", "progress", "created_at", "started_at", "completed_at", "agent_id", "run_id", "session_id",
    "error", "retry_after",
}  # fmt: skip


class TestSubmit:
    def test_a_run_from_its_submission_to_its_result(self, web: httpx.Client, model: MessagesApi) -> None:
        said = 'line1\nline2 "quoted" back\\slash ' + "é" * 2000
        model.replies = [Reply([call("write_file", path="a.txt", content="x")]), Reply([text(said)])]
        answer = web.post(RUNS, json={"prompt": "Analyze", "unknown_field": 1})
        job = answer.json()
        assert answer.status_code == 202
        assert set(job) == {"job_id", "status", "created_at", "poll_url", "stream_url"}
        assert re.fullmatch(r"run_[0-9a-f]{12}", job["job_id"])
        assert job["status"] == "queued"
        assert TIME.fullmatch(job["created_at"])
        assert job["poll_url"] == f"{str(web.base_url).rstrip('/')}{RUNS}/{job['job_id']}"
        assert job["stream_url"] == f"{job['poll_url']}/stream"
        assert (answer.headers["location"], answer.headers["retry-after"]) == (job["poll_url"], "2")
        status = over(web, job)
        assert set(status) >= STATUS_KEYS
        assert (status["status"], status["retry_after"], status["error"]) == ("succeeded", None, None)
        assert status["progress"] == {
            "percentage": 100.0, "current_step": "Step 2", "steps_completed": 2, "steps_total": 2
        }  # fmt: skip
        result = web.get(f"{RUNS}/{job['job_id']}/result").json()
        assert result["result"] == said
        assert result["duration_seconds"] >= 0
        assert result["result_url"] is None
        native = web.get(status["native"])
        assert native.json()["output_text"] == said
        assert web.get(str(native.url).partition("/responses")[0] + "/files/a.txt").text == "x"

    def test_states_and_when_to_ask_again(self, web: httpx.Client, model: MessagesApi) -> None:
        held = Reply([text("at last")], gate=threading.Event())
        model.replies = [held]
        job = submit(web)
        status = until(web, job, lambda status: status["status"] == "running")
        assert (status["retry_after"], status["progress"]["percentage"]) == (5, 10.0)
        assert TIME.fullmatch(status["started_at"])
        early = web.get(f"{RUNS}/{job['job_id']}/result")
        assert (early.status_code, early.json()) == (409, {"detail": "Job is not complete. Current status: running"})
        refused = web.delete(f"{RUNS}/{job['job_id']}")
        assert (refused.status_code, refused.json()) == (
            409,
            {"detail": "Cannot delete a running job. Cancel it first."},
        )
        assert held.gate
        held.gate.set()
        assert over(web, job)["completed_at"]

    def test_all_are_accepted_at_once_and_run_beside_each_other(self, web: httpx.Client, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies = [Reply([text("done")], gate=gate) for _ in range(12)]
        jobs = [submit(web, session_id="project-alpha") for _ in range(12)]
        for job in jobs:
            until(web, job, lambda status: status["status"] == "running")
        gate.set()
        assert {over(web, job)["session_id"] for job in jobs} == {"project-alpha"}

    def test_an_existing_session_is_continued_in_turn(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("one")]), Reply([text("two")])]
        session = sse.new(web, persistent=True)
        jobs = [submit(web, f"message {n}", session_id=session) for n in range(2)]
        assert [web.get(f"{RUNS}/{job['job_id']}/result").json()["result"] for job in jobs if over(web, job)] == [
            "one",
            "two",
        ]
        said = web.get(f"/v1/sessions/{session}/messages").json()
        assert [entry["role"] for entry in said] == ["user", "assistant"] * 2
        assert web.delete(f"{RUNS}/{jobs[0]['job_id']}").status_code == 204
        assert web.get(f"/v1/sessions/{session}").status_code == 200, "the session is not the run's"
        for said in ({"recipe_name": "any"}, {"config": {"max_steps": 3}}):
            refused = web.post(RUNS, json={"prompt": "x", "session_id": session, **said})
            assert (refused.status_code, "goes on as it is" in refused.text) == (422, True)
        later = submit(web, session_id="sess_000000000000000000000000")
        assert over(web, later)["session_id"] == "sess_000000000000000000000000", "that is but a label"

    def test_an_agent_is_the_recipe_and_what_is_said_goes_before(self, web: httpx.Client, model: MessagesApi) -> None:
        made = web.post(
            "/v1/agents", json={"name": "writer", "instructions": "From the agent.", "allowed_tools": ["read_file"]}
        )
        assert made.status_code == 201
        model.replies = [Reply([text("done")])] * 2
        plain = submit(web, recipe_name="writer")
        assert over(web, plain)["agent_id"] == "recipe:writer"
        job = submit(
            web,
            recipe_name="writer",
            agent_yaml="instructions: From YAML.\ntools: [list_files]",
            recipe_config={"instructions": "From the recipe's config."},
            config={"max_output_tokens": 555},
        )
        over(web, job)
        first, second = model.requests
        assert "From the agent." in str(first["system"])
        assert [tool["name"] for tool in first["tools"]] == ["read_file"]
        assert "From the recipe's config." in str(second["system"])
        assert [tool["name"] for tool in second["tools"]] == ["list_files"]
        assert second["max_tokens"] == 555

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            ({}, "prompt"),
            ({"prompt": 5}, "prompt"),
            ({"prompt": "x", "agent_file": "agents.yaml"}, "agent_file"),
            ({"prompt": "x", "framework": "crewai"}, "crewai"),
            ({"prompt": "x", "recipe_name": "nobody"}, "nobody"),
            ({"prompt": "x", "config": {"verbose": True}}, "config.verbose"),
            ({"prompt": "x", "recipe_config": {"max_steps": 0}}, "recipe_config.max_steps"),
            ({"prompt": "x", "agent_yaml": "roles: {}"}, "agent_yaml.roles"),
            ({"prompt": "x", "agent_yaml": "[1, 2]"}, "agent_yaml"),
            ({"prompt": "x", "agent_yaml": "a: {"}, "agent_yaml"),
            ({"prompt": "x", "agent_yaml": "a: !!bool maybe"}, "agent_yaml"),
            ({"prompt": "x", "agent_yaml": 'a: !!int ""'}, "agent_yaml"),
            ({"prompt": "x", "agent_yaml": "a: !!timestamp foo"}, "agent_yaml"),
            ({"prompt": "x", "agent_yaml": "a: &a [1]\nb: *a"}, "references"),
            ({"prompt": "x", "agent_yaml": "!!python/object/apply:os.system [id]"}, "agent_yaml"),
            ({"prompt": "x", "config": {"tools": ["nothing"]}}, "nothing"),
            ({"prompt": "x", "webhook_url": "http://10.0.0.1/"}, "webhook_url"),
            ({"prompt": "x", "webhook_url": "ftp://example.com/"}, "webhook_url"),
            ({"prompt": "x", "webhook_url": "https://i❤.example/"}, "webhook_url"),
            ({"prompt": "x", "webhook_url": "https://1.2.3.4.5/"}, "webhook_url"),
            ({"prompt": "x", "webhook_url": "https://a-.example/"}, "webhook_url"),
            ({"prompt": "x", "timeout": -1}, "timeout"),
            ({"prompt": "x", "idempotency_scope": "universe"}, "idempotency_scope"),
        ],
        ids=str,
    )
    def test_what_cannot_be_is_422_by_name_and_starts_nothing(
        self, web: httpx.Client, body: dict[str, Any], named: str
    ) -> None:
        answer = web.post(RUNS, json=body)
        assert answer.status_code == 422, answer.text
        assert {"type", "loc", "msg"} <= set(answer.json()["detail"][0])
        assert named in answer.text
        assert web.get(RUNS).json()["total"] == 0

    @pytest.mark.parametrize(
        "body",
        ['{"prompt": NaN}', '{"prompt": {"a": "\\ud800"}}', '{"prompt": "x", "config": {"effort": NaN}}', "[NaN]"],
    )
    def test_what_json_does_not_have_is_422(self, client: httpx.Client, body: str) -> None:
        answer = client.post(RUNS, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"]

    def test_a_model_that_cannot_be_called_is_422(self, client: httpx.Client) -> None:
        answer = client.post(RUNS, json={"prompt": "x", "agent_yaml": "model: nobody-1"})
        assert answer.status_code == 422
        assert "nobody-1" in answer.text

    def test_odd_but_allowed(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])] * 4
        bodies: list[dict[str, Any]] = [
            {"prompt": ""},
            {"prompt": "x", "timeout": None, "config": None, "recipe_config": {}, "agent_yaml": ""},
            {"prompt": "x", "framework": "praisonai", "timeout": 0},
        ]
        for body in bodies:
            assert over(web, web.post(RUNS, json=body).json())["status"] == "succeeded"
        slash = web.post(f"{RUNS}/", json={"prompt": "x"})
        assert slash.status_code == 202, "a redirection would lose the body of clients that follow none"
        assert over(web, slash.json())["status"] == "succeeded"
        assert web.get(f"{RUNS}/").json()["total"] == 4
