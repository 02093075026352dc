"""Makes a data folder that holds everything that can be under way: what later versions must be able to open.

    .venv/bin/python tests/upgrades/make.py tests/upgrades/VERSION

Run at the commit whose data it is to be; it made `0.1.0/` at 1e2664d (version 0.1.0). It drives the installed server
by HTTP, the command line and SIGKILL alone, and imports nothing of it, so that it runs at any commit. Beside the folder
`data` it writes `made.json`: ids, what was seen, and the time at which the folder stood still; and it copies the state
machine's file, which executions keep on AWS.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

PORT = 28417
"""Where the receiver of the webhooks will listen: below the ports that systems give out by themselves."""
HOOK = f"http://127.0.0.1:{PORT}"
SECRET = "whsec_" + "d2Fsa2F3YXktdXBncmFkZXMtZml4dHVyZQ=="
PATIENCE = 60.0
SLOW = "0.05"
"""Seconds between two deltas of the server that is killed."""
LATER = {"Prefer": "respond-async"}
ZONE = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
TIME = {"type": "function", "name": "get_time", "description": "Tells the time", "parameters": ZONE}
LONG = "Write a 4-page report on {} to {}.md"
KINDS = {
    *("SESSION", "TURN", "QUEUE", "ASKED", "TOOLS", "ENTRY", "KEY", "AGENT", "AGENTNAME", "VERSION", "RUN", "RUNS"),
    *("RUNCOUNT", "TASK", "TASKS", "REGISTRY", "WEBHOOK", "DELIVERIES", "LOG", "BETWEEN"),
    *("SYS#KEYS", "SYS#MACHINE", "due turn", "due session", "due purge", "due delivery"),
}
"""What the folder must hold, by the names in keys.py."""


@contextlib.contextmanager
def serving(data: Path, delay: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run `walkaway serve` until the block ends; give its address and its process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    own = {"WALKAWAY_OUTBOUND_LOOPBACK": "yes", "WALKAWAY_REHEARSAL_DELAY": delay}
    command = [sys.executable, "-m", "walkaway", "serve", "--port", "0", "--data", str(data)]
    with (data.parent / "server.log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=clean | own)
    assert process.stdout
    try:
        line = process.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http://")), process
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


def until(found: Callable[[], Any]) -> Any:
    """Ask again until there is an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise TimeoutError


def digest(content: bytes) -> str:
    """Stand for what would be long to keep."""
    return hashlib.sha256(content).hexdigest()


class Caller:
    """A client of the server."""

    def __init__(self, url: str, key: str) -> None:
        patient = httpx.HTTPTransport(retries=10)  # the server says its address a moment before it answers
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, transport=patient)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Post a body; give the answer's."""
        answer = self.http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        """Read JSON."""
        answer = self.http.get(path, headers={"Accept": "application/json"})
        assert answer.is_success, answer.text
        return answer.json()

    def session(self, **options: Any) -> str:
        """Make a session; give its id."""
        return str(self.post("/v1/sessions", {"persistent": True, **options})["id"])

    def send(self, session: str, message: str, key: str = "", **fields: Any) -> str:
        """Send a message; give the id of its turn."""
        headers = LATER | ({"Idempotency-Key": key} if key else {})
        body = {"message": message, **fields}
        return str(self.post(f"/v1/sessions/{session}/messages", body, **headers)["response_id"])

    def turn(self, session: str, turn: str) -> Any:
        """Read a turn's record."""
        return self.get(f"/v1/sessions/{session}/responses/{turn}")

    def events(self, session: str, turn: str) -> list[Any]:
        """Read a turn's events so far."""
        return list(self.get(f"/v1/sessions/{session}/responses/{turn}/events?limit=1000")["events"])

    def done(self, session: str, turn: str) -> str:
        """Wait until a turn is completed; give its id."""
        until(lambda: self.turn(session, turn)["status"] not in ("queued", "in_progress"))
        assert self.turn(session, turn)["status"] == "completed", self.turn(session, turn)
        return turn

    def writing(self, session: str, turn: str) -> None:
        """Wait until a turn is in the middle of its third step, which begins with the arguments of a call."""
        until(lambda: self.turn(session, turn)["steps"] == 2)
        until(lambda: [event["event"] for event in self.events(session, turn)][-3:] == ["tool_use.input_delta"] * 3)

    def speaking(self, session: str, turn: str) -> None:
        """Wait until a turn is in the middle of its first and only step."""
        until(lambda: [event["event"] for event in self.events(session, turn)][-3:] == ["text.delta"] * 3)

    def pending(self, session: str) -> list[Any]:
        """Wait until the session waits for its caller; give the calls."""
        return list(until(lambda: self.get(f"/v1/sessions/{session}")["pending_tool_calls"]))


