"""The runs dialect over HTTP: what upstream's code does, without its bugs (contract part B)."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.receivers import receiving
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings

RUNS = "/api/v1/runs"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
STATUS_KEYS = {
    "job_id", "status", "progress", "created_at", "started_at", "completed_at", "agent_id", "run_id", "session_id",
    "error", "retry_after",
}  # fmt: skip


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def own(model: MessagesApi, tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    """A server of the test's own, whose model is scripted."""
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, outbound_loopback=True)
    with running(tmp_path / "data", settings, clock) as found:
        yield found


@pytest.fixture
def web(own: Running) -> Iterator[httpx.Client]:
    with own.client() as found:
        yield found


def submit(client: httpx.Client, prompt: str = "go", **fields: Any) -> dict[str, Any]:
    answer = client.post(RUNS, json={"prompt": prompt, **fields})
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def until(client: httpx.Client, job: dict[str, Any], holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(1200):
        status: dict[str, Any] = client.get(f"{RUNS}/{job['job_id']}").json()
        if holds(status):
            return status
        threading.Event().wait(0.02)
    raise AssertionError(f"it never came about: {status}")


def over(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    return until(client, job, lambda status: status["status"] in ("succeeded", "failed", "cancelled"))


def followed(client: httpx.Client, job: dict[str, Any], after: str = "") -> list[tuple[str, str, Any]]:
    """Read a stream: (id, event, data) of each."""
    headers = {"Last-Event-ID": after} if after else {}
    with client.stream("GET", f"{RUNS}/{job['job_id']}/stream", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        raw = "".join(answer.iter_text())
    found = []
    for block in raw.split("\r\n\r\n")[:-1]:
        lines = dict(line.split(": ", 1) for line in block.split("\r\n"))
        assert len(lines) == len(block.split("\r\n")), "each datum is one line"
        found.append((lines.get("id", ""), lines["event"], json.loads(lines["data"])))
    return found


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
            ({"prompt": "x", "agent_yaml": "a: &a [1]\nb: *a"}, "references"),
            ({"prompt": "x", "agent_yaml": "!!python/object/apply:os.system [id]"}, "agent_yaml"),
            ({"prompt": "x", "config": {"tools": ["nothing"]}}, "nothing"),
            ({"prompt": "x", "webhook_url": "http://10.0.0.1/"}, "webhook_url"),
            ({"prompt": "x", "webhook_url": "ftp://example.com/"}, "webhook_url"),
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
        answer = client.post(RUNS, json={"prompt": "x", "agent_yaml": "model: claude-nobody"})
        assert answer.status_code == 422
        assert "claude-nobody" in answer.text

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


class TestIdempotency:
    def test_a_key_gives_the_first_run_whatever_is_asked(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])]
        first = submit(web, "one", idempotency_key="k")
        again = web.post(RUNS, json={"prompt": "another"}, headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.json()["job_id"]) == (202, first["job_id"])
        over(web, first)
        assert submit(web, "one", idempotency_key="k")["status"] == "succeeded", "its current status"
        assert len(model.requests) == 1

    def test_the_header_goes_before_the_body(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])] * 2
        first = submit(web, idempotency_key="body")
        other = web.post(RUNS, json={"prompt": "x", "idempotency_key": "body"}, headers={"Idempotency-Key": "header"})
        assert other.json()["job_id"] != first["job_id"]

    def test_scopes(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])] * 9

        def ask(scope: str, label: str) -> str:
            return str(submit(web, idempotency_key="k", idempotency_scope=scope, session_id=label)["job_id"])

        assert ask("session", "a") == ask("session", "a") != ask("session", "b")
        assert ask("global", "a") == ask("global", "b")
        assert ask("none", "a") != ask("none", "a")

    def test_deleting_frees_the_key(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])] * 2
        first = submit(web, idempotency_key="k")
        over(web, first)
        assert web.delete(f"{RUNS}/{first['job_id']}").status_code == 204
        assert submit(web, idempotency_key="k")["job_id"] != first["job_id"]

    def test_a_key_whose_session_was_deleted_is_free(
        self, web: httpx.Client, model: MessagesApi, clock: ShiftedClock
    ) -> None:
        model.replies = [Reply([text("done")])] * 2
        first = submit(web, idempotency_key="k")
        native = httpx.URL(over(web, first)["native"]).path
        assert web.delete(native.partition("/responses")[0]).status_code == 204
        again = submit(web, idempotency_key="k")
        assert again["job_id"] != first["job_id"]
        assert over(web, again)["status"] == "succeeded"
        clock.ahead += 30 * 60  # what is left of the first one is swept away
        for _ in range(100):
            if web.get(RUNS).json()["total"] == 1:
                break
            threading.Event().wait(0.1)
        assert submit(web, idempotency_key="k")["job_id"] == again["job_id"]

    def test_of_forty_at_once_there_is_one_run(self, own: Running, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])]

        def post(_: int) -> str:
            with own.client() as client:
                return str(submit(client, idempotency_key="same")["job_id"])

        with ThreadPoolExecutor(16) as pool:
            assert len(set(pool.map(post, range(40)))) == 1
        assert web.get(RUNS).json()["total"] == 1
        assert len(web.get("/v1/sessions").json()) == 1


