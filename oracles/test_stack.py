"""The built stack, deployed by the real SAM CLI into ministack, and used over HTTP from then on."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from dev.build import BUILT, LAYER
from dev.template import written
from oracles.ministack import NAME, PATIENCE, PYTHON, Stack, deployed
from tests.kit import sse
from tests.test_cookbook import (
    EXAMPLES,
    Site,
    needs_seeds,
    test_our_examples_run as example,
    test_seed_000_writes_and_downloads_its_report as seed_000,
    test_seed_002_streams_its_poem_and_prints_the_usage as seed_002,
)
from walkaway_core.store import keys

pytestmark = pytest.mark.timeout(300)
T = TypeVar("T")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not (BUILT / LAYER).exists() or not PYTHON.exists():
        pytest.fail("nothing is built here, or there is no ministack: run `make oracle-stack`")
    with deployed(tmp_path_factory.mktemp("ministack")) as found:
        yield found


@pytest.fixture(scope="session")
def server(stack: Stack) -> Site:
    """The API and a key; its functions have started, which takes longer here than callers of AWS are used to wait."""
    site = Site(stack.url, stack.key("alpha"))
    with httpx.Client(base_url=site.url, headers={"X-API-Key": site.key}, timeout=PATIENCE) as first:
        session = sse.new(first)
        turn = send(first, session, "Write a poem about rain.")  # a stream would end here before they have
        assert ended(first, session, turn)["status"] == "completed"
        assert first.delete(f"/v1/sessions/{session}").status_code == 204
    return site


@pytest.fixture
def client(server: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"X-API-Key": server.key}, timeout=PATIENCE) as found:
        yield found


def until(look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Look until something is there. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise TimeoutError("it never came about")


def send(client: httpx.Client, session: str, message: str) -> str:
    """Send a message, and do not wait for its turn."""
    url = f"/v1/sessions/{session}/messages"
    answer = client.post(url, json={"message": message}, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    turn: str = answer.json()["response_id"]
    return turn


def ended(client: httpx.Client, session: str, turn: str) -> dict[str, Any]:
    """Wait for a turn's end, and give its record."""
    url = f"/v1/sessions/{session}/responses/{turn}"

    def look() -> dict[str, Any] | None:
        record: dict[str, Any] = client.get(url).json()
        return record if record["status"] not in ("queued", "running", "in_progress") else None

    return until(look)


def results(client: httpx.Client, session: str) -> str:
    """What the tools of a session said, one behind the other."""
    events = sse.pages(client, session, 100)
    return "\n".join(str(event["data"]["content"]) for event in events if event["event"] == "tool_result")


def test_every_resource_was_made(stack: Stack) -> None:
    listed = stack.client("cloudformation").describe_stack_resources(StackName=NAME)["StackResources"]
    assert {each["ResourceStatus"] for each in listed} == {"CREATE_COMPLETE"}
    made = [each["LogicalResourceId"] for each in listed]
    always = [name for name, resource in written()["Resources"].items() if "Condition" not in resource]
    missing = [name for name in always if not any(one.startswith(name) for one in made)]  # SAM adds a hash to layers
    assert missing == []


def test_nothing_is_open_without_a_key(server: Site) -> None:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as nobody:
        assert nobody.get("/v1/sessions").status_code == 401
        assert nobody.get("/health").json()["status"] == "ok"


@needs_seeds
@pytest.mark.parametrize("seed", [seed_000, seed_002], ids=lambda seed: seed.__name__)
def test_a_seed_runs_unchanged(seed: Callable[[Site, Path], None], server: Site, tmp_path: Path) -> None:
    seed(server, tmp_path)


@pytest.mark.parametrize("name", ["long_report", "own_tools", "stream"])
def test_an_example_runs(name: str, server: Site, tmp_path: Path) -> None:
    """But not slides, since ministack mangles what is no text, nor a client that asks with nothing but a stream."""
    example(server, tmp_path, EXAMPLES / f"{name}.py")


def test_a_session_from_its_beginning_to_its_end(client: httpx.Client) -> None:
    session = sse.new(client, persistent=True, metadata={"project": "alpha"})
    assert client.put(f"/v1/sessions/{session}/files/in/notes.txt", content=b"about tides").status_code == 201
    turn = send(client, session, "Read in/notes.txt")
    assert ended(client, session, turn)["status"] == "completed"
    assert "about tides" in results(client, session)
    whole = client.get(f"/v1/sessions/{session}/responses/{turn}/events", headers={"Accept": "application/json"})
    assert whole.is_success
    said = client.get(f"/v1/sessions/{session}/messages", headers={"Accept": "application/json"})
    assert said.is_success, said.text
    part = client.get(f"/v1/sessions/{session}/files/in/notes.txt", headers={"Range": "bytes=6-10"})
    assert (part.status_code, part.text) == (206, "tides")
    changed = client.patch(f"/v1/sessions/{session}", json={"metadata": {"reviewed": True}})
    assert changed.json()["metadata"] == {"project": "alpha", "reviewed": True}
    assert sse.send(client, session, "Write a poem about rain.")[-1].event == "message.completed"
    assert client.delete(f"/v1/sessions/{session}").status_code == 204
    assert client.get(f"/v1/sessions/{session}").status_code == 404


