"""Measures the runs dialect beside PraisonAI's own jobs server, in one run: both with a model that answers at once.

Theirs is PyPI's, from the peers' environment, with its workflow replaced by a function that returns a text, its jobs
in SQLite, and room for all runs at once. Ours runs the offline model without pauses: steps, events and all.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx

from tests.servers import served, wait_ready

PYTHON = Path(__file__).parents[1] / ".venv-peers/bin/python"
PORT = 18_005
ALONE, MANY, CLIENTS, TOGETHER = 100, 400, 32, 50
STUB = f"""
import praisonai
async def arun(*_, **__):
    return "It is four."
praisonai.arun = arun
import uvicorn
from praisonai.jobs.server import create_app
uvicorn.run(create_app(), port={PORT}, log_level="error")
"""
PROMPT = {"prompt": "Write a verse about rain."}


@contextmanager
def theirs(folder: Path) -> Iterator[str]:
    """Serve theirs."""
    environ = {
        **os.environ,
        "PRAISONAI_JOBS_DB_PATH": str(folder / "jobs.db"),
        "PRAISONAI_MAX_CONCURRENT_JOBS": str(TOGETHER),
        "HOME": str(folder),
        "OPENAI_API_KEY": "none",
    }
    (folder / "agents.yaml").write_text("framework: praisonai\ntopic: x\nroles: {}\n")
    with (folder / "theirs.log").open("w") as log:
        process = subprocess.Popen([PYTHON, "-c", STUB], cwd=folder, env=environ, stdout=log, stderr=log)
    try:
        wait_ready(f"http://127.0.0.1:{PORT}")
        yield f"http://127.0.0.1:{PORT}"
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    """Measure both, and print."""
    if not PYTHON.exists():
        sys.exit("the peers' environment is missing: run `make peers`")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with theirs(folder) as url:
            them = measured(url)
        with served(folder / "data", environ={"WALKAWAY_REHEARSAL_DELAY": "0"}) as server:
            us = measured(server.url)
    rows = (
        ("submit, alone, p50, ms", 0, "≤ 0.33"),
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

        wait(client, [submit(0) for _ in range(5)])
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
