"""What bodies from outside have in common."""

from typing import Any

import pytest
from pydantic import ValidationError

from walkaway_wire.agents import AgentChange, AgentCreate
from walkaway_wire.messages import MessageCreate
from walkaway_wire.resources import SessionChange, SessionCreate
from walkaway_wire.strict import Strict
from walkaway_wire.tools import FunctionTool, ToolResult, ToolResults
from walkaway_wire.webhooks import SecretRotate, WebhookChange, WebhookCreate

BODIES = [AgentChange, AgentCreate, MessageCreate, SessionChange, SessionCreate, FunctionTool, ToolResult, ToolResults]
BODIES += [SecretRotate, WebhookChange, WebhookCreate]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
@pytest.mark.parametrize("count", [1, 10, 100_000])
def test_unknown_fields_are_named_and_do_not_multiply(body: type[Strict], count: int) -> None:
    with pytest.raises(ValidationError, match="unknown_0") as error:
        body.model_validate({f"unknown_{number}": 0 for number in range(count)})
    assert error.value.error_count() < 20
    assert "unknown_99999`" not in str(error.value)


@pytest.mark.parametrize("field", ["max_cost_usd", "max_turn_cost_usd", "temperature"])
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), "inf", "1e999"])
def test_numbers_are_those_that_json_has(field: str, value: Any) -> None:
    for body in (SessionCreate, AgentChange):
        with pytest.raises(ValidationError, match=field):
            body.model_validate({field: value})
