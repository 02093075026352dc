"""Runs, as their callers submit and follow them."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx

RUNS = "/api/v1/runs"


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