def at_rest(caller: Caller) -> dict[str, Any]:
    """Make what is over before the death: the long conversation, a run, a task, an agent's first version."""
    idle = caller.session(metadata={"customer": "ACME", "nested": {"unit": "µm"}}, instructions="Be exact.")
    said = ["Write a 2-page report on tides to tides.md", "Read tides.md", "List the files", "Write a poem about rain."]
    said.append("Hello " * 34_000)  # over 200,000 bytes: its body stands in a file
    turns = [caller.done(idle, caller.send(idle, text, key=f"fixture-{n}")) for n, text in enumerate(said)]
    files = {"tides.md": caller.http.get(f"/v1/sessions/{idle}/files/tides.md").content}
    agent = caller.post("/v1/agents", {"name": "clerk", "instructions": "First.", "tools": [TIME], "max_steps": 20})
    old = caller.session(agent="clerk")
    first = caller.done(old, caller.send(old, "Write a poem about ink."))
    caller.post("/api/tools/register", {"tools": [{"name": "get_current_time", "schema_data": ZONE}]})
    caller.post("/v1/agents", {"name": "timekeeper"})
    run = caller.post("/api/v1/runs", {"prompt": "Write a poem about snow.", "session_id": "batch"})["job_id"]
    until(lambda: caller.get(f"/api/v1/runs/{run}")["status"] == "succeeded")
    task = start_task(caller)
    answer_task(caller, task, "12:04")
    until(lambda: caller.get(f"/api/workflow/run/{task}")["status"] == "completed")
    gone = caller.session()
    gone_turn = caller.done(gone, caller.send(gone, "Write a poem about dust."))
    assert caller.http.delete(f"/v1/sessions/{gone}").status_code == 204
    return {
        "deleted": {"session": gone, "turn": gone_turn},
        "idle": {
            "session": idle,
            "messages": dict(zip(turns, said[:-1], strict=False)),
            "turns": turns,
            "events": {turn: caller.events(idle, turn) for turn in turns},
            "conversation": [
                [entry["id"], entry["role"], digest(json.dumps(entry["content"], sort_keys=True).encode())]
                for entry in caller.get(f"/v1/sessions/{idle}/messages?limit=1000")
            ],
            "record": caller.get(f"/v1/sessions/{idle}"),
            "files": {name: digest(content) for name, content in files.items()},
        },
        "agent": {"id": agent["id"], "name": "clerk", "first": {"session": old, "turn": first}},
        "run_done": {"run": run, "result": caller.get(f"/api/v1/runs/{run}/result")["result"]},
        "task_done": {"task": task, "result": caller.get(f"/api/workflow/run/{task}")["result"]},
    }


def start_task(caller: Caller) -> int:
    """Start a task that asks for the time."""
    asked = {"inputs": {"strings": {"1": "What time is it?"}}, "metadata": {"order": 7}}
    return int(caller.post("/api/workflow/execute/timekeeper", asked)["task_id"])


def task_calls(caller: Caller, task: int) -> list[Any]:
    """Wait until a task asks; give what it asks."""
    path = f"/api/agent/timekeeper/status/{task}"
    until(lambda: caller.get(path)["task_info"]["paused_for_tool_calls"])
    return list(caller.get(path)["task_info"]["agent_node_execution_statuses"][0]["tool_call_requests"])


def answer_task(caller: Caller, task: int, said: str) -> None:
    """Answer what a task asks."""
    results = [{"call_id": call["call_id"], "output": said} for call in task_calls(caller, task)]
    caller.post(f"/api/agent/timekeeper/{task}/tool_responses", {"results": results})


