"""Measures the runs dialect beside PraisonAI's own jobs server, in one run: both call a model that answers at once.

Theirs is PyPI's, from the peers' environment, with one agent, its jobs in SQLite, and room for all runs at once. The
model is a server of its own, which speaks to each in its own way.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx

from benchmarks import servers
from tests.kit.servers import served

PYTHON = Path(__file__).parents[1] / ".venv-peers/bin/python"
PORT = 18_005
ALONE, MANY, CLIENTS, TOGETHER = 100, 400, 32, 50
AGENTS = """\
framework: praisonai
topic: sums
roles:
  clerk:
    role: Clerk
    goal: Answer
    backstory: You answer.
    tasks:
      answer:
        description: Answer the question
        expected_output: A sentence
"""
PROMPT = {"prompt": "What is 2+2?"}


@contextmanager
def theirs(folder: Path, model: str) -> Iterator[str]:
    """Serve theirs."""
    environ = {
        "PRAISONAI_JOBS_DB_PATH": str(folder / "jobs.db"),
        "PRAISONAI_MAX_CONCURRENT_JOBS": str(TOGETHER),
        "PRAISONAI_TELEMETRY_DISABLED": "true",
        "HOME": str(folder),
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": f"{model}/v1",
        "OPENAI_API_BASE": f"{model}/v1",
    }
    (folder / "agents.yaml").write_text(AGENTS)
    options = ["praisonai.jobs.server:create_app", "--port", str(PORT), "--factory", "--log-level", "error"]
    with servers.process(str(PYTHON), "-m", "uvicorn", *options, port=PORT, folder=folder, environ=environ):
        yield f"http://127.0.0.1:{PORT}"


def main() -> None:
    """Measure both, and print."""
    if not PYTHON.exists():
        sys.exit("the peers' environment is missing: run `make peers`")
    with tempfile.TemporaryDirectory() as name, servers.model() as service:
        folder, model = Path(name), f"http://127.0.0.1:{service.port}"
        with theirs(folder, model) as url:
            them = measured(url)
        ours = {"ANTHROPIC_BASE_URL": model, "WALKAWAY_MODEL": "pace-3-0"}
        with served(folder / "data", environ=ours) as server:
            us = measured(server.url)
    rows = (
        ("submit, alone, p50, ms", 0, "≤ 3"),
        (f"submits/s, {CLIENTS} clients", 1, "≥ 1.5"),
        (f"whole runs/s, {CLIENTS} clients", 2, "≥ 2.5"),
        (f"a run's time, {TOGETHER} at once, p50, ms", 3, "≤ 0.3"),
    )
    print(f"{'':36}{'walkaway':>10}{'praisonai':>11}{'ratio':>8}{'aim':>8}")
    for label, place, aim in rows:
        print(f"{label:36}{us[place]:>10.1f}{them[place]:>11.1f}{us[place] / them[place]:>8.2f}{aim:>8}")


def measured(url: str) -> tuple[float, float, float, float]:
    """Measure one server: submit alone, submits and whole runs a second, a run's time among others."""
    limits = httpx.Limits(max_connections=CLIENTS + 8, max_keepalive_connections=CLIENTS + 8)
    with httpx.Client(base_url=url, timeout=120, limits=limits) as client, ThreadPoolExecutor(CLIENTS) as pool:

        def submit(_: int) -> str:
            answer = client.post("/api/v1/runs", json=PROMPT)
            answer.raise_for_status()
            return str(answer.json()["job_id"])

        for _ in range(5):
            wait(client, [submit(0)])  # the first ones load what theirs needs, and fail beside each other
        times, jobs = [], []
        for _ in range(ALONE):
            begun = time.perf_counter()
            jobs.append(submit(0))
            times.append((time.perf_counter() - begun) * 1000)
            wait(client, jobs[-1:])
        begun = time.perf_counter()
        jobs = list(pool.map(submit, range(MANY)))
        submits = MANY / (time.perf_counter() - begun)
        wait(client, jobs)
        whole = MANY / (time.perf_counter() - begun)
        together = list(pool.map(submit, range(TOGETHER)))
        ended = wait(client, together)
        spans = [seconds(run["completed_at"]) - seconds(run["created_at"]) for run in ended]
    return statistics.median(times), submits, whole, statistics.median(spans) * 1000


def wait(client: httpx.Client, jobs: list[str]) -> list[dict[str, str]]:
    """Wait until runs are over, the last one first, so that few questions are asked."""
    found = []
    for job in reversed(jobs):
        while (run := client.get(f"/api/v1/runs/{job}").json())["status"] in ("queued", "running"):
            time.sleep(0.02)
        if run["status"] != "succeeded":
            sys.exit(f"{job}: {run}")
        found.append(run)
    return found


def seconds(text: str) -> float:
    """Read a time."""
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    main()
