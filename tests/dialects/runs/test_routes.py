"""Runs of others, and unknown ones."""

import httpx

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.runs import RUNS, over, submit
from tests.kit.servers import PATIENCE, Running


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
        answer = httpx.get(f"{own.url}{RUNS}", timeout=PATIENCE)
        assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})

    def test_unknown_runs(self, web: httpx.Client) -> None:
        for method, path in [("GET", ""), ("GET", "/result"), ("POST", "/cancel"), ("DELETE", "")]:
            answer = web.request(method, f"{RUNS}/run_000000000000{path}")
            assert (answer.status_code, answer.json()) == (404, {"detail": "Job not found: run_000000000000"})
        assert web.put(f"{RUNS}/x").json() == {"detail": "Method Not Allowed"}
