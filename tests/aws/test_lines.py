"""Every line that a function writes is JSON and names the request, and the session and turn where they are known."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from moto.server import ThreadedMotoServer

from dev.emulated import ACCOUNT
from dev.seed import NAME
from tests.kit.lambda_runtime import JSON_LINES, REQUEST, invoked
from tests.kit.servers import PATIENCE, end, free_port, wait_ready

ROOT = Path(__file__).parents[2]
SESSION, TURN = f"sess_{NAME}", f"msg_{NAME}"
TICKET = {"tenant": "local", "session": SESSION, "turn": TURN}
"""One that cannot be read: it says nothing of an execution."""
RECORD = {"messageId": "1", "body": "{}", "eventSource": "aws:sqs"}
PROXY = json.loads((ROOT / "events/api.health.json").read_text()) | {"path": f"/v1/sessions/{SESSION}"}
TURNS = ("call_model", "run_tool", "request_client_tools", "continue_turn", "finish_turn")
EVENTS: dict[str, Any] = {
    "api": PROXY,
    **dict.fromkeys(TURNS, TICKET),
    "deliver_webhook": {"Records": [RECORD]},
    "sweep": {"Records": [RECORD]},
}
"""An event that each function breaks on, or behind which it says something."""
QUICK = ("run_tool", "api")


def lines(said: str) -> list[dict[str, Any]]:
    """Read what was said. Raises for a line that is no JSON."""
    found = [json.loads(line) for line in said.splitlines()]
    assert found, "nothing was said"
    assert all({"timestamp", "level"} <= set(line) for line in found), found
    return found


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    """An account with nothing in it, over a socket: whatever is asked for is not there."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    names = dict.fromkeys(("TABLE", "BUCKET", "BUS", "SANDBOX"), "none") | {"METRICS": "stack"}
    given = {f"WALKAWAY_{name}": value for name, value in names.items()}
    given["WALKAWAY_STATE_MACHINE"] = "arn:aws:states:eu-central-1:123456789012:stateMachine:none"
    yield {**ACCOUNT, "AWS_ENDPOINT_URL": url, **given}
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the runtime is only to be had for Linux")
@pytest.mark.parametrize(
    "function", [name if name in QUICK else pytest.param(name, marks=pytest.mark.deep) for name in EVENTS]
)
def test_a_function_that_breaks_says_so_in_lines(function: str, account: dict[str, str]) -> None:
    answered, said = invoked(function, EVENTS[function], account)
    found = lines(said)
    assert {line["requestId"] for line in found} == {REQUEST}, said
    assert any(line["level"] in ("ERROR", "WARNING") for line in found)
    assert not [line for line in found if line.get("logger", "").startswith("botocore")], "a cold start is no news"
    if function in TURNS:
        assert answered == "error"
        assert any((line.get("session"), line.get("turn")) == (SESSION, TURN) for line in found), said


@pytest.mark.skipif(sys.platform != "linux", reason="the runtime is only to be had for Linux")
@pytest.mark.deep
def test_the_function_that_trusts_no_one_says_so_too() -> None:
    answered, said = invoked("sandbox", {}, {})
    assert answered == "error"
    assert {line["requestId"] for line in lines(said)} == {REQUEST}


class TestStream:
    """The function that the Lambda Web Adapter starts, and Lambda's runtime does not."""

    @contextmanager
    def started(self, account: dict[str, str]) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
        port = free_port()
        given = {**account, **JSON_LINES, "AWS_LWA_PORT": str(port), "LAMBDA_TASK_ROOT": str(ROOT / "functions/stream")}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        process = subprocess.Popen(
            [str(ROOT / "functions/stream/run.sh")],
            env={**given, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield f"http://127.0.0.1:{port}", process
        finally:
            end(process, signal.SIGINT)
            assert process.stdout
            process.stdout.close()

    def test_a_request_that_breaks_is_a_line_with_its_ids_and_its_traceback(self, account: dict[str, str]) -> None:
        context = {"x-amzn-lambda-context": json.dumps({"request_id": REQUEST}), "x-amzn-request-context": "none"}
        with self.started(account) as (url, process):
            wait_ready(url)
            address = f"{url}/v1/sessions/{SESSION}/responses/{TURN}/events"
            answer = httpx.get(address, headers=context, timeout=PATIENCE)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=PATIENCE)[0]
        assert answer.status_code == 500
        (broke,) = (line for line in lines(said) if line["logger"] == "uvicorn.error")
        assert (broke["requestId"], broke["session"], broke["turn"]) == (REQUEST, SESSION, TURN)
        assert (broke["level"], broke["errorType"]) == ("ERROR", "JSONDecodeError")
        assert any("walkaway_core/http/gateway.py" in frame for frame in broke["stackTrace"])

    def test_an_app_that_cannot_be_loaded_is_a_line(self, account: dict[str, str]) -> None:
        with self.started({**account, "WALKAWAY_STREAM_SECONDS": "never"}) as (_, process):
            said = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 1
        (told,) = lines(said)
        assert (told["level"], told["errorType"]) == ("CRITICAL", "SettingError")
        assert "WALKAWAY_STREAM_SECONDS" in told["errorMessage"]


BREAKS = {
    "a thread": "threading.Thread(target=lambda: 1 / 0).start()",
    "a warning": "warnings.warn('mind')",
    "a finaliser": "type('T', (), {'__del__': lambda self: 1 / 0})()",
    "the end": "1 / 0",
    "two lines": "logging.error('one\\ntwo')",
}


@pytest.mark.parametrize("how", BREAKS)
def test_what_python_prints_by_itself_is_a_line(how: str) -> None:
    code = f"import logging, threading, warnings; from walkaway_core.aws import lines; lines.begin(); {BREAKS[how]}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stderr == ""
    (line,) = lines(done.stdout)
    assert ("errorType" in line) == ("1 / 0" in BREAKS[how])
