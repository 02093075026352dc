"""The emulated account of `make aws-local`, and against it, in processes of their own, single functions."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from dev.seed import KEY, NAME
from tests.kit import sse
from tests.kit.servers import PATIENCE, end, free_port, wait_ready
from walkaway_wire.events import TERMINAL

ROOT = Path(__file__).parents[2]
EVENTS_URL = f"/v1/sessions/sess_{NAME}/responses/msg_{NAME}/events"


@dataclass(frozen=True)
class Account:
    api: str
    env_file: Path
    said: str
    process: "subprocess.Popen[str]"


@contextmanager
def started(command: list[str], environ: dict[str, str]) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process.stdout:
        try:
            yield process
        finally:
            end(process, signal.SIGINT)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    port, api_port, env_file = free_port(), free_port(), tmp_path_factory.mktemp("account") / "env.json"
    options = [f"--port={port}", f"--api-port={api_port}", f"--env-file={env_file}"]
    with started([sys.executable, "-m", "dev.aws_local", *options], {}) as process:
        assert process.stdout
        said = "".join(iter(process.stdout.readline, "\n"))
        wait_ready(f"http://127.0.0.1:{api_port}/prod")
        yield Account(f"http://127.0.0.1:{api_port}/prod", env_file, said, process)
    assert not env_file.exists(), "it leaves nothing behind"


def invoke(account: Account, function: str, event: str) -> "subprocess.CompletedProcess[str]":
    path = ROOT / "events" / f"{event}.json"
    command = [sys.executable, "-m", "dev.invoke", function, str(path), f"--env-file={account.env_file}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def stream_function(account: Account) -> Iterator[httpx.Client]:
    """Run the stream function's `run.sh` as the Lambda Web Adapter does."""
    variables = json.loads(account.env_file.read_text())["StreamFunction"]
    port = free_port()
    environ = {
        **variables,
        "AWS_LWA_PORT": str(port),
        "LAMBDA_TASK_ROOT": str(ROOT / "functions/stream"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with started([str(ROOT / "functions/stream/run.sh")], environ):
        url = f"http://127.0.0.1:{port}"
        wait_ready(url)
        with httpx.Client(base_url=url, headers={"X-API-Key": KEY}, timeout=PATIENCE) as client:
            yield client


def followed(client: httpx.Client) -> Iterator[sse.Seen]:
    """Read as clients do that come back: a stream is held for half a minute."""
    last: dict[str, str] = {}
    while True:
        with client.stream("GET", EVENTS_URL, headers=last) as answer:
            for event in sse.parse(answer.iter_lines()):
                yield event
                if event.event in TERMINAL:
                    return
                last = {"Last-Event-ID": str(event.id)}


@pytest.mark.deep
def test_functions_in_processes_of_their_own_work_on_one_account(account: Account) -> None:
    assert account.api in account.said
    with stream_function(account) as client:
        seen = followed(client)
        assert next(seen).event == "message.created"
        first = invoke(account, "CallModelFunction", "call_model.first_step")
        assert json.loads(first.stdout)["next"] == "tools", first.stderr
        assert json.loads(invoke(account, "RunToolFunction", "run_tool.first_call").stdout)["next"] == "call_model"
        invoke(account, "FinishTurnFunction", "finish_turn.done")
        events = [event.event for event in seen]
    assert events[0] == "step.started"
    assert "tool_result" in events
    assert events[-1] == "message.completed"


@pytest.mark.deep
@pytest.mark.parametrize(
    ("host", "root"), [("agents.example.com", ""), ("id.execute-api.eu-central-1.amazonaws.com", "/prod")]
)
def test_a_streamed_routes_links_begin_as_its_request_did(account: Account, host: str, root: str) -> None:
    """The Lambda Web Adapter passes on a request's headers as they are, and its context beside them (its lib.rs)."""
    with httpx.Client(base_url=account.api, headers={"X-API-Key": KEY}, timeout=PATIENCE) as client:
        session = sse.new(client)
    path = f"/v1/sessions/{session}/messages"
    context = json.dumps({"stage": "prod", "path": root + path, "domainName": host})
    passed_on = {"Host": host, "X-Forwarded-Proto": "https", "x-amzn-request-context": context}
    with stream_function(account) as client:
        sent = client.post(path, json={"message": "Go"}, headers={**passed_on, "Prefer": "respond-async"})
    assert sent.status_code == 202, sent.text
    assert sent.headers["Location"].startswith(f"https://{host}{root}/v1/sessions/{session}/responses/")


def test_its_api_runs_whole_turns(account: Account) -> None:
    with httpx.Client(base_url=account.api, headers={"X-API-Key": KEY}, timeout=PATIENCE) as client:
        assert sse.send(client, sse.new(client), "Write a poem about rain.")[-1].event == "message.completed"


def test_a_wrong_function_is_told_with_those_that_there_are(account: Account) -> None:
    done = invoke(account, "Nope", "api.health")
    assert done.returncode == 1
    assert "CallModelFunction" in done.stderr


def test_a_payload_that_is_no_json_is_told(account: Account, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    done = invoke(account, "ApiFunction", str(tmp_path / "broken"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "is no JSON" in done.stderr


def test_a_second_account_on_the_same_port_leaves_the_first_alone(account: Account) -> None:
    port = httpx.URL(account.api).port
    command = [sys.executable, "-m", "dev.aws_local", f"--port={port}", f"--env-file={account.env_file}"]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"port {port} is taken" in second.stderr
    assert account.env_file.exists()


def test_without_an_account_one_is_told_how_to_start_it(tmp_path: Path) -> None:
    nobody = Account("", tmp_path / "none.json", "", None)  # type: ignore[arg-type]
    assert "make aws-local" in invoke(nobody, "ApiFunction", "api.health").stderr
