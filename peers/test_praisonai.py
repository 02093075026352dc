"""PraisonAI's own clients, as PyPI has them, against `walkaway serve`: nothing of them is changed."""

import json
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from peers.conftest import PYTHON, URL
from tests.kit.servers import Served

RUNS = f"{URL}/api/v1/runs"
HANDLE = """
import json
from praisonai import recipe
job = recipe.submit_job("writer", input="Write a poem about rain.", idempotency_key="one", session_id="peers")
again = recipe.submit_job("writer", input="Something else", idempotency_key="one")
said = {"same": job.job_id == again.job_id, "status": job.get_status()["status"]}
said["waited"] = job.wait(poll_interval=1, timeout=60)
said["result"] = job.get_result()
other = recipe.submit_job("writer", input="Write a poem in 60 steps about snow.")
said["cancelled"] = other.cancel()
said["after"] = other.get_status()["status"]
print("SAID " + json.dumps(said))
"""
COMMAND = """
import sys
from praisonai_code.cli.features.jobs import handle_run_command
handle_run_command(sys.argv[1:])
"""


@pytest.fixture(scope="module", autouse=True)
def agent(server: Served) -> None:
    httpx.post(f"{server.url}/v1/agents", json={"name": "writer", "instructions": "Write well."}).raise_for_status()


def python(script: str, folder: Path, *arguments: str) -> str:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONWARNINGS": "ignore", "OPENAI_API_KEY": "none"}
    done = subprocess.run(
        [PYTHON, "-c", script, *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
    return done.stdout


def test_the_job_handle_submits_waits_and_cancels(tmp_path: Path) -> None:
    printed = python(HANDLE, tmp_path)
    said = json.loads(next(line for line in printed.splitlines() if line.startswith("SAID "))[5:])
    assert said["same"]
    assert said["status"] in ("queued", "running", "succeeded")
    assert said["waited"]["status"] == "succeeded"
    assert "rain" in said["result"]["result"].lower() if isinstance(said["result"], dict) else said["result"].lower()
    assert (said["cancelled"], said["after"]) == (True, "cancelled")


def command(folder: Path, *arguments: str) -> str:
    return python(COMMAND, folder, *arguments)


def submitted(folder: Path, *options: str) -> str:
    found = json.loads(command(folder, "submit", "Write a poem about rain.", "--json", *options))
    return str(found["job_id"])


def test_the_command_line_submits_shows_and_lists(tmp_path: Path) -> None:
    job = submitted(tmp_path, "--idempotency-key", "cli", "--session-id", "cli", "--timeout", "600")
    assert submitted(tmp_path, "--idempotency-key", "cli") == job
    for _ in range(200):
        if httpx.get(f"{RUNS}/{job}").json()["status"] == "succeeded":
            break
        time.sleep(0.05)
    assert "rain" in command(tmp_path, "result", job).lower()
    for arguments in (["status", job], ["list"], ["list", "--status", "succeeded"]):
        assert job in command(tmp_path, *arguments), arguments


def test_the_command_line_waits(tmp_path: Path) -> None:
    assert "rain" in command(tmp_path, "submit", "Write a poem about rain.", "--wait").lower()


def test_the_command_line_cancels(tmp_path: Path) -> None:
    found = json.loads(command(tmp_path, "submit", "Write a poem in 60 steps about snow.", "--json"))
    command(tmp_path, "cancel", found["job_id"])
    assert httpx.get(f"{RUNS}/{found['job_id']}").json()["status"] == "cancelled"


def test_the_command_lines_stream_ends_by_itself(tmp_path: Path) -> None:
    job = submitted(tmp_path)
    command(tmp_path, "stream", job)
    assert httpx.get(f"{RUNS}/{job}").json()["status"] == "succeeded"


def test_the_command_lines_recipe_and_webhook(tmp_path: Path) -> None:
    job = submitted(tmp_path, "--recipe", "writer", "--webhook-url", "https://example.com/hook")
    assert httpx.get(f"{RUNS}/{job}").json()["agent_id"] == "recipe:writer"