def under_way(caller: Caller, agent: str) -> dict[str, Any]:
    """Make what is under way when the server dies; the caller kills it as soon as this returns."""
    parked = caller.session(tools=[TIME])
    parked_turn = caller.send(parked, "What time is it?")
    asked = caller.session(approve=["list_files"])
    asked_turn = caller.send(asked, "List the files")
    caller.http.patch(f"/v1/agents/{agent}", json={"instructions": "Second."}).raise_for_status()
    of_agent = caller.session(agent="clerk", max_steps=30)
    of_agent_turn = caller.send(of_agent, "What time is it?")
    calls = {"parked": caller.pending(parked), "asked": caller.pending(asked), "agent": caller.pending(of_agent)}
    caller.http.patch(f"/v1/agents/{agent}", json={"instructions": "Third.", "tools": []}).raise_for_status()
    task = start_task(caller)
    calls["task"] = task_calls(caller, task)
    killed, steered, queued = caller.session(), caller.session(persistent=False), caller.session(ttl=7200)
    turns = {
        "killed": caller.send(killed, LONG.format("bridges", "bridges"), webhook_url=f"{HOOK}/of-a-running-turn"),
        "steered": caller.send(steered, "Write a 40-verse poem about canals."),
        "queued": caller.send(queued, LONG.format("ferries", "ferries")),
    }
    waiting = [
        {"message": "Write a poem about oak.", "on_busy": "enqueue"},
        {"message": "Write a poem about ash.", "on_busy": "enqueue", "webhook_url": f"{HOOK}/queued"},
        {"message": "Write a poem about elm.", "on_busy": "enqueue"},
    ]
    behind = [caller.send(queued, key=f"fixture-queued-{n}", **body) for n, body in enumerate(waiting)]
    body = {"prompt": LONG.format("roads", "roads"), "session_id": "batch", "idempotency_key": "fixture-run"}
    run = caller.post("/api/v1/runs", {**body, "webhook_url": f"{HOOK}/run"})["job_id"]
    delivered = deliver(caller)
    caller.speaking(steered, turns["steered"])
    for name, session in (("killed", killed), ("queued", queued)):
        caller.writing(session, turns[name])
    said = {"message": "Mind the locks.", "on_busy": "steer"}
    caller.send(steered, key="fixture-steer", **said)
    return {
        "parked": {"session": parked, "turn": parked_turn, "calls": calls["parked"]},
        "asked": {"session": asked, "turn": asked_turn, "calls": calls["asked"]},
        "agent_parked": {"session": of_agent, "turn": of_agent_turn, "calls": calls["agent"]},
        "task_parked": {"task": task, "calls": calls["task"]},
        "killed": {"session": killed, "turn": turns["killed"], "events": caller.events(killed, turns["killed"])},
        "steered": {"session": steered, "turn": turns["steered"], "body": said},
        "queue": {"session": queued, "turn": turns["queued"], "behind": behind, "bodies": waiting},
        "run_killed": {"run": run, "body": body},
        **delivered,
    }


def deliver(caller: Caller) -> dict[str, Any]:
    """Register a webhook where nobody listens yet, and let what it is told be tried once in vain."""
    hook = caller.post("/v1/webhooks", {"url": f"{HOOK}/endpoint", "events": ["turn.completed"], "description": "old"})
    session = caller.session()
    turn = caller.send(session, "Hello", webhook_url=f"{HOOK}/of-a-turn", webhook_secret=SECRET)
    path = f"/v1/webhooks/{hook['id']}/deliveries"
    (delivery,) = until(lambda: [found for found in caller.get(path) if found["attempts"]])
    told = {"webhook": hook["id"], "secret": hook["secret"], "delivery": delivery["id"]}
    return {"delivery": {**told, "session": session, "turn": turn, "own_secret": SECRET}}


def settle(data: Path) -> Counter[str]:
    """Leave the database as its next opening would find it: the log written back, no holes. Count what it holds."""
    connection = sqlite3.connect(data / "walkaway.db", isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    assert sound == "ok", sound
    kinds = Counter(kind(pk, sk) for pk, sk in connection.execute("SELECT pk, sk FROM items"))
    connection.close()
    (data / "lock").unlink()
    shutil.rmtree(data / "sandbox", ignore_errors=True)
    left = {found.name for found in data.iterdir()}
    assert left == {"walkaway.db", "workspace"}, left
    return kinds


def kind(pk: str, sk: str) -> str:
    """Name what an item is."""
    name = pk.rpartition("#")[2]
    if pk.startswith("SYS#"):
        return f"due {sk.split('#')[1]}" if pk.startswith("SYS#DUE#") else pk
    if name in ("RUNS", "RUNCOUNT", "TASKS", "REGISTRY", "DELIVERIES"):
        return name
    if sk.isdecimal():
        return "BETWEEN" if name.endswith("+") else "VERSION" if name.startswith("agt_") else "LOG"
    return sk.partition("#")[0]


def main(folder: Path) -> None:
    """Make the folder."""
    socket.create_server(("127.0.0.1", PORT)).close()  # nobody may listen there yet
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    command = [sys.executable, "-m", "walkaway", "keys", "create", "tenant-a", "--name", "fixture", "--data", str(data)]
    key = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    with serving(data, "0") as (url, _):
        made = at_rest(Caller(url, key))
    with serving(data, SLOW) as (url, process):
        made |= under_way(Caller(url, key), made["agent"]["id"])
        process.send_signal(signal.SIGKILL)
        process.wait()
        at = time.time()
    kinds = settle(data)
    assert not KINDS - set(kinds), f"missing: {KINDS - set(kinds)}"
    commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    about = {
        "version": importlib.metadata.version("walkaway"),
        "commit": commit,
        "at": at,
        "port": PORT,
        "key": key,
        "kinds": dict(sorted(kinds.items())),
    }
    lines = (f"{json.dumps(name)}: {json.dumps(said, ensure_ascii=False)}" for name, said in (about | made).items())
    (folder / "made.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    (folder / "server.log").unlink()
    shutil.copy(Path(__file__).parents[2] / "statemachines/agent_turn.asl.json", folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
