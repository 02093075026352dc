"""Each built function in awslambdaric, which Lambda's own runtime is made of, with the payloads of events/."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.build import BUILT, LAYER, SANDBOX
from dev.emulated import ACCOUNT
from dev.sandbox_layer import BUILT as SANDBOX_LAYER
from dev.seed import KEY, NAME
from dev.template import ROOT
from tests.functions.test_events import EVENTS, EXPECTED, turn
from tests.kit.lambda_runtime import REQUESTS, Environment, Failed, environment
from tests.kit.servers import PATIENCE, end, free_port, wait_ready
from tests.kit.shapes import Deployed, deployed
from walkaway_core.store.turns import Turn

__all__ = ["turn"]
pytestmark = pytest.mark.timeout(300)
PYTHON = ROOT / ".venv-runtime/bin/python"
BREAKS = {
    "SweepFunction": "sweep.one_bad_record",
    "DeliverWebhookFunction": "deliver_webhook.one_bad_record",
}
"""Payloads of which a function says what is wrong with them."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployed]:
    """The account of the payloads; what invokes a function there invokes the built one."""
    if not (BUILT / LAYER).exists() or not PYTHON.exists():
        pytest.fail("nothing is built here, or there is no runtime: run `make oracle-runtime`")
    with deployed("") as found:
        yield found


def variables(name: str, environ: Mapping[str, str], root: Path) -> dict[str, str]:
    """A function's variables, with what Lambda adds; and the one of this machine: what a sandbox may empty."""
    packages = SANDBOX_LAYER / "python" if name == SANDBOX else BUILT / LAYER / "python"
    own = {"PYTHONPATH": str(packages), "LAMBDA_TASK_ROOT": str(BUILT / name), "TZ": ":UTC", "LANG": "en_US.UTF-8"}
    return {**own, "AWS_LAMBDA_FUNCTION_NAME": name, "WALKAWAY_SANDBOX_ROOT": str(root), **ACCOUNT, **environ}


@pytest.fixture(scope="module")
def environments(
    stack: Deployed, tmp_path_factory: pytest.TempPathFactory, pytestconfig: Any
) -> Iterator[dict[str, Environment]]:
    """An environment of each function."""
    root = tmp_path_factory.mktemp("sandbox")
    endpoint = {"AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL_S3"], "WALKAWAY_REHEARSAL_DELAY": "0"}
    made: dict[str, Environment] = {}
    with ExitStack() as started:
        for name, function in stack.deployment.functions.items():
            given = variables(name, {**function.environ, **endpoint}, root)
            made[name] = started.enter_context(environment(PYTHON, BUILT / name, given))
        yield made
        with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{'':28}{'starts in, ms':>14}{'first answer':>14}{'later, at most':>16}")
            for name, one in made.items():
                parts = one.times[:1], one.times[1:]
                first, later = (f"{max(times) * 1000:.0f}" if times else "-" for times in parts)
                print(f"{name:28}{one.started_in * 1000:14.0f}{first:>14}{later:>16}")


@pytest.fixture(autouse=True)
def built(stack: Deployed, environments: dict[str, Environment], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a test invokes be invoked there."""

    def invoke(name: str, event: Any, tenant: str = "") -> Any:
        return environments[name].invoke(event)

    monkeypatch.setattr(stack.deployment, "invoke", invoke)


def payload(name: str) -> Any:
    path = next(path for path in EVENTS if path.stem == name)
    return json.loads(path.read_text().replace("http://127.0.0.1:5005", os.environ["AWS_ENDPOINT_URL_S3"]))


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_built_function_does_what_the_payloads_name_says(path: Path, stack: Deployed, turn: Turn) -> None:
    function = next(f for f in stack.deployment.functions.values() if f.folder == path.stem.partition(".")[0])
    EXPECTED[path.stem](stack.deployment.invoke(function.name, payload(path.stem)), turn, stack)


@pytest.mark.parametrize("name", BREAKS)
def test_what_it_says_is_json_and_names_the_request(
    name: str, environments: dict[str, Environment], turn: Turn
) -> None:
    one = environments[name]
    before = len(one.said().splitlines())
    one.invoke(payload(BREAKS[name]))
    said = [json.loads(line) for line in one.said().splitlines()[before:]]
    assert {line["requestId"] for line in said} == {REQUESTS.format(len(one.times))}
    records = [line for line in said if "_aws" not in line]  # the others are metrics
    assert "ERROR" in {line["level"] for line in records}
    assert all({"timestamp", "message"} <= set(line) for line in records)


def test_every_line_of_every_function_is_json(environments: dict[str, Environment]) -> None:
    """What is left of the tests before: nothing that a function loads prints or warns."""
    for one in environments.values():
        for line in one.said().splitlines():
            assert isinstance(json.loads(line), dict), line


def test_a_function_that_raises_is_reported_and_takes_the_next_event(
    environments: dict[str, Environment], turn: Turn
) -> None:
    one = environments["CallModelFunction"]
    with pytest.raises(Failed, match="errorType"):
        one.invoke({"no": "ticket"})
    assert one.invoke(payload("call_model.first_step"))["next"] == "tools"


def test_a_function_without_its_settings_is_reported(tmp_path: Path) -> None:
    name = "FinishTurnFunction"
    given = variables(name, {}, tmp_path)
    with environment(PYTHON, BUILT / name, given) as one, pytest.raises(Failed, match="WALKAWAY_TABLE"):
        one.invoke(payload("finish_turn.done"))


def test_the_stream_function_serves_as_run_sh_starts_it(stack: Deployed, tmp_path: Path, turn: Turn) -> None:
    folder, port = BUILT / "StreamFunction", free_port()
    function = stack.deployment.functions["StreamFunction"]
    own = {
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL_S3"],
        "AWS_LWA_PORT": str(port),
        "PATH": f"{PYTHON.parent}:{os.environ['PATH']}",
    }
    given = variables(folder.name, {**function.environ, **own}, tmp_path)
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([folder / "run.sh"], env=given, stdout=log, stderr=log, text=True)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(url)
        with httpx.Client(base_url=url, headers={"X-API-Key": KEY}, timeout=PATIENCE) as client:
            assert client.get(f"/v1/sessions/sess_{NAME}/files/none").status_code == 404
            with client.stream("GET", f"/v1/sessions/sess_{NAME}/responses/msg_{NAME}/events") as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert next(answer.iter_lines()) == "id: 0"
    finally:
        end(process)
