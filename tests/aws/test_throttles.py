"""An account that runs as much as it may: turns wait for it and go on, and who asks is told to come again."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dev.template import Stack
from functions.call_model import app as call_model
from functions.run_tool import app as run_tool
from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, messages_api, text
from tests.kit.shapes import MODEL, Deployed, deployed
from tests.local.machines import failure
from walkaway_core.http.errors import RETRY_AFTER
from walkaway_core.ports.shares import NoPlace
from walkaway_core.store import due
from walkaway_core.store.ticket import HISTORY_BUDGET
from walkaway_local.machine.errors import delay

MACHINE = Path(__file__).parents[2] / "statemachines/agent_turn.asl.json"
THROTTLED = "Lambda.TooManyRequestsException"
MOST_EVENTS, EVENTS_OF_A_TRY = 25_000, 3
"""Step Functions quotas; a try that fails is scheduled, started and failed."""


def states(machine: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


ALL = dict(states(json.loads(MACHINE.read_text())))
TASKS = {name: state for name, state in ALL.items() if state["Type"] == "Task"}


class TestMachine:
    def test_every_function_is_there(self) -> None:
        by_itself = {"RunOneTool"}
        assert set(TASKS) == {"CallModel", "RunTool", "RequestClientTools", "ContinueTurn", "FinishTurn"} | by_itself

    def test_a_call_by_itself_is_tried_again_like_one_of_several(self) -> None:
        assert TASKS["RunOneTool"]["Retry"] == TASKS["RunTool"]["Retry"]
        assert TASKS["RunOneTool"]["TimeoutSeconds"] == TASKS["RunTool"]["TimeoutSeconds"]

    @pytest.mark.parametrize("name", TASKS)
    def test_a_throttled_function_is_asked_for_longer_than_a_turn_is_left_alone(self, name: str) -> None:
        """Afterwards the sweep gives the turn to another execution, which asks as long again (rule R4)."""
        retrier = TASKS[name]["Retry"][0]
        assert retrier["ErrorEquals"] == [THROTTLED], "whichever comes first takes it"
        waits = [delay(retrier, used, lambda: 0.5) for used in range(retrier["MaxAttempts"])]
        assert sum(waits) > 2 * due.STEP_WITHIN
        assert max(waits) <= 30
        assert waits[0] <= 1

    def test_a_call_without_a_place_is_asked_for_as_long_and_oftener(self) -> None:
        """Who gives a place back tells nobody: it stands empty until somebody asks."""
        retrier = TASKS["RunTool"]["Retry"][1]
        assert retrier["ErrorEquals"] == [NoPlace.__name__]
        waits = [delay(retrier, used, lambda: 0.5) for used in range(retrier["MaxAttempts"])]
        assert sum(waits) > 2 * due.STEP_WITHIN
        assert max(waits) <= 5
        assert ALL["RunTools"]["ItemSelector"]["line"] is True

    def test_what_is_tried_again_fits_into_a_history(self) -> None:
        branches, tries = ALL["RunTools"]["MaxConcurrency"], sum(r["MaxAttempts"] for r in ALL["RunTool"]["Retry"])
        assert branches == 4
        assert branches * tries * EVENTS_OF_A_TRY < MOST_EVENTS - HISTORY_BUDGET


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:
        yield service


@pytest.fixture(scope="module")
def shape(model: MessagesApi) -> Iterator[Deployed]:
    with deployed(model.url) as made:
        yield made


@pytest.mark.parametrize(("app", "door"), [(call_model, "call_model"), (run_tool, "run_tool")])
def test_a_turn_goes_on_when_there_is_room_again(
    shape: Deployed, model: MessagesApi, monkeypatch: pytest.MonkeyPatch, app: Any, door: str
) -> None:
    """Whatever of it is throttled, twice: nothing has begun then, and nothing is told."""
    real, tries = getattr(app, door), []

    def throttled(*arguments: Any) -> Any:
        tries.append(door)
        if len(tries) <= 2:
            raise failure(THROTTLED)
        return real(*arguments)

    monkeypatch.setattr(app, door, throttled)
    model.replies = [Reply([call("search_files", pattern="x")]), Reply([text("Done.")])]
    with shape.client() as client:
        seen = sse.send(client, sse.new(client, model=MODEL), "go")
    assert seen[-1].event == "message.completed", seen[-1]
    assert not [event for event in seen if event.event == "step.retrying" or event.data.get("is_error")]
    assert len(tries) >= 3


def answers() -> Any:
    return Stack().resolved("Api")["Body"]["x-amazon-apigateway-gateway-responses"]


class TestDoor:
    """What API Gateway itself says: nobody looks at a request when its function has no room."""

    @pytest.mark.parametrize(
        ("kind", "status", "seconds"),
        [
            ("INTEGRATION_FAILURE", 503, RETRY_AFTER),
            ("INTEGRATION_TIMEOUT", 503, RETRY_AFTER),
            ("THROTTLED", 429, 1),
            ("QUOTA_EXCEEDED", 429, RETRY_AFTER),
        ],
    )
    def test_who_found_no_room_is_told_when_to_come_again(self, kind: str, status: int, seconds: int) -> None:
        answer = answers()[kind]
        assert answer["statusCode"] == str(status)
        assert answer["responseParameters"] == {"gatewayresponse.header.Retry-After": f"'{seconds}'"}
        said = json.loads(answer["responseTemplates"]["application/json"])
        assert said["error"] == ("unavailable" if status == 503 else "throttled")

    def test_nothing_is_called_safe_to_repeat_whose_outcome_nobody_knows(self) -> None:
        for kind in ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "DEFAULT_5XX"):
            said = json.loads(answers()[kind]["responseTemplates"]["application/json"])["message"]
            assert "with an Idempotency-Key it is safe to repeat it, else look first" in said
