"""Schemathesis asks every operation what its OpenAPI document says and what it does not, with ids that are there.

No 500, no status, media type or body that the document does not have, no request taken that it does not allow.
"""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.servers import KEYS, Running, running
from walkaway_core.dialects import DIALECTS
from walkaway_core.settings import Settings

HERE = Path(__file__).parent
PROGRAM = HERE.parents[1] / ".venv-fuzz/bin/schemathesis"
EXAMPLES = "50"
ANSWERS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance"
)
REFUSES = f"{ANSWERS},negative_data_rejection"
PARTS = {one.name: (one.mount, one.document, ANSWERS if one.name == "workflows" else REFUSES) for one in DIALECTS}
"""In a form every text is a file, and a task's number is put right by the hooks: what breaks the description of the
workflows is no longer seen on its way."""
LATER = {"Prefer": "respond-async"}
SEEDS = [7, random.SystemRandom().randrange(1_000_000)]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = Settings(keys=KEYS, rehearsal_delay=0, stream_seconds=1, hold_seconds=1, outbound_loopback=True)
    with running(tmp_path_factory.mktemp("fuzz") / "data", settings) as found:
        yield found


@pytest.fixture(scope="module")
def ids(fuzzed: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of what is there, and one of what is there below each prefix."""
    folder = tmp_path_factory.mktemp("ids")
    with fuzzed.client() as client:
        (folder / "ids.json").write_text(json.dumps(made(client)))
        (folder / "managed.json").write_text(json.dumps(of_managed(client)))
    return folder


def made(client: httpx.Client) -> dict[str, list[str]]:
    """Make some of everything; calls wait in those sessions that have a tool of the caller's."""
    names = ("session", "response_id", "agent", "schedule", "webhook", "delivery", "run", "agent_id", "task_id", "path")
    ids: dict[str, list[str]] = {name: [] for name in (*names, "call")}
    for number in range(8):
        options: dict[str, Any] = {"persistent": True}
        if number % 2:
            options["tools"] = [{"type": "function", "name": "clock", "parameters": {"type": "object"}}]
        session = sse.new(client, **options)
        asked = client.post(f"/v1/sessions/{session}/messages", json={"message": "Use clock"}, headers=LATER)
        ids["session"].append(session)
        ids["response_id"].append(asked.json()["response_id"])
        client.put(f"/v1/sessions/{session}/files/d{number}/f.txt", content=b"x" * 50).raise_for_status()
        ids["path"] += [f"d{number}/f.txt", f"d{number}"]
    for number in range(3):
        agent = client.post("/v1/agents", json={"name": f"agent{number}"}).json()["id"]
        webhook = client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/"}).json()["id"]
        daily = {"name": f"daily{number}", "cron": "0 8 * * *", "message": "hello"}
        ids["schedule"] += [client.post("/v1/schedules", json=daily).json()["id"], daily["name"]]
        ids["agent"] += [agent, f"agent{number}"]
        ids["webhook"].append(webhook)
        ids["delivery"].append(client.post(f"/v1/webhooks/{webhook}/test").json()["id"])
        ids["run"].append(client.post("/api/v1/runs", json={"prompt": "hello"}).json()["job_id"])
        ids["agent_id"].append(agent)
        task = client.post(f"/api/workflow/execute/{agent}", json={}).json()["task_id"]
        ids["task_id"].append(str(task))
    of_responses(client, ids)
    for session in ids["session"][1::2]:
        ids["call"] += waiting(client, session)
    return ids


def of_responses(client: httpx.Client, ids: dict[str, list[str]]) -> None:
    """Make what the responses dialect has ids of; some responses end with calls of a function."""
    ids |= {name: [] for name in ("response", "item", "file", "upload", "part", "endpoint", "model")}
    ids["model"] += ["rehearsal", "gpt-4.1", "o3"]
    clock = {"type": "function", "name": "clock", "parameters": {"type": "object"}}
    for number in range(8):
        asked = {"input": "Use clock", "tools": [clock]} if number % 2 else {"input": "hello"}
        made = client.post("/v1/responses", json=asked).json()
        given = client.get(f"/v1/responses/{made['id']}/input_items").json()["data"]
        ids["response"].append(made["id"])
        ids["item"] += [item["id"] for item in (*made["output"], *given)]
        ids["call"] += [item["call_id"] for item in made["output"] if item["type"] == "function_call"]
        form = {"data": {"purpose": "user_data"}, "files": {"file": (f"{number}.txt", b"x" * 50)}}
        ids["file"].append(client.post("/v1/files", **form).json()["id"])  # type: ignore[arg-type]
        begun = {"bytes": 4, "filename": "a.txt", "mime_type": "text/plain", "purpose": "user_data"}
        ids["upload"].append(client.post("/v1/uploads", json=begun).json()["id"])
        parts = client.post(f"/v1/uploads/{ids['upload'][-1]}/parts", files={"data": ("p", b"abcd")})
        ids["part"].append(parts.json()["id"])
        about = {"name": f"e{number}", "url": "http://127.0.0.1:9/", "event_types": ["response.completed"]}
        ids["endpoint"].append(client.post("/v1/webhook_endpoints", json=about).json()["id"])


def of_managed(client: httpx.Client) -> dict[str, list[str]]:
    """Make what Managed Agents have ids of; calls wait in every second session."""
    ids: dict[str, list[str]] = {name: [] for name in ("session", "agent", "environment", "resource", "file", "thread")}
    clock = {"type": "custom", "name": "clock", "description": "Tells", "input_schema": {"type": "object"}}
    for number in range(8):
        tools = [clock] if number % 2 else [{"type": "agent_toolset_20260401"}]
        agent = below(client, "agents", {"name": f"a{number}", "model": "claude-sonnet-5", "tools": tools})["id"]
        environment = below(client, "environments", {"name": f"e{number}"})["id"]
        form = {"file": (f"{number}.txt", b"x" * 50)}
        file = client.post("/managed/v1/files", files=form).raise_for_status().json()["id"]
        asked = {"agent": agent, "environment_id": environment, "resources": [{"type": "file", "file_id": file}]}
        session = below(client, "sessions", asked)
        said = {"type": "user.message", "content": [{"type": "text", "text": "Use clock" if number % 2 else "hello"}]}
        below(client, f"sessions/{session['id']}/events", {"events": [said]})
        thread = client.get(f"/managed/v1/sessions/{session['id']}/threads").json()["data"][0]["id"]
        there = (session["id"], agent, environment, session["resources"][0]["id"], file, thread)
        for name, id_ in zip(ids, there, strict=True):
            ids[name].append(id_)
    return ids | {"model": ["rehearsal", "claude-sonnet-5"], "call": []}


def below(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(f"/managed/v1/{path}", json=body).raise_for_status().json()
    return answer


def waiting(client: httpx.Client, session: str) -> list[str]:
    """The calls that a session's turn waits for, once it does."""
    events = client.get(f"/v1/sessions/{session}/events", params={"format": "json", "wait": 25}).json()["events"]
    while not any(event["event"] == "tool_call.requested" for event in events):
        after = events[-1]["id"]
        events = client.get(f"/v1/sessions/{session}/events", params={"after": after, "wait": 25}).json()["events"]
        assert events
    return [event["data"]["call_id"] for event in events if event["event"] == "tool_call.requested"]


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "random"])
def test_every_operation_does_what_its_document_says(fuzzed: Running, ids: Path, part: str, seed: int) -> None:
    if not PROGRAM.exists():
        pytest.fail("schemathesis' environment is missing: `make test-deep` sets it up")
    mount, document, checks = PARTS[part]
    phases = "examples,coverage,fuzzing" if seed == SEEDS[0] else "fuzzing"
    options = ["--phases", phases, "--max-examples", EXAMPLES, "--seed", str(seed), "--checks", checks]
    options += ["--request-timeout", "10", "--continue-on-failure", "--suppress-health-check", "all", "--no-color"]
    options += ["-H", f"X-API-Key: {next(iter(KEYS))}", "--warnings", "off", "--generation-database", "none"]
    options += ["--url", f"{fuzzed.url}{mount}"]
    there = ids / ("managed.json" if mount else "ids.json")
    environ = {**os.environ, "IDS": str(there), "SEED": str(seed), "SCHEMATHESIS_HOOKS": "hooks", "COLUMNS": "160"}
    environ |= {"PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    print(f"seed {seed}")  # noqa: T201 - who repeats it needs it
    done = subprocess.run(
        [PROGRAM, "run", f"{fuzzed.url}{document}", *options],
        cwd=HERE,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"with seed {seed}:\n{done.stdout[-12_000:]}{done.stderr[-2000:]}"