def test_a_key_that_was_used_is_the_same_turn(client: httpx.Client) -> None:
    session = sse.new(client)
    asked = {"json": {"message": "Write a poem about rain."}}
    headers = {"Prefer": "respond-async", "Idempotency-Key": "one"}
    url = f"/v1/sessions/{session}/messages"
    first, again = (client.post(url, **asked, headers=headers) for _ in range(2))  # type: ignore[arg-type]
    assert first.json()["response_id"] == again.json()["response_id"]


def test_a_command_runs_in_the_sandbox_and_its_file_is_kept(client: httpx.Client) -> None:
    session = sse.new(client, persistent=True)
    client.put(f"/v1/sessions/{session}/files/command/a.txt", content=b"a\nb\n").raise_for_status()
    turn = send(client, session, "Run `wc -l < command/a.txt | tee command/lines.txt`")
    assert ended(client, session, turn)["status"] == "completed"
    assert "2" in results(client, session)
    assert client.get(f"/v1/sessions/{session}/files/command/lines.txt").text.strip() == "2"


def test_what_happens_comes_to_an_attempt_at_a_webhook(client: httpx.Client) -> None:
    """Bus, rule, queue and function: the address is none that anyone has, so the attempt fails and the next is due."""
    made = client.post("/v1/webhooks", json={"url": "https://walkaway.invalid/hook", "events": ["turn.completed"]})
    assert made.status_code == 201, made.text
    webhook = f"/v1/webhooks/{made.json()['id']}"
    session = sse.new(client)
    turn = send(client, session, "Write a poem about rain.")
    assert ended(client, session, turn)["status"] == "completed"

    def attempted() -> Any:
        listed = client.get(f"{webhook}/deliveries").json()
        return [each for each in listed if each.get("attempts")]

    (delivery,) = until(attempted)
    told = ("turn.completed", "pending", turn)
    assert (delivery["type"], delivery["status"], delivery["response_id"]) == told
    assert delivery["next_attempt_at"] > delivery["created_at"]
    assert client.delete(webhook).status_code == 204


def test_a_cancel_ends_a_turn_and_its_execution(client: httpx.Client, stack: Stack) -> None:
    session = sse.new(client)
    turn = send(client, session, "Write a poem in 60 steps about snow, slowly")
    assert client.post(f"/v1/sessions/{session}/responses/{turn}/cancel").status_code == 202
    assert ended(client, session, turn)["status"] == "cancelled"
    machine = stack.client("stepfunctions")

    def over() -> bool:
        running = machine.list_executions(stateMachineArn=stack.outputs["StateMachine"], statusFilter="RUNNING")
        return turn not in [each["name"] for each in running["executions"]]

    until(over)


def test_an_execution_that_is_stopped_by_hand_ends_its_turn(client: httpx.Client, stack: Stack) -> None:
    """Step Functions tells the default bus; a rule, a queue and the sweep follow."""
    session = sse.new(client)
    turn = send(client, session, "Write a poem in 60 steps about snow, slowly")
    machine = stack.client("stepfunctions")

    def execution() -> Any:
        listed = machine.list_executions(stateMachineArn=stack.outputs["StateMachine"], statusFilter="RUNNING")
        return next((each["executionArn"] for each in listed["executions"] if each["name"] == turn), None)

    machine.stop_execution(executionArn=until(execution), error="States.Aborted", cause="stopped by hand")
    assert ended(client, session, turn)["status"] == "failed"


def test_the_schedule_lets_the_sweep_run(stack: Stack) -> None:
    """It, and nobody else, writes the table's format."""
    table = stack.client("dynamodb")
    key = {"pk": {"S": keys.FORMAT}, "sk": {"S": "-"}}
    until(lambda: table.get_item(TableName=stack.outputs["Table"], Key=key).get("Item"), 150)


def test_keys_are_listed_and_revoked_as_the_docs_say(stack: Stack) -> None:
    key = stack.key("beta")
    command = [sys.executable, "-m", "walkaway", "keys", "list", "--table", stack.outputs["Table"]]
    listed = subprocess.run(command, env=stack.environ, capture_output=True, text=True, check=True).stdout
    assert "beta" in listed
    assert key not in listed, "what is listed opens nothing"
    assert json.dumps(key) not in listed