class TestListing:
    def test_pages_filters_and_totals(self, web: httpx.Client, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies = [Reply([text("done")])] * 5
        jobs = [submit(web, session_id="even" if n % 2 == 0 else "odd") for n in range(5)]
        for job in jobs:
            over(web, job)
        model.replies = [Reply([text("held")], gate=gate)]
        held = submit(web, session_id="odd")
        until(web, held, lambda status: status["status"] == "running")
        names = [job["job_id"] for job in [*jobs, held]][::-1]

        def listed(**query: Any) -> tuple[list[str], int]:
            page = web.get(RUNS, params=query).json()
            return [job["job_id"] for job in page["jobs"]], page["total"]

        assert listed() == (names, 6)
        assert listed(page=2, page_size=4) == (names[4:], 6)
        assert listed(page=9) == ([], 6)
        assert listed(session_id="even") == (names[1::2], 3)
        assert listed(status="running") == ([held["job_id"]], 1)
        assert listed(status="succeeded", session_id="odd", page_size=1) == ([names[2]], 2)
        assert listed(session_id="nothing") == ([], 0)
        stats = web.get("/stats").json()
        assert stats["total_jobs"] == stats["store"]["total_jobs"] == 6
        assert stats["by_status"] == {"queued": 0, "running": 1, "succeeded": 5, "failed": 0, "cancelled": 0}
        gate.set()
        over(web, held)
        web.delete(f"{RUNS}/{names[1]}")
        assert listed(session_id="even") == (names[3::2], 2)
        page = web.get(RUNS).json()
        assert (page["page"], page["page_size"], page["total"]) == (1, 20, 5)

    def test_a_bad_status_and_a_bad_page(self, web: httpx.Client) -> None:
        bad = web.get(RUNS, params={"status": "pending"})
        assert (bad.status_code, bad.json()["detail"]) == (
            400,
            "Invalid status: pending. Valid values: ['queued', 'running', 'succeeded', 'failed', 'cancelled']",
        )
        for query in ({"page": 0}, {"page_size": 101}, {"page": "x"}):
            assert web.get(RUNS, params=query).status_code == 422

    def test_what_goes_with_its_session_is_counted_no_more(
        self, web: httpx.Client, model: MessagesApi, clock: ShiftedClock
    ) -> None:
        model.replies = [Reply([text("done")])]
        job = submit(web, session_id="label", idempotency_key="k")
        over(web, job)
        clock.ahead += 31 * 86_400
        assert web.get(f"{RUNS}/{job['job_id']}").status_code == 404
        assert web.get(RUNS).json()["jobs"] == []
        for _ in range(100):
            clock.ahead += 60
            if web.get(RUNS, params={"session_id": "label"}).json()["total"] == 0:
                break
            threading.Event().wait(0.2)
        assert web.get(RUNS).json()["total"] == 0


class TestStream:
    def test_every_viewer_gets_everything_and_can_come_back(self, web: httpx.Client, model: MessagesApi) -> None:
        said = 'two\nlines and a "quote" \\ ' + "x" * 3000
        report = call("report_progress", metadata={"percent": 42, "status": "half\nway"})
        model.replies = [Reply([report]), Reply([text(said)])]
        job = submit(web)
        with ThreadPoolExecutor(3) as pool:
            seen = list(pool.map(lambda _: followed(web, job), range(3)))
        seen.append(followed(web, job))
        assert [[line for line in viewer if line[1] != "heartbeat"] for viewer in seen] == [seen[-1]] * 4
        kinds = [(kind, data.get("status") or data.get("percentage")) for _, kind, data in seen[-1][:-1]]
        assert kinds == [
            ("status", "queued"), ("progress", 0.0), ("status", "running"), ("progress", 10.0), ("progress", 42.0),
            ("status", "succeeded"), ("progress", 100.0),
        ]  # fmt: skip
        assert seen[-1][-1][1:] == ("result", {"result": said})
        marks = [id_ for id_, _, _ in seen[-1] if id_]
        for mark in marks[:-1]:
            place = next(n for n, line in enumerate(seen[-1]) if line[0] == mark)
            assert followed(web, job, mark) == seen[-1][place + 1 :]

    def test_silence_is_filled(self, web: httpx.Client, model: MessagesApi) -> None:
        held = Reply([text("at last")], gate=threading.Event())
        model.replies = [held]
        job = submit(web)
        threading.Timer(6, held.gate.set).start()  # type: ignore[union-attr]
        kinds = [kind for _, kind, _ in followed(web, job)]
        assert kinds.count("heartbeat") >= 2

    def test_failures_and_cancels_end_it(self, web: httpx.Client, model: MessagesApi, clock: ShiftedClock) -> None:
        model.replies = [Reply([text("x")], gate=threading.Event())] * 2
        late = submit(web, timeout=60)
        until(web, late, lambda status: status["status"] == "running")
        clock.ahead += 61
        assert over(web, late)["error"] == "Job timed out after 60s"
        assert followed(web, late)[-1][1] == "error"
        cancelled = submit(web)
        until(web, cancelled, lambda status: status["status"] == "running")
        assert web.post(f"{RUNS}/{cancelled['job_id']}/cancel").json()["status"] == "cancelled"
        assert followed(web, cancelled)[-1][1:] == ("cancelled", {"message": "Job was cancelled"})
        assert web.get(f"{RUNS}/{cancelled['job_id']}/result").json()["status"] == "cancelled"
        again = web.post(f"{RUNS}/{cancelled['job_id']}/cancel")
        assert (again.status_code, again.json()) == (409, {"detail": "Job is already complete. Status: cancelled"})


class TestWebhook:
    def test_six_keys_on_every_end(self, web: httpx.Client, model: MessagesApi) -> None:
        with receiving() as receiver:
            model.replies = [Reply([text("done")]), Reply([text("x")], gate=threading.Event())]
            done = submit(web, webhook_url=f"{receiver.url}/done")
            over(web, done)
            held = submit(web, webhook_url=f"{receiver.url}/held")
            until(web, held, lambda status: status["status"] == "running")
            web.post(f"{RUNS}/{held['job_id']}/cancel")
            got = {one.path: one.json for one in receiver.wait(2)}
        assert list(got["/done"]) == ["job_id", "status", "result", "error", "completed_at", "duration_seconds"]
        assert (got["/done"]["job_id"], got["/done"]["status"]) == (done["job_id"], "succeeded")
        assert (got["/done"]["result"], got["/done"]["error"]) == ("done", None)
        assert got["/done"]["completed_at"].endswith("+00:00")
        assert (got["/held"]["status"], got["/held"]["result"]) == ("cancelled", None)


class TestOthers:
    def test_another_tenant_sees_nothing(self, own: Running, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])]
        job = submit(web, idempotency_key="k")
        over(web, job)
        with own.client("beta-key") as stranger:
            for method, path in [
                ("GET", ""), ("GET", "/result"), ("GET", "/stream"), ("POST", "/cancel"), ("DELETE", "")
            ]:  # fmt: skip
                answer = stranger.request(method, f"{RUNS}/{job['job_id']}{path}")
                assert (answer.status_code, answer.json()) == (404, {"detail": f"Job not found: {job['job_id']}"})
            assert stranger.get(RUNS).json()["total"] == 0
            assert stranger.get("/stats").json()["total_jobs"] == 0

    def test_without_a_key(self, own: Running) -> None:
        answer = httpx.get(f"{own.url}{RUNS}")
        assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})

    def test_unknown_runs(self, web: httpx.Client) -> None:
        for method, path in [("GET", ""), ("GET", "/result"), ("POST", "/cancel"), ("DELETE", "")]:
            answer = web.request(method, f"{RUNS}/run_000000000000{path}")
            assert (answer.status_code, answer.json()) == (404, {"detail": "Job not found: run_000000000000"})
        assert web.put(f"{RUNS}/x").json() == {"detail": "Method Not Allowed"}
