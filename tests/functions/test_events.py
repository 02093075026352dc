"""Each payload in events/ is fed to its real handler, in a stack that holds what the payloads speak of."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev.seed import NAME, seed
from tests.kit.shapes import Deployed, deployed, settle
from walkaway_core.engine.pause import asking
from walkaway_core.notify import deliveries
from walkaway_core.ports.items import Put
from walkaway_core.store import bodies, turns
from walkaway_core.store.turns import Turn

ROOT = Path(__file__).parents[2]
EVENTS = sorted((ROOT / "events").glob("*.json"))
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployed]:
    with deployed("") as found:
        yield found


@pytest.fixture
def turn(stack: Deployed) -> Turn:
    """The turn of the payloads, fresh."""
    client: Any = boto3.client("dynamodb")
    for item in client.scan(TableName="Table")["Items"]:
        client.delete_item(TableName="Table", Key={"pk": item["pk"], "sk": item["sk"]})
    return seed(stack.services)


def body(answer: Answer) -> Any:
    assert answer["isBase64Encoded"] is False
    return json.loads(answer["body"])


def status(turn: Turn, stack: Deployed) -> str:
    found = turns.load(stack.services, turn.key)
    assert found
    return found.status


def says(code: int, error: str = "") -> Callable[[Answer, Turn, Deployed], None]:
    def check(answer: Answer, turn: Turn, stack: Deployed) -> None:
        assert answer["statusCode"] == code, answer["body"]
        assert not error or body(answer)["error"] == error

    return check


def health(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert body(answer)["status"] == "ok"


def created(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert answer["statusCode"] == 201
    assert body(answer)["metadata"] == {"project": "alpha"}


def lists_the_session(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert [record["id"] for record in body(answer)] == [turn.key.session]


def shows_the_session(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert (body(answer)["busy"], body(answer)["response_id"]) == (True, turn.key.turn)


def merges(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert body(answer)["metadata"] == {"reviewed": True}


def uploads(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert answer["statusCode"] == 201
    stored = stack.services.workspace.read("local/files", "in/photo.png")
    assert stored
    assert b"".join(stored) == b"\x89PNG\r\n\x1a\n\x00\xff"


def cancels(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert answer["statusCode"] == 202
    assert status(turn, stack) == "cancelled"


def reads_the_log(answer: Answer, turn: Turn, stack: Deployed) -> None:
    page = body(answer)
    assert [event["event"] for event in page["events"]] == ["message.created"]
    assert (page["next"], page["done"]) == (0, False)


def asks_for_tools(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert (answer["next"], answer["step"], answer["calls"]) == ("tools", 1, [0])


def continues(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert answer["next"] == "continue"


def runs_the_tool(answer: Answer, turn: Turn, stack: Deployed) -> None:
    """The payload follows a first step; it alone finds no call to run."""
    assert answer["next"] == "over"
    first = json.loads((ROOT / "events/call_model.first_step.json").read_text())
    stack.deployment.invoke("CallModelFunction", first)
    again = stack.deployment.invoke(
        "RunToolFunction", json.loads((ROOT / "events/run_tool.first_call.json").read_text())
    )
    assert again["next"] == "call_model"
    assert stack.services.table.get(turn.key.call(1, 0))[0].facts["state"] == "done"  # type: ignore[union-attr]


def asks_the_caller(answer: Any, turn: Turn, stack: Deployed) -> None:
    """The payload follows a first step; it alone finds nothing to ask. The call has to wait where its tool does."""
    payload = json.loads((ROOT / "events/request_client_tools.first_call.json").read_text())
    now = turns.load(stack.services, turn.key)
    assert now
    assert not now.parked
    session = stack.services.table.get(turn.key.owner.item)[0]
    assert session
    waits = json.dumps(json.loads(session.body) | {"approve": ["report_progress"]}).encode()
    stack.services.table.write(Put(replace(session, body=waits)))
    first = json.loads((ROOT / "events/call_model.first_step.json").read_text())
    assert stack.deployment.invoke("CallModelFunction", first)["waits"]
    stack.deployment.invoke("RequestClientToolsFunction", payload)
    now = turns.load(stack.services, turn.key)
    assert now
    assert (now.parked, now.pause.token) == (True, payload["token"])
    assert [request.name for request in asking.pending(stack.services, now)] == ["report_progress"]


def writes_a_delivery(answer: Any, turn: Turn, stack: Deployed) -> None:
    assert answer == {"batchItemFailures": []}
    found = deliveries.get(stack.services, "local", f"whk_{NAME}", f"evt_{NAME}")
    assert (found.state, found.notice.turn) == ("pending", turn.key.turn)
    payload = json.loads(bodies.fetch(stack.services.workspace, "local", found.item))
    assert (payload["type"], payload["data"]["id"]) == ("turn.completed", turn.key.turn)


def hands_over(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert answer["next"] == "over"
    found = turns.load(stack.services, turn.key)
    assert found
    assert found.execution == 2
    settle(stack.deployment)
    assert status(turn, stack) == "completed", "the next execution went on"


def ends(how: str) -> Callable[[Any, Turn, Deployed], None]:
    def check(answer: Any, turn: Turn, stack: Deployed) -> None:
        assert status(turn, stack) == how

    return check


def runs_the_command(answer: Any, turn: Turn, stack: Deployed) -> None:
    assert answer is None, "what came of it was posted"
    manifest = b"".join(stack.services.workspace.read(".staging/example", "manifest.json") or ())
    assert json.loads(manifest) == {
        "exit_code": 0,
        "killed": "",
        "changed": [["made.txt", 1, 6]],
        "deleted": [],
        "lost": [],
    }
    assert b"".join(stack.services.workspace.read(".staging/example", "output/000001") or ()) == b"made.txt\n"


def fails_on(record: str) -> Callable[[Any, Turn, Deployed], None]:
    def check(answer: Any, turn: Turn, stack: Deployed) -> None:
        assert answer == {"batchItemFailures": [{"itemIdentifier": record}]}

    return check


def looks_at_nothing(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert answer == {"looked_at": 0}


def takes_the_good_record(answer: Answer, turn: Turn, stack: Deployed) -> None:
    assert answer == {"batchItemFailures": [{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661970000001"}]}
    assert status(turn, stack) == "failed"


EXPECTED: dict[str, Callable[[Any, Turn, Deployed], None]] = {
    "api.cancel": cancels,
    "api.create_session": created,
    "api.foreign_key": says(401, "unauthorized"),
    "api.get_session": shows_the_session,
    "api.health": health,
    "api.list_sessions": lists_the_session,
    "api.patch_session": merges,
    "api.put_file": uploads,
    "call_model.first_step": asks_for_tools,
    "call_model.history_full": continues,
    "continue_turn.history_full": hands_over,
    "deliver_webhook.one_bad_record": fails_on("059f36b4-87a3-44ab-83d2-661970000022"),
    "deliver_webhook.turn_completed": writes_a_delivery,
    "finish_turn.done": ends("completed"),
    "finish_turn.error": ends("failed"),
    "request_client_tools.first_call": asks_the_caller,
    "run_tool.first_call": runs_the_tool,
    "sandbox.command": runs_the_command,
    "stream.busy": says(409, "session.busy"),
    "stream.missing_file": says(404, "file.not_found"),
    "stream.read_events": reads_the_log,
    "sweep.failed_execution": ends("failed"),
    "sweep.one_bad_record": takes_the_good_record,
    "sweep.schedule": looks_at_nothing,
}


def test_every_function_has_payloads_and_every_payload_is_judged() -> None:
    assert {path.stem for path in EVENTS} == set(EXPECTED)
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {path.stem.partition(".")[0] for path in EVENTS} == folders


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_payload_does_what_its_name_says(path: Path, stack: Deployed, turn: Turn) -> None:
    function = next(f for f in stack.deployment.functions.values() if f.folder == path.stem.partition(".")[0])
    payload = path.read_text().replace("http://127.0.0.1:5005", os.environ["AWS_ENDPOINT_URL_S3"])
    answer = stack.deployment.invoke(function.name, json.loads(payload))
    EXPECTED[path.stem](answer, turn, stack)
